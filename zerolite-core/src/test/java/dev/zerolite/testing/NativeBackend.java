package dev.zerolite.testing;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.ClientOutput;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A connection to a native server: bytes go both ways untouched. */
final class NativeBackend implements Backend {
  private final Socket socket;
  private final CountDownLatch ended = new CountDownLatch(1);

  private NativeBackend(Socket socket) {
    this.socket = socket;
  }

  static NativeBackend connect(int port, ClientOutput output) throws BackendStartException {
    try {
      Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
      socket.setTcpNoDelay(true);
      NativeBackend backend = new NativeBackend(socket);
      Thread reader = new Thread(() -> backend.forward(output), "native-backend-" + backend.pid());
      reader.setDaemon(true);
      reader.start();
      return backend;
    } catch (IOException e) {
      throw new BackendStartException("08006", "native PostgreSQL is not reachable: " + e);
    }
  }

  private void forward(ClientOutput output) {
    try (socket) {
      InputStream input = socket.getInputStream();
      byte[] buffer = new byte[8192];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        output.write(buffer, 0, count);
      }
    } catch (IOException ignored) {
      // either side is gone; closing the socket tells the server if it does not know
    } finally {
      output.end();
      ended.countDown();
    }
  }

  /** Not the server process's: it tells that to its client only. */
  @Override
  public int pid() {
    return socket.getLocalPort();
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
    throw new IllegalStateException("only the server's client has the key");
  }

  @Override
  public void terminate() {
    disconnect();
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return ended.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
