package dev.zerolite.wire;

import dev.zerolite.pglite.ClientAddress;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's socket. Before the session every read ends by one deadline, and takes exactly the
 * bytes of one packet, so that what follows is left for the backend.
 */
final class ClientSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientSocket.class);

  /** How long a client may take to notice that it is being disconnected. */
  static final Duration GOODBYE = Duration.ofMillis(500);

  /** The first byte of a TLS handshake, which no packet's length begins with. */
  private static final int TLS_HANDSHAKE = 0x16;

  /** The name of PostgreSQL's protocol in TLS's ALPN; PG_ALPN_PROTOCOL of libpq/pqcomm.h. */
  private static final String ALPN = "postgresql";

  private final SocketChannel channel;
  private final Socket socket;

  /** While the backend's thread uses the connection by itself. */
  private volatile SessionChannel session;

  /**
   * The same as {@link #socket} until TLS begins. Belongs to the connection's thread until then.
   */
  private volatile Socket transport;

  private InputStream input;
  private OutputStream output;
  private final long startupDeadline;

  ClientSocket(SocketChannel channel, Duration startupTimeout) throws IOException {
    this.channel = channel;
    this.socket = channel.socket();
    this.transport = socket;
    this.startupDeadline = System.nanoTime() + startupTimeout.toNanos();
    socket.setTcpNoDelay(true);
    keepAlive(channel);
    this.input = socket.getInputStream();
    this.output = socket.getOutputStream();
  }

  private static final ClientAddress.KeepAlive KEEP_ALIVE = new ClientAddress.KeepAlive(60, 10, 6);

  /** A client whose machine went away is noticed after two minutes, not the usual two hours. */
  private static void keepAlive(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
      channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE.idle());
      channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_ALIVE.interval());
      channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEP_ALIVE.count());
    }
  }

  /**
   * Begins TLS if that is the first thing a client does ({@code sslnegotiation=direct}); ends the
   * connection without a word if there is no TLS, as PostgreSQL does.
   *
   * @return the first byte of the client's first packet, to be read with {@link #readStartupPacket}
   * @throws EOFException if the client went away before its first byte
   */
  byte[] begin(Optional<TlsIdentity> tls) throws IOException {
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
  void acceptTls(TlsIdentity tls) throws IOException {
    output.write('S');
    startTls(tls, new byte[0]);
  }

  /**
   * Makes everything from here on go through TLS.
   *
   * @param consumed what was read of the client's handshake already
   * @return the protocol that the client asked for, or nothing
   */
  private String startTls(TlsIdentity tls, byte[] consumed) throws IOException {
    SSLSocket secure =
        (SSLSocket)
            tls.context()
                .getSocketFactory()
                .createSocket(socket, new ByteArrayInputStream(consumed), false);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {ALPN});
    secure.setSSLParameters(parameters);
    secure.setSoTimeout(millisUntil(startupDeadline));
    secure.startHandshake();
    input = secure.getInputStream();
    output = secure.getOutputStream();
    transport = secure;
    return secure.getApplicationProtocol();
  }

  ClientAddress address() {
    return new ClientAddress.Tcp(
        (InetSocketAddress) socket.getRemoteSocketAddress(),
        (InetSocketAddress) socket.getLocalSocketAddress(),
        KEEP_ALIVE);
  }

  boolean isEncrypted() {
    return transport != socket;
  }

  byte[] firstByte() throws IOException {
    byte[] first = read(1);
    if (first.length == 0) {
      throw new EOFException("The client closed the connection without a packet");
    }
    return first;
  }

  /**
   * Reads a packet without a type byte, up to where it goes wrong: after a length that cannot be,
   * or at the end of the input.
   *
   * @param first the packet's first byte
   * @throws SocketTimeoutException if the client takes too long
   */
  StartupPacket readStartupPacket(byte[] first) throws IOException {
    byte[] rest = read(Integer.BYTES - 1);
    byte[] length = ByteBuffer.allocate(1 + rest.length).put(first).put(rest).array();
    if (length.length < Integer.BYTES) {
      return new StartupPacket(length);
    }
    int bodyLength = ByteBuffer.wrap(length).getInt() - Integer.BYTES;
    if (bodyLength < Integer.BYTES || bodyLength > StartupPacket.MAX_LENGTH) {
      return new StartupPacket(length);
    }
    byte[] body = read(bodyLength);
    return new StartupPacket(
        ByteBuffer.allocate(Integer.BYTES + body.length).put(length).put(body).array());
  }

  void write(byte[] message) throws IOException {
    output.write(message);
  }

  /** The single byte that denies encryption; it is not a message. */
  void denyEncryption() throws IOException {
    output.write('N');
  }

  /**
   * Lets the backend's thread use the connection by itself, until {@link #endSession}.
   *
   * @param packet what it shall read first
   * @return nothing if that cannot be: with TLS, whose sockets in Java always wait
   */
  Optional<SessionChannel> beginSession(StartupPacket packet) {
    if (isEncrypted()) {
      return Optional.empty();
    }
    try {
      session = new SessionChannel(channel, packet.bytes());
      return Optional.of(session);
    } catch (IOException e) {
      // a lack of file descriptors: another thread reads then
      LOG.debug("A session gets no channel of its own: {}", e.toString());
      return Optional.empty();
    }
  }

  /**
   * The backend's thread does not use the connection any more.
   *
   * @return whether it did
   */
  boolean endSession() throws IOException {
    if (session == null) {
      return false;
    }
    session.close();
    return true;
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
    if (!socket.isOutputShutdown()) {
      transport.shutdownOutput();
    }
  }

  /**
   * Makes writes fail, also one that waits for the client; what the kernel has taken still arrives.
   * It is TCP's end of the output also with TLS, whose farewell would wait for that write.
   */
  void abandonOutput() throws IOException {
    if (!socket.isOutputShutdown()) {
      socket.shutdownOutput();
    }
    wakeSession();
  }

  /**
   * Closes so that the client gets the bytes written last: a close with unread input would make the
   * kernel reset the connection and throw them away.
   */
  void closeAfterGoodbye() {
    try (socket) {
      endOutput();
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
    try (socket) {
      // or what the client has not read yet is lost to it when there is unread input
      abandonOutput();
    }
    wakeSession();
  }

  /** The backend's thread may wait for the client; it shall see what has become of the socket. */
  private void wakeSession() {
    SessionChannel used = session;
    if (used != null) {
      used.wakeUp();
    }
  }

  /** Fewer bytes than asked for only at the end of the input. */
  private byte[] read(int length) throws IOException {
    byte[] bytes = new byte[length];
    int filled = 0;
    while (filled < length) {
      socket.setSoTimeout(millisUntil(startupDeadline));
      int count = input.read(bytes, filled, length - filled);
      if (count < 0) {
        return Arrays.copyOf(bytes, filled);
      }
      filled += count;
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
