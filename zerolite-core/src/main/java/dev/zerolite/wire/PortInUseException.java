package dev.zerolite.wire;

import java.io.IOException;
import java.net.InetAddress;

/** The server's port belongs to someone else; the message says what to do. */
public final class PortInUseException extends IOException {
  private final int port;

  PortInUseException(InetAddress address, int port, IOException cause) {
    super(
        "Port "
            + port
            + " on "
            + address.getHostAddress()
            + " is in use by another process, perhaps another zerolite or a PostgreSQL server."
            + " Stop that process (`lsof -i :"
            + port
            + "` shows it), or choose another port with --pg-port",
        cause);
    this.port = port;
  }

  /** The port that was asked for. */
  public int port() {
    return port;
  }
}
