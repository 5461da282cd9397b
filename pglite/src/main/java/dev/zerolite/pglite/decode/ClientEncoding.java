package dev.zerolite.pglite.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text on its way to the consumer, converted as pq_sendtext (libpq/pqformat.c) converts it: not at
 * all where client and server agree, which is nearly always.
 */
final class ClientEncoding {
  private static final byte[] SQL_ASCII = "SQL_ASCII".getBytes(StandardCharsets.US_ASCII);

  private final Server server;
  private boolean converting;

  ClientEncoding(Server server) {
    this.server = server;
  }

  /** Looks at the session's settings again; to be called once per transaction. */
  void refresh() {
    byte[] client = setting("client_encoding");
    byte[] own = setting("server_encoding");
    converting =
        !Arrays.equals(client, own)
            && !Arrays.equals(client, SQL_ASCII)
            && !Arrays.equals(own, SQL_ASCII);
  }

  private byte[] setting(String name) {
    int text = server.newCString(name);
    byte[] value = server.readCString(server.call("GetConfigOption", text, 0, 0));
    server.call("pfree", text);
    return value;
  }

  boolean isConverting() {
    return converting;
  }

  /** The bytes to send for a NUL-terminated string of the server. */
  byte[] readCString(int address) {
    return converting
        ? convert(address, server.cStringLength(address))
        : server.readCString(address);
  }

  byte[] convert(int address, int length) {
    int buffer = server.call("makeStringInfo");
    server.call("pq_sendtext", buffer, address, length);
    byte[] converted =
        server
            .memory()
            .readBytes(
                server.readInt(buffer + Layouts.STRINGINFO_DATA),
                server.readInt(buffer + Layouts.STRINGINFO_LEN));
    server.call("destroyStringInfo", buffer);
    return converted;
  }
}
