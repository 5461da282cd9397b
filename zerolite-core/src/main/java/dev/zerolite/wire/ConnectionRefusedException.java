package dev.zerolite.wire;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * A client gets no session; it is told why by an ErrorResponse of severity FATAL, and disconnected.
 */
public final class ConnectionRefusedException extends Exception {
  private final String sqlState;
  private final String hint;

  /** Refuses without a hint. */
  public ConnectionRefusedException(String sqlState, String message) {
    this(sqlState, message, null);
  }

  /**
   * @param sqlState five characters, see PostgreSQL's errcodes
   * @param message what is wrong
   * @param hint what to do about it, or null
   */
  public ConnectionRefusedException(String sqlState, String message, String hint) {
    super(requireNonNull(message));
    this.sqlState = requireNonNull(sqlState);
    this.hint = hint;
  }

  static ConnectionRefusedException shuttingDown() {
    return new ConnectionRefusedException("57P03", "the database system is shutting down");
  }

  /** The five-character SQLSTATE. */
  public String sqlState() {
    return sqlState;
  }

  /** What the client's user can do about it. */
  public Optional<String> hint() {
    return Optional.ofNullable(hint);
  }

  /** The message that tells the client ("Error and Notice Message Fields"). */
  byte[] errorResponse() {
    MessageWriter response =
        new MessageWriter('E')
            .int8('S')
            .string("FATAL")
            .int8('V')
            .string("FATAL")
            .int8('C')
            .string(sqlState)
            .int8('M')
            .string(getMessage());
    if (hint != null) {
      response.int8('H').string(hint);
    }
    return response.int8(0).toBytes();
  }
}
