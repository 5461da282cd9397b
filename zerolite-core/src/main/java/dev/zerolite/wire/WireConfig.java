package dev.zerolite.wire;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a {@link WireServer} needs to know.
 *
 * @param addresses where to listen, all on the same port
 * @param port the port, or 0 for a free one
 * @param tls what TLS is offered with; without it clients are told that there is none
 * @param gate holds clients back
 * @param startupTimeout how long a client may take from connecting to the end of its first packet;
 *     the backend has a limit of its own for what follows
 * @param stopTimeout how long {@link WireServer#close()} waits for sessions to end by themselves
 */
public record WireConfig(
    List<InetAddress> addresses,
    int port,
    Optional<TlsIdentity> tls,
    ConnectionGate gate,
    Duration startupTimeout,
    Duration stopTimeout) {
  /** Checks that nothing is missing. */
  public WireConfig {
    addresses = List.copyOf(addresses);
    requireNonNull(tls);
    requireNonNull(gate);
    requireNonNull(startupTimeout);
    requireNonNull(stopTimeout);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("Name at least one address to listen on");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("A port is a number from 0 to 65535, not " + port);
    }
  }

  /**
   * Listens on this machine only, over IPv4 and, where there is one, the IPv6 loopback address;
   * everything else as PostgreSQL has it by default.
   */
  public static WireConfig onLoopback(int port) {
    return new WireConfig(
        loopbackAddresses(),
        port,
        Optional.empty(),
        ConnectionGate.open(),
        Duration.ofSeconds(60),
        Duration.ofSeconds(5));
  }

  /** The same with other addresses. */
  public WireConfig withAddresses(List<InetAddress> newAddresses) {
    return new WireConfig(newAddresses, port, tls, gate, startupTimeout, stopTimeout);
  }

  /**
   * The same on loopback and on other addresses of this machine, or on all ({@code 0.0.0.0}, {@code
   * ::}).
   *
   * @throws UnknownHostException if a name cannot be resolved
   */
  public WireConfig withMoreAddresses(List<String> names) throws UnknownHostException {
    List<InetAddress> more = new ArrayList<>();
    for (String name : names) {
      InetAddress address = byName(name);
      if (address.isAnyLocalAddress()) {
        // Java's sockets for the wildcard address take IPv4 and IPv6
        return withAddresses(List.of(address));
      }
      if (!addresses.contains(address)) {
        more.add(address);
      }
    }
    List<InetAddress> all = new ArrayList<>(addresses);
    all.addAll(more);
    return withAddresses(all);
  }

  private static InetAddress byName(String name) throws UnknownHostException {
    try {
      return InetAddress.getByName(name);
    } catch (UnknownHostException e) {
      var told =
          new UnknownHostException(
              "listen: '%s' is no address of this machine, nor a name of one".formatted(name));
      told.initCause(e);
      throw told;
    }
  }

  /** The same with TLS for those who ask for it. */
  public WireConfig withTls(TlsIdentity newTls) {
    return new WireConfig(addresses, port, Optional.of(newTls), gate, startupTimeout, stopTimeout);
  }

  /** The same with another gate. */
  public WireConfig withGate(ConnectionGate newGate) {
    return new WireConfig(addresses, port, tls, newGate, startupTimeout, stopTimeout);
  }

  /** The same with another limit. */
  public WireConfig withStartupTimeout(Duration newTimeout) {
    return new WireConfig(addresses, port, tls, gate, newTimeout, stopTimeout);
  }

  /** The same with another limit. */
  public WireConfig withStopTimeout(Duration newTimeout) {
    return new WireConfig(addresses, port, tls, gate, startupTimeout, newTimeout);
  }

  private static List<InetAddress> loopbackAddresses() {
    try {
      List<InetAddress> addresses = new ArrayList<>();
      addresses.add(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
      byte[] v6 = new byte[16];
      v6[15] = 1;
      InetAddress loopback6 = InetAddress.getByAddress(v6);
      if (NetworkInterface.getByInetAddress(loopback6) != null) {
        addresses.add(loopback6);
      }
      return addresses;
    } catch (UnknownHostException | SocketException e) {
      throw new IllegalStateException("Cannot list this machine's loopback addresses", e);
    }
  }
}
