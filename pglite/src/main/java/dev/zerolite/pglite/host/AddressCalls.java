package dev.zerolite.pglite.host;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * getaddrinfo(3) for numeric addresses, which is what PostgreSQL parses pg_hba.conf with. Names are
 * never looked up: the process has no network.
 */
final class AddressCalls {
  // netdb.h, sys/socket.h.
  private static final int EAI_NONAME = -2;
  private static final int EAI_FAMILY = -6;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int EAI_OVERFLOW = -12;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;

  private static final int SOCKADDR_IN_SIZE = 16;
  private static final int SOCKADDR_IN6_SIZE = 28;
  private static final int ADDRINFO_SIZE = 32;

  private static final Pattern NUMERIC =
      Pattern.compile("[0-9]+(\\.[0-9]+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private final WasmProcess process;

  AddressCalls(WasmProcess process) {
    this.process = process;
  }

  void define(HostImports imports) {
    imports.function(
        "getaddrinfo",
        a ->
            addressInfo(
                process.string((int) a[0]), process.string((int) a[1]), (int) a[2], (int) a[3]));
    imports.function(
        "getnameinfo", a -> nameInfo((int) a[0], (int) a[2], (int) a[3], (int) a[4], (int) a[5]));
  }

  /** Addresses have no names here, only numbers. */
  private long nameInfo(int socketAddress, int host, int hostSize, int service, int serviceSize) {
    LinearMemory memory = process.memory();
    int family = memory.readShort(socketAddress);
    if (family != AF_INET && family != AF_INET6) {
      return EAI_FAMILY;
    }
    boolean six = family == AF_INET6;
    byte[] address = memory.readBytes(socketAddress + (six ? 8 : 4), six ? 16 : 4);
    int port =
        (memory.read(socketAddress + 2) & 0xff) << 8 | (memory.read(socketAddress + 3) & 0xff);
    try {
      boolean fits =
          put(InetAddress.getByAddress(address).getHostAddress(), host, hostSize)
              && put(Integer.toString(port), service, serviceSize);
      return fits ? 0 : EAI_OVERFLOW;
    } catch (UnknownHostException e) {
      return EAI_FAMILY; // not a length of an address; cannot be
    }
  }

  private boolean put(String text, int address, int size) {
    if (address == 0 || size == 0) {
      return true;
    }
    byte[] bytes = (text + "\0").getBytes(StandardCharsets.US_ASCII);
    if (bytes.length > size) {
      return false;
    }
    process.memory().write(address, bytes, 0, bytes.length);
    return true;
  }

  private long addressInfo(String node, String service, int hints, int result) {
    LinearMemory memory = process.memory();
    // struct addrinfo: ai_flags, ai_family, ai_socktype, ai_protocol, ai_addrlen, ai_addr, ...
    int family = hints == 0 ? 0 : memory.readInt(hints + 4);
    int type = hints == 0 ? 0 : memory.readInt(hints + 8);
    int protocol = hints == 0 ? 0 : memory.readInt(hints + 12);
    byte[] address;
    int port;
    try {
      address = numericAddress(node, family);
      port = service.isEmpty() ? 0 : Integer.parseInt(service);
    } catch (UnknownHostException | NumberFormatException e) {
      return EAI_NONAME;
    }
    boolean six = address.length == 16;
    int size = six ? SOCKADDR_IN6_SIZE : SOCKADDR_IN_SIZE;
    int socketAddress = zeroed(size);
    int info = zeroed(ADDRINFO_SIZE);
    memory.writeShort(socketAddress, (short) (six ? AF_INET6 : AF_INET));
    memory.writeByte(socketAddress + 2, (byte) (port >> 8));
    memory.writeByte(socketAddress + 3, (byte) port);
    memory.write(socketAddress + (six ? 8 : 4), address, 0, address.length);
    int socketType = type == 0 ? SOCK_STREAM : type;
    memory.writeI32(info + 4, six ? AF_INET6 : AF_INET);
    memory.writeI32(info + 8, socketType);
    memory.writeI32(
        info + 12, protocol != 0 ? protocol : socketType == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP);
    memory.writeI32(info + 16, size);
    memory.writeI32(info + 20, socketAddress);
    memory.writeI32(result, info);
    return 0;
  }

  private static byte[] numericAddress(String node, int family) throws UnknownHostException {
    String address = node;
    if (node.isEmpty() || node.equals("localhost")) {
      address = family == AF_INET6 ? "::1" : "127.0.0.1";
    }
    if (!NUMERIC.matcher(address).matches()) {
      throw new UnknownHostException(address);
    }
    return InetAddress.getByName(address).getAddress();
  }

  private int zeroed(int size) {
    int address = process.malloc(size);
    process.memory().fill((byte) 0, address, address + size);
    return address;
  }
}
