package dev.zerolite;

import dev.zerolite.config.AppCommand;
import dev.zerolite.process.Command;
import dev.zerolite.process.Supervised;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The app's own server: healthy as soon as it listens. */
final class AppServer implements Supervised {
  private static final Logger LOG = LoggerFactory.getLogger("app");
  private static final int MOST_FAILURES_IN_A_ROW = 3;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  private final AppCommand app;
  private final Command command;

  /**
   * @param variables what every app is told; the app's own settings win
   */
  AppServer(AppCommand app, Path directory, Map<String, String> variables) {
    this.app = app;
    var environment = new TreeMap<>(variables);
    app.port().ifPresent(port -> environment.put("PORT", Integer.toString(port)));
    environment.putAll(app.environment());
    this.command = Command.shell(app.command(), directory, environment);
  }

  @Override
  public String name() {
    return "app";
  }

  @Override
  public Command command() {
    return command;
  }

  @Override
  public boolean isHealthy() {
    if (app.port().isEmpty()) {
      return true;
    }
    try {
      // Node.js listens on "localhost" at ::1 or 127.0.0.1, whichever it resolves first.
      for (var address : InetAddress.getAllByName("localhost")) {
        if (listens(new InetSocketAddress(address, app.port().getAsInt()))) {
          return true;
        }
      }
    } catch (UnknownHostException e) {
      return listens(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), app.port().getAsInt()));
    }
    return false;
  }

  private static boolean listens(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address, (int) CONNECT_TIMEOUT.toMillis());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public Duration probeTimeout() {
    return CONNECT_TIMEOUT.multipliedBy(2);
  }

  @Override
  public Verdict ended(Ending ending) {
    if (ending.failuresInARow() >= MOST_FAILURES_IN_A_ROW) {
      return new Verdict.GiveUp(
          "The app's server (`%s`) ended %d times in a row, the last time with exit code %d; see its output above."
              .formatted(app.command(), ending.failuresInARow(), ending.exitCode()));
    }
    return new Verdict.Restart(Duration.ofSeconds(ending.failuresInARow()), "starting it again");
  }

  @Override
  public void line(String line) {
    LOG.info("{}", line);
  }
}
