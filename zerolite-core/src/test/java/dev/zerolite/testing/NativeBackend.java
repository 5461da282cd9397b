package dev.zerolite.testing;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.ClientOutput;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A session of a native server, reached over a socket. */
final class NativeBackend implements Backend {
  private static final int PROTOCOL_3_0 = 3 << 16;
  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;

  /** Until the session has begun; the server does not think for longer. */
  private static final int START_TIMEOUT_MILLIS = 60_000;

  private final int port;
  private final Socket socket;
  private final CountDownLatch ended = new CountDownLatch(1);
  private int pid;
  private int cancelKey;

  private NativeBackend(int port, Socket socket) {
    this.port = port;
    this.socket = socket;
  }

  static NativeBackend start(int port, Map<String, String> startup, ClientOutput output)
      throws BackendStartException {
    try {
      Socket socket = connect(port);
      NativeBackend backend = new NativeBackend(port, socket);
      try {
        byte[] greeting = backend.begin(startup);
        new Thread(() -> backend.forward(greeting, output), "native-backend-" + backend.pid)
            .start();
        return backend;
      } catch (IOException | BackendStartException e) {
        socket.close();
        throw e;
      }
    } catch (IOException e) {
      throw new BackendStartException("08006", "native PostgreSQL is not reachable: " + e);
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
    return ended.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** Sends the StartupMessage; returns all bytes up to BackendKeyData, and sets pid and key. */
  private byte[] begin(Map<String, String> startup) throws IOException, BackendStartException {
    socket.setSoTimeout(START_TIMEOUT_MILLIS);
    socket.getOutputStream().write(startupMessage(startup));
    DataInputStream input = new DataInputStream(socket.getInputStream());
    ByteArrayOutputStream greeting = new ByteArrayOutputStream();
    DataOutputStream copy = new DataOutputStream(greeting);
    while (true) {
      int type = input.readUnsignedByte();
      byte[] body = new byte[input.readInt() - 4];
      input.readFully(body);
      if (type == 'E') {
        Map<Character, String> fields = errorFields(body);
        throw new BackendStartException(fields.get('C'), fields.get('M'));
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
      InputStream input = socket.getInputStream();
      byte[] buffer = new byte[8192];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        output.write(buffer, 0, count);
      }
    } catch (IOException ignored) {
      // either side is gone; closing the socket tells the server if it does not know
    } finally {
      ended.countDown();
    }
  }

  private static byte[] startupMessage(Map<String, String> startup) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Map.Entry<String, String> parameter : startup.entrySet()) {
      body.write((parameter.getKey() + "\0").getBytes(StandardCharsets.UTF_8));
      body.write((parameter.getValue() + "\0").getBytes(StandardCharsets.UTF_8));
    }
    body.write(0);
    return ByteBuffer.allocate(8 + body.size())
        .putInt(8 + body.size())
        .putInt(PROTOCOL_3_0)
        .put(body.toByteArray())
        .array();
  }

  private static Map<Character, String> errorFields(byte[] body) {
    Map<Character, String> fields = new HashMap<>();
    int position = 0;
    while (body[position] != 0) {
      int end = position + 1;
      while (body[end] != 0) {
        end++;
      }
      fields.put(
          (char) body[position],
          new String(Arrays.copyOfRange(body, position + 1, end), StandardCharsets.UTF_8));
      position = end + 1;
    }
    return fields;
  }
}
