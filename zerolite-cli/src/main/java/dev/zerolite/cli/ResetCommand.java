package dev.zerolite.cli;

import static java.util.Objects.requireNonNull;

import dev.zerolite.Reset;
import dev.zerolite.ZeroLiteException;
import dev.zerolite.config.ConfigException;
import dev.zerolite.config.ConfigFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code zerolite reset}. */
@Command(
    name = "reset",
    description = {
      "Removes the database that zerolite keeps for an app, and zero-cache's replica of it. The next start makes a new one, with all migrations and the seed. Uploaded files (.zerolite/s3) stay."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class ResetCommand implements Callable<Integer> {
  @Option(
      names = "--app",
      paramLabel = "DIR",
      description = "The app's directory. Default: the current one.")
  private Path app;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Where the database is kept. Default: as for start.")
  private Path dataDirectory;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  @Spec private CommandSpec spec;

  private final Terminal terminal;
  private final InputStream input;

  /**
   * @param input where the answer to the question comes from
   */
  ResetCommand(Terminal terminal, InputStream input) {
    this.terminal = requireNonNull(terminal);
    this.input = requireNonNull(input);
  }

  @Override
  public Integer call() throws IOException {
    try {
      var directory = AppChoice.choose(Optional.ofNullable(app), Path.of("").toAbsolutePath());
      var config = ConfigFile.load(directory);
      Optional.ofNullable(dataDirectory).map(Path::toAbsolutePath).ifPresent(config::dataDirectory);
      return reset(Reset.of(config.build()));
    } catch (ConfigException e) {
      return failure(ExitCode.USAGE, e.getMessage());
    } catch (ZeroLiteException e) {
      return failure(ExitCode.of(e.reason()), e.getMessage());
    }
  }

  private int reset(Reset reset) throws ZeroLiteException, IOException {
    var out = spec.commandLine().getOut();
    var found = reset.found();
    if (found.isEmpty()) {
      out.println("There is nothing to remove: the next start makes a new database.");
      return ExitCode.OK;
    }
    if (!yes && !confirmed(out, found)) {
      out.println("Nothing was removed.");
      return ExitCode.DECLINED;
    }
    reset.remove();
    found.forEach(path -> out.println("removed " + path));
    return ExitCode.OK;
  }

  private boolean confirmed(PrintWriter out, List<Path> found) throws IOException {
    out.println("This removes for good:");
    found.forEach(path -> out.println("  " + path));
    out.print("Remove them? [y/N] ");
    out.flush();
    var answer = new BufferedReader(new InputStreamReader(input, Charset.defaultCharset()));
    var line = answer.readLine();
    if (line == null) {
      out.println();
      out.println("Nobody answers; --yes removes without asking.");
      return false;
    }
    return List.of("y", "yes").contains(line.strip().toLowerCase(Locale.ROOT));
  }

  private int failure(int exitCode, String message) {
    spec.commandLine().getErr().println(terminal.red("zerolite: ") + message);
    return exitCode;
  }
}
