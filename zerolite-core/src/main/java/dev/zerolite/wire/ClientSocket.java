package dev.zerolite.wire;

import static dev.zerolite.wire.ConnectionRefusedException.protocolViolation;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;

/**
 * A client's socket. Before the session every read ends by one deadline, and takes exactly the
 * bytes of one packet, so that what follows is left for the backend.
 */
final class ClientSocket implements AuthenticationExchange, AutoCloseable {
  /** PG_MAX_AUTH_TOKEN_LENGTH of libpq/auth.h. */
  private static final int MAX_PASSWORD_LENGTH = 65_535;

  /** PG_MAX_SASL_MESSAGE_LENGTH of libpq/sasl.h. */
  private static final int MAX_SASL_LENGTH = 1024;

  /** How long a client may take to notice that it is being disconnected. */
  static final Duration GOODBYE = Duration.ofMillis(500);

  /** The first byte of a TLS handshake, which no packet's length begins with. */
  private static final int TLS_HANDSHAKE = 0x16;

  /** The name of PostgreSQL's protocol in TLS's ALPN; PG_ALPN_PROTOCOL of libpq/pqcomm.h. */
  private static final String ALPN = "postgresql";

  private final Socket socket;

  /**
   * The same as {@link #socket} until TLS begins. Belongs to the connection's thread until then.
   */
  private volatile Socket transport;

  private InputStream input;
  private OutputStream output;
  private final long authenticationDeadline;

  ClientSocket(Socket socket, Duration authenticationTimeout) throws IOException {
    this.socket = socket;
    this.transport = socket;
    this.authenticationDeadline = System.nanoTime() + authenticationTimeout.toNanos();
    socket.setTcpNoDelay(true);
    keepAlive(socket);
    this.input = socket.getInputStream();
    this.output = socket.getOutputStream();
  }

