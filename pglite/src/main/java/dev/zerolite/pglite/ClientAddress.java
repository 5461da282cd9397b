package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Where a client connects from; pg_hba.conf and pg_stat_activity.client_addr see it. */
public sealed interface ClientAddress {

  /** A client in this JVM, which PostgreSQL takes for one on a Unix-domain socket: trusted. */
  record Local() implements ClientAddress {}

  /** A client on a TCP connection, which must authenticate as the cluster's options say. */
  record Tcp(InetAddress address, int port) implements ClientAddress {
    public Tcp {
      requireNonNull(address);
    }
  }

  static ClientAddress local() {
    return new Local();
  }

  /** The address of an accepted socket's other end. */
  static ClientAddress of(InetSocketAddress remote) {
    return new Tcp(remote.getAddress(), remote.getPort());
  }

  /** Size of struct ClientSocket (libpq-be.h): the descriptor and struct SockAddr. */
  int SIZE = 136;

  /** Writes a struct ClientSocket for a connected socket. */
  default void write(LinearMemory memory, int clientSocket, int descriptor) {
    final int afUnix = 1;
    final int afInet = 2;
    final int afInet6 = 10;
    final int socketAddress = clientSocket + 4;
    final int length = clientSocket + 132;
    memory.fill((byte) 0, clientSocket, clientSocket + SIZE);
    memory.writeI32(clientSocket, descriptor);
    if (this instanceof Tcp tcp) {
      byte[] address = tcp.address().getAddress();
      boolean six = address.length == 16;
      memory.writeShort(socketAddress, (short) (six ? afInet6 : afInet));
      memory.writeByte(socketAddress + 2, (byte) (tcp.port() >> 8));
      memory.writeByte(socketAddress + 3, (byte) tcp.port());
      memory.write(socketAddress + (six ? 8 : 4), address, 0, address.length);
      memory.writeI32(length, six ? 28 : 16);
    } else {
      memory.writeShort(socketAddress, (short) afUnix);
      memory.writeI32(length, 110);
    }
  }
}
