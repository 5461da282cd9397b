package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.Arrays;

/** The server's texts in the client's encoding, as pq_sendtext and pq_sendstring send them. */
final class ClientText {
  private final Server server;
  private boolean converts;

  ClientText(Server server) {
    this.server = server;
  }

  /** Looks again which encodings there are; between transactions a client may change its own. */
  void refresh() {
    converts = !Arrays.equals(setting("client_encoding"), setting("server_encoding"));
  }

  private byte[] setting(String name) {
    int cName = server.newCString(name);
    byte[] value = server.readCString(server.call("GetConfigOption", cName, 0, 0));
    server.call("pfree", cName);
    return value;
  }

  /** Whether texts must pass through {@link #convert} before they are sent. */
  boolean converts() {
    return converts;
  }

  /** Converts a text; what this allocates stays until pgoutput resets its context. */
  byte[] convert(int text, int length) {
    int converted = server.call("makeStringInfo");
    server.call("pq_sendtext", converted, text, length);
    return server
        .memory()
        .readBytes(
            server.readInt(converted + Layouts.STRINGINFO_DATA),
            server.readInt(converted + Layouts.STRINGINFO_LEN));
  }

  /** A NUL-terminated string as the client shall get it. */
  byte[] string(int address) {
    return converts ? convert(address, server.cStringLength(address)) : server.readCString(address);
  }

  /** Appends a text column. */
  void write(MessageEncoder message, int text, int length) {
    if (converts) {
      byte[] converted = convert(text, length);
      message.textColumn(converted, 0, converted.length);
    } else {
      message.textColumn(server.memory().arrayOf(text), LinearMemory.indexOf(text), length);
    }
  }
}
