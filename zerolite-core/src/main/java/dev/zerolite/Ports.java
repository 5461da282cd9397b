package dev.zerolite;

import java.io.IOException;
import java.net.ServerSocket;

/** Whether the ports that our children will listen on are free, asked before they are started. */
final class Ports {
  private static final int ATTEMPTS = 50;

  private Ports() {}

  static void requireFree(int port, String whose, String remedy) throws ZeroLiteException {
    if (!isFree(port)) {
      throw new ZeroLiteException(
          ZeroLiteException.Reason.PORT_IN_USE,
          "Port %d, which %s needs, is in use by another process. Stop that process (`lsof -i :%d` shows it), or %s."
              .formatted(port, whose, port, remedy));
    }
  }

  /** A free port whose next one is free too. */
  static int freePair() throws ZeroLiteException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (var first = new ServerSocket(0)) {
        int port = first.getLocalPort();
        if (port < 65_535 && isFree(port + 1)) {
          return port;
        }
      } catch (IOException e) {
        throw new ZeroLiteException(
            ZeroLiteException.Reason.PORT_IN_USE, "no port is free: " + e.getMessage(), e);
      }
    }
    throw new ZeroLiteException(
        ZeroLiteException.Reason.PORT_IN_USE,
        "no two neighbouring ports were found free; name one with --zero-port");
  }

  /** On all addresses at once, as zero-cache listens. */
  private static boolean isFree(int port) {
    try (var probe = new ServerSocket(port)) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
