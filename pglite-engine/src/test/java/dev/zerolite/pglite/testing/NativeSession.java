package dev.zerolite.pglite.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.ClientOutput;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A session of a native server, reached over a socket; its server trusts everyone. */
final class NativeSession implements Backend {
  private static final int PROTOCOL_3_0 = 3 << 16;
  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;
  private static final int START_TIMEOUT_MILLIS = 60_000;

  private final int port;
  private final Socket socket;
  private final CountDownLatch ended = new CountDownLatch(1);
  private int pid;
  private int cancelKey;

  private NativeSession(int port, Socket socket) {
    this.port = port;
    this.socket = socket;
  }

  static NativeSession start(int port, Map<String, String> startup, ClientOutput output)
      throws BackendStartException {
    try {
      NativeSession session = new NativeSession(port, connect(port));
      byte[] greeting = session.begin(startup);
      Thread reader =
          new Thread(() -> session.forward(greeting, output), "native-session-" + session.pid);
      reader.setDaemon(true);
      reader.start();
      return session;
    } catch (IOException e) {
      throw new BackendStartException("08006", "native PostgreSQL is not reachable: " + e);
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** Sends the StartupMessage; returns all bytes up to BackendKeyData. */
  private byte[] begin(Map<String, String> startup) throws IOException {
    ByteArrayOutputStream parameters = new ByteArrayOutputStream();
    startup.forEach(
        (name, value) -> parameters.writeBytes((name + "\0" + value + "\0").getBytes(UTF_8)));
    parameters.write(0);
    socket.setSoTimeout(START_TIMEOUT_MILLIS);
    DataOutputStream request = new DataOutputStream(socket.getOutputStream());
    request.write(
        ByteBuffer.allocate(8 + parameters.size())
            .putInt(8 + parameters.size())
            .putInt(PROTOCOL_3_0)
            .put(parameters.toByteArray())
            .array());
    DataInputStream input = new DataInputStream(socket.getInputStream());
    ByteArrayOutputStream greeting = new ByteArrayOutputStream();
    DataOutputStream copy = new DataOutputStream(greeting);
    while (true) {
      int type = input.readUnsignedByte();
      byte[] body = new byte[input.readInt() - 4];
      input.readFully(body);
      if (type == 'E') {
        throw new IOException(new String(body, UTF_8));
      }
      copy.writeByte(type);
      copy.writeInt(body.length + 4);
      copy.write(body);
      if (type == 'K') {
        pid = ByteBuffer.wrap(body).getInt(0);
        cancelKey = ByteBuffer.wrap(body).getInt(4);
        socket.setSoTimeout(0);
        return greeting.toByteArray();
      }
    }
  }

  private void forward(byte[] greeting, ClientOutput output) {
    try (socket) {
      output.write(greeting, 0, greeting.length);
      byte[] buffer = new byte[8192];
      for (int count = socket.getInputStream().read(buffer);
          count >= 0;
          count = socket.getInputStream().read(buffer)) {
        output.write(buffer, 0, count);
      }
    } catch (IOException ignored) {
      // either side is gone; closing the socket tells the server if it does not know
    } finally {
      ended.countDown();
    }
  }

  @Override
  public int pid() {
    return pid;
  }

  @Override
  public int cancelKey() {
    return cancelKey;
  }

  @Override
  public void receive(byte[] bytes, int offset, int length) {
    try {
      socket.getOutputStream().write(bytes, offset, length);
    } catch (IOException ignored) {
      // the session has ended: its bytes are dropped
    }
  }

  @Override
  public void disconnect() {
    try {
      socket.shutdownOutput();
    } catch (IOException ignored) {
      // the session has ended already
    }
  }

  @Override
  public void cancel() {
    try (Socket cancel = connect(port)) {
      ByteBuffer request = ByteBuffer.allocate(16);
      request.putInt(16).putInt(CANCEL_REQUEST).putInt(pid).putInt(cancelKey);
      cancel.getOutputStream().write(request.array());
      // the server closes when it has sent the signal
      cancel.setSoTimeout(START_TIMEOUT_MILLIS);
      cancel.getInputStream().read();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot cancel", e);
    }
  }

  @Override
  public void terminate() {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }
}
