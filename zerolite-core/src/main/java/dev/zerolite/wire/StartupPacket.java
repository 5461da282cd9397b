package dev.zerolite.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A client's first packet, which has no type byte ("Message Formats" in PostgreSQL's protocol
 * documentation). Only requests for encryption are answered here; all else is for the backend,
 * which also tells a client what is wrong with a packet that is malformed or cut short.
 *
 * @param bytes the packet with its length word, as far as it makes sense to read it
 */
record StartupPacket(byte[] bytes) {
  /** MAX_STARTUP_PACKET_LENGTH of libpq/pqcomm.h, without the length word itself. */
  static final int MAX_LENGTH = 10_000;

  /** NEGOTIATE_SSL_CODE, NEGOTIATE_GSS_CODE and CANCEL_REQUEST_CODE of libpq/pqcomm.h. */
  private static final int SSL_REQUEST = 1234 << 16 | 5679;

  private static final int GSSENC_REQUEST = 1234 << 16 | 5680;
  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;

  private static final int HEADER = 8;

  boolean isSslRequest() {
    return bytes.length == HEADER && code() == SSL_REQUEST;
  }

  boolean isGssEncRequest() {
    return bytes.length == HEADER && code() == GSSENC_REQUEST;
  }

  boolean isCancelRequest() {
    return code() == CANCEL_REQUEST;
  }

  /** Whether a walsender is asked for, or may be: what the parameter says is for the backend. */
  boolean isReplication() {
    return parameters().containsKey("replication");
  }

  private int code() {
    return bytes.length < HEADER ? 0 : ByteBuffer.wrap(bytes).getInt(4);
  }

  /** A StartupMessage's parameters, as far as they can be read; empty for other packets. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (code() >>> 16 != 3) {
      return parameters;
    }
    int position = HEADER;
    while (true) {
      int nameEnd = terminator(position);
      int valueEnd = terminator(nameEnd + 1);
      if (nameEnd == position || valueEnd == bytes.length) {
        return parameters;
      }
      parameters.put(text(position, nameEnd), text(nameEnd + 1, valueEnd));
      position = valueEnd + 1;
    }
  }

  /** Where the string that begins there ends; the packet's length if it does not end. */
  private int terminator(int from) {
    int end = from;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return Math.min(end, bytes.length);
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