  /** A client whose machine went away is noticed after two minutes, not the usual two hours. */
  private static void keepAlive(Socket socket) throws IOException {
    socket.setKeepAlive(true);
    if (socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
      socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 60);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 6);
    }
  }

  /**
   * Begins TLS if that is the first thing a client does ({@code sslnegotiation=direct}); ends the
   * connection without a word if there is no TLS, as PostgreSQL does.
   *
   * @return the first byte of the client's first packet, to be read with {@link #readStartupPacket}
   * @throws EOFException if the client went away before its first byte
   */
  byte[] begin(Optional<TlsIdentity> tls) throws ConnectionRefusedException, IOException {
    byte[] first = firstByte();
    if (first[0] == TLS_HANDSHAKE) {
      if (tls.isEmpty()) {
        throw new EOFException("The client began with TLS, which is not switched on");
      }
      if (!startTls(tls.get(), first).equals(ALPN)) {
        throw new EOFException("The client began with TLS and did not ask for " + ALPN);
      }
      return firstByte();
    }
    return first;
  }

  /** Says that TLS may begin, and lets it begin. */
  void acceptTls(TlsIdentity tls) throws IOException, ConnectionRefusedException {
    output.write('S');
    startTls(tls, new byte[0]);
  }

  /**
   * Makes everything from here on go through TLS.
   *
   * @param consumed what was read of the client's handshake already
   * @return the protocol that the client asked for, or nothing
   */
  private String startTls(TlsIdentity tls, byte[] consumed)
      throws IOException, ConnectionRefusedException {
    SSLSocket secure =
        (SSLSocket)
            tls.context()
                .getSocketFactory()
                .createSocket(socket, new ByteArrayInputStream(consumed), false);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {ALPN});
    secure.setSSLParameters(parameters);
    try {
      secure.setSoTimeout(millisUntil(authenticationDeadline));
      secure.startHandshake();
    } catch (SocketTimeoutException e) {
      throw new ConnectionRefusedException("57014", "canceling authentication due to timeout");
    }
    input = secure.getInputStream();
    output = secure.getOutputStream();
    transport = secure;
    return secure.getApplicationProtocol();
  }

  boolean isEncrypted() {
    return transport != socket;
  }

  byte[] firstByte() throws ConnectionRefusedException, IOException {
    byte[] first = read(1);
    if (first.length == 0) {
      throw new EOFException("The client closed the connection without a packet");
    }
    return first;
  }

  /**
   * Reads the body of an untyped packet.
   *
   * @param first the packet's first byte
   */
  byte[] readStartupPacket(byte[] first) throws ConnectionRefusedException, IOException {
    byte[] rest = read(3);
    if (rest.length < 3) {
      throw protocolViolation("incomplete startup packet");
    }
    int length = ByteBuffer.allocate(4).put(first).put(rest).getInt(0) - 4;
    StartupPacket.checkLength(length);
    byte[] body = read(length);
    if (body.length < length) {
      throw protocolViolation("incomplete startup packet");
    }
    return body;
  }

  @Override
  public byte[] askForPassword() throws ConnectionRefusedException, IOException {
    write(new BackendMessage.AuthenticationCleartextPassword());
    return readAuthenticationResponse("password", MAX_PASSWORD_LENGTH);
  }

  @Override
  public byte[] offerSasl(String mechanism) throws ConnectionRefusedException, IOException {
    write(new BackendMessage.AuthenticationSasl(List.of(mechanism)));
    return readAuthenticationResponse("SASL", MAX_SASL_LENGTH);
  }

  @Override
  public byte[] continueSasl(byte[] challenge) throws ConnectionRefusedException, IOException {
    write(new BackendMessage.AuthenticationSaslContinue(challenge));
    return readAuthenticationResponse("SASL", MAX_SASL_LENGTH);
  }

  @Override
  public void finishSasl(byte[] outcome) throws IOException {
    write(new BackendMessage.AuthenticationSaslFinal(outcome));
  }

  void write(BackendMessage message) throws IOException {
    output.write(message.encode());
  }

  /** The single byte that denies encryption; it is not a message. */
  void denyEncryption() throws IOException {
    output.write('N');
  }

  /** Where the backend writes once the session has begun. */
  OutputStream output() {
    return output;
  }

  /** What the client sends once the session has begun; reads wait without a limit. */
  InputStream sessionInput() throws IOException {
    socket.setSoTimeout(0);
    return input;
  }

  /** Makes a read that waits for the client return as if the client had gone. */
  void endInput() throws IOException {
    socket.shutdownInput();
  }

  /** With TLS its own farewell; only the end of the connection ends TCP's half then. */
  void endOutput() throws IOException {
    transport.shutdownOutput();
  }

  /**
   * Closes so that the client gets the bytes written last: a close with unread input would make the
   * kernel reset the connection and throw them away.
   */
  void closeAfterGoodbye() {
    try (socket) {
      transport.shutdownOutput();
      long deadline = System.nanoTime() + GOODBYE.toNanos();
      byte[] ignored = new byte[1024];
      do {
        socket.setSoTimeout(millisUntil(deadline));
      } while (input.read(ignored) >= 0);
    } catch (IOException goneOrSilent) {
      // the client has had its chance
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private byte[] readAuthenticationResponse(String kind, int maxLength)
      throws ConnectionRefusedException, IOException {
    byte[] header = readFully(5);
    int type = header[0];
    if (type != 'p') {
      throw protocolViolation("expected " + kind + " response, got message type " + (type & 0xFF));
    }
    int length = ByteBuffer.wrap(header).getInt(1) - 4;
    if (length < 0 || length > maxLength) {
      throw protocolViolation("invalid message length");
    }
    return readFully(length);
  }

  private byte[] readFully(int length) throws ConnectionRefusedException, IOException {
    byte[] bytes = read(length);
    if (bytes.length < length) {
      throw new EOFException("The client closed the connection during authentication");
    }
    return bytes;
  }

  /** Fewer bytes than asked for only at the end of the input. */
  private byte[] read(int length) throws ConnectionRefusedException, IOException {
    byte[] bytes = new byte[length];
    int filled = 0;
    try {
      while (filled < length) {
        socket.setSoTimeout(millisUntil(authenticationDeadline));
        int count = input.read(bytes, filled, length - filled);
        if (count < 0) {
          return Arrays.copyOf(bytes, filled);
        }
        filled += count;
      }
    } catch (SocketTimeoutException e) {
      throw new ConnectionRefusedException("57014", "canceling authentication due to timeout");
    }
    return bytes;
  }

  /** Never 0, which would mean no limit to setSoTimeout. */
  private static int millisUntil(long deadline) throws SocketTimeoutException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException();
    }
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }
}
