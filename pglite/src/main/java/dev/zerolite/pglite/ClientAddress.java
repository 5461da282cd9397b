package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.net.InetSocketAddress;

/** Where a client connects from; pg_hba.conf and pg_stat_activity.client_addr see it. */
public sealed interface ClientAddress {

  /** A client in this JVM, which PostgreSQL takes for one on a Unix-domain socket: trusted. */
  record Local() implements ClientAddress {}

  /**
   * A client on a TCP connection, which must authenticate as the cluster's options say.
   *
   * @param server the connection's end on this side, which inet_server_addr() tells
   * @param keepAlive what the connection's tcp_keepalives settings are
   */
  record Tcp(InetSocketAddress client, InetSocketAddress server, KeepAlive keepAlive)
      implements ClientAddress {
    public Tcp {
      requireNonNull(client);
      requireNonNull(server);
      requireNonNull(keepAlive);
    }
  }

  /**
   * When the kernel asks whether a silent client is still there.
   *
   * @param idle seconds without a word until it asks
   * @param interval seconds until it asks again
   * @param count how many questions without an answer end the connection
   */
  record KeepAlive(int idle, int interval, int count) {}

  static ClientAddress local() {
    return new Local();
  }

  /** Size of struct ClientSocket (libpq-be.h): the descriptor and struct SockAddr. */
  int SIZE = 136;

  /** Writes a struct ClientSocket for a connected socket. */
  default void write(LinearMemory memory, int clientSocket, int descriptor) {
    memory.fill((byte) 0, clientSocket, clientSocket + SIZE);
    memory.writeI32(clientSocket, descriptor);
    int address = clientSocket + 4;
    if (this instanceof Tcp tcp) {
      writeAddress(memory, address, tcp.client());
    } else {
      final int afUnix = 1;
      memory.writeShort(address, (short) afUnix);
      memory.writeI32(address + ADDRESS_LENGTH, 110);
    }
  }

  /**
   * Tells PostgreSQL what it would ask of its socket, by getsockname() and getsockopt(), if it had
   * one.
   *
   * @param port the struct Port (libpq-be.h, 32-bit) that pq_init() has made
   */
  default void describe(LinearMemory memory, int port) {
    final int localAddress = 12;
    final int defaultKeepAlive = 384;
    if (this instanceof Tcp tcp) {
      writeAddress(memory, port + localAddress, tcp.server());
      memory.writeI32(port + defaultKeepAlive, tcp.keepAlive().idle());
      memory.writeI32(port + defaultKeepAlive + 4, tcp.keepAlive().interval());
      memory.writeI32(port + defaultKeepAlive + 8, tcp.keepAlive().count());
    }
  }

  /** Offset of the length in struct SockAddr (pqcomm.h). */
  int ADDRESS_LENGTH = 128;

  /** Writes a struct SockAddr. */
  private static void writeAddress(LinearMemory memory, int target, InetSocketAddress socket) {
    final int afInet = 2;
    final int afInet6 = 10;
    byte[] address = socket.getAddress().getAddress();
    boolean six = address.length == 16;
    memory.writeShort(target, (short) (six ? afInet6 : afInet));
    memory.writeByte(target + 2, (byte) (socket.getPort() >> 8));
    memory.writeByte(target + 3, (byte) socket.getPort());
    memory.write(target + (six ? 8 : 4), address, 0, address.length);
    memory.writeI32(target + ADDRESS_LENGTH, six ? 28 : 16);
  }
}
