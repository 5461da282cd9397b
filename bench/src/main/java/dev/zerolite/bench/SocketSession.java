package dev.zerolite.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import javax.net.SocketFactory;

/** A session over TCP: pgjdbc logs in, then the bytes are ours. */
final class SocketSession implements Session {
  private static final int TIMEOUT_MILLIS = 300_000;

  private final Connection login;
  private final Socket socket;
  private final Answers answers = new Answers();
  private final byte[] buffer = new byte[1 << 16];

  private SocketSession(Connection login, Socket socket) {
    this.login = login;
    this.socket = socket;
  }

  static SocketSession open(String jdbcUrl, String user, String password) throws Exception {
    var properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    properties.setProperty("socketFactory", Remembering.class.getName());
    // pgjdbc makes the factory itself, on this thread.
    Remembering.LAST.remove();
    var login = DriverManager.getConnection(jdbcUrl, properties);
    var socket = Remembering.LAST.get();
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return new SocketSession(login, socket);
  }

  @Override
  public long exchange(byte[] messages, int readies) throws IOException {
    InputStream in = socket.getInputStream();
    long start = System.nanoTime();
    socket.getOutputStream().write(messages);
    int missing = readies;
    while (missing > 0) {
      int count = in.read(buffer);
      if (count < 0) {
        throw new IllegalStateException("the server closed the connection");
      }
      missing -= answers.scan(buffer, 0, count);
    }
    long elapsed = System.nanoTime() - start;
    if (answers.errors() > 0) {
      throw new IllegalStateException("an error was reported");
    }
    return elapsed;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    try {
      login.close();
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  /** Hands pgjdbc plain sockets and keeps the thread's last one. */
  public static final class Remembering extends SocketFactory {
    static final ThreadLocal<Socket> LAST = new ThreadLocal<>();

    @Override
    public Socket createSocket() {
      LAST.set(new Socket());
      return LAST.get();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException(
          "pgjdbc connects a socket it made without an address");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException(
          "pgjdbc connects a socket it made without an address");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException(
          "pgjdbc connects a socket it made without an address");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException(
          "pgjdbc connects a socket it made without an address");
    }
  }
}
