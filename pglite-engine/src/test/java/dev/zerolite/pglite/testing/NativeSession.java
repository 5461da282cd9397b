package dev.zerolite.pglite.testing;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.ClientOutput;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A session of a native server, reached over a socket; its server trusts everyone. */
final class NativeSession implements Backend {
  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;
  private static final int TIMEOUT_SECONDS = 60;

  private final int port;
  private final Socket socket;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile ByteBuffer keyData = ByteBuffer.allocate(8);

  private NativeSession(int port, Socket socket) {
    this.port = port;
    this.socket = socket;
  }

  static NativeSession connect(int port, ClientOutput output) throws BackendStartException {
    try {
      NativeSession session = new NativeSession(port, socket(port));
      Thread reader = new Thread(() -> session.forward(output), "native-session");
      reader.setDaemon(true);
      reader.start();
      return session;
    } catch (IOException e) {
      throw new BackendStartException("08006", "native PostgreSQL is not reachable: " + e);
    }
  }

  private static Socket socket(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private void forward(ClientOutput output) {
    try (socket) {
      DataInputStream input = new DataInputStream(socket.getInputStream());
      while (forwardMessage(input, output) != 'K') {
        // up to BackendKeyData, message by message
      }
      begun.countDown();
      byte[] buffer = new byte[8192];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        output.write(buffer, 0, count);
      }
    } catch (IOException ignored) {
      // either side is gone; closing the socket tells the server if it does not know
    } finally {
      begun.countDown();
      ended.countDown();
      output.end();
    }
  }

  private int forwardMessage(DataInputStream input, ClientOutput output) throws IOException {
    int type = input.readUnsignedByte();
    byte[] body = new byte[input.readInt() - 4];
    input.readFully(body);
    if (type == 'K') {
      keyData = ByteBuffer.wrap(body);
    }
    byte[] message =
        ByteBuffer.allocate(5 + body.length)
            .put((byte) type)
            .putInt(4 + body.length)
            .put(body)
            .array();
    output.write(message, 0, message.length);
    return type;
  }

  /** Once the session has begun; 0 if it was refused. */
  @Override
  public int pid() {
    try {
      if (!begun.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the session has not begun");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return keyData.getInt(0);
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
    int pid = pid();
    try (Socket cancel = socket(port)) {
      ByteBuffer request = ByteBuffer.allocate(16);
      request.putInt(16).putInt(CANCEL_REQUEST).putInt(pid).putInt(keyData.getInt(4));
      cancel.getOutputStream().write(request.array());
      // the server closes when it has sent the signal
      cancel.setSoTimeout(TIMEOUT_SECONDS * 1000);
      cancel.getInputStream().read();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot cancel", e);
    }
  }

  @Override
  public void terminate() {
    ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroy);
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }
}
