package dev.zerolite.wire;

import java.util.List;
import java.util.Optional;

/** The few messages that the server sends itself; all others come from backends as bytes. */
sealed interface BackendMessage {
  byte[] encode();

  /** Asks for the password in clear text. */
  record AuthenticationCleartextPassword() implements BackendMessage {
    @Override
    public byte[] encode() {
      return new MessageWriter('R').int32(3).toBytes();
    }
  }

  /** Offers SASL mechanisms, the preferred one first. */
  record AuthenticationSasl(List<String> mechanisms) implements BackendMessage {
    @Override
    public byte[] encode() {
      MessageWriter message = new MessageWriter('R').int32(10);
      mechanisms.forEach(message::string);
      return message.int8(0).toBytes();
    }
  }

  /** A SASL challenge. */
  record AuthenticationSaslContinue(byte[] data) implements BackendMessage {
    @Override
    public byte[] encode() {
      return new MessageWriter('R').int32(11).bytes(data).toBytes();
    }
  }

  /** SASL's outcome data; the backend's AuthenticationOk follows. */
  record AuthenticationSaslFinal(byte[] data) implements BackendMessage {
    @Override
    public byte[] encode() {
      return new MessageWriter('R').int32(12).bytes(data).toBytes();
    }
  }

  /** The server speaks an older minor version, or does not know some protocol options. */
  record NegotiateProtocolVersion(int newestVersion, List<String> unrecognizedOptions)
      implements BackendMessage {
    @Override
    public byte[] encode() {
      MessageWriter message =
          new MessageWriter('v').int32(newestVersion).int32(unrecognizedOptions.size());
      unrecognizedOptions.forEach(message::string);
      return message.toBytes();
    }
  }

  /** Why the connection ends. */
  record FatalErrorResponse(String sqlState, String message, Optional<String> hint)
      implements BackendMessage {
    FatalErrorResponse(ConnectionRefusedException refused) {
      this(refused.sqlState(), refused.getMessage(), refused.hint());
    }

    @Override
    public byte[] encode() {
      MessageWriter response =
          new MessageWriter('E')
              .int8('S')
              .string("FATAL")
              .int8('V')
              .string("FATAL")
              .int8('C')
              .string(sqlState)
              .int8('M')
              .string(message);
      hint.ifPresent(text -> response.int8('H').string(text));
      return response.int8(0).toBytes();
    }
  }
}
