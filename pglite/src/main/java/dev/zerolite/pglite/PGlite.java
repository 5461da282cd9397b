package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.function.FunctionLibrary;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * PostgreSQL in this JVM, the short way: a {@link Cluster} with a session of its own and an address
 * for drivers.
 *
 * <pre>{@code
 * try (PGlite postgres = PGlite.builder().start();
 *     Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
 *   ...
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> All methods may be called from any thread. Each session, also each of a
 * driver's connections, is a backend with a thread of its own; backends run one at a time and take
 * turns, so more threads make nothing faster, but wait for each other's locks as with any
 * PostgreSQL. {@link #exec} is one session: calls from several threads wait for each other, and a
 * transaction that one of them begins is the others' too. A thread that waits in {@link #exec} may
 * be interrupted; the statement goes on, and its answer comes with the next call's. All threads are
 * daemons.
 */
public final class PGlite implements AutoCloseable {
  private final Cluster cluster;
  private final ClusterOptions options;

  /** Held while a session is opened, which may take as long as a login does. */
  private final ReentrantLock opening = new ReentrantLock();

  private WireSession session; // guarded by this
  private LoopbackServer server; // guarded by this
  private boolean closed; // guarded by this

  private PGlite(Cluster cluster, ClusterOptions options) {
    this.cluster = cluster;
    this.options = options;
  }

  /** A cluster in memory that trusts everyone, unless something else is said. */
  public static Builder builder() {
    return new Builder();
  }

  /** What is to be started. Not thread-safe; {@link #start} may be called more than once. */
  public static final class Builder {
    /** Loaded once and shared by all that are started without an engine of their own. */
    private static final class Loaded {
      static final Engine ENGINE = Engine.load();
    }

    private Engine engine;
    private ClusterOptions options = ClusterOptions.inMemory();
    private PGlite original;

    private Builder() {}

    /** Keeps the files in a directory, which becomes a new cluster or holds one already. */
    public Builder directory(Path directory) {
      options = options.withDataDirectory(directory);
      return this;
    }

    /**
     * Begins with what is committed in another one, which is in memory, when {@link #start} is
     * called; that one goes on unchanged. Everything but the name is as there; nothing else may be
     * asked for.
     */
    public Builder copyOf(PGlite other) {
      original = requireNonNull(other);
      return this;
    }

    /** For thread names and the log. */
    public Builder name(String name) {
      options = options.withName(name);
      return this;
    }

    /** Gives the superuser another name than {@code postgres}. */
    public Builder superuser(String name) {
      options = options.withSuperuser(name);
      return this;
    }

    /**
     * Gives the superuser a password, and lets nobody connect over TCP without one.
     *
     * @throws IllegalArgumentException if it is empty, with which nobody could log in
     */
    public Builder password(String password) {
      if (password.isEmpty()) {
        throw new IllegalArgumentException("the superuser's password is empty");
      }
      options = options.withPassword(password).withAuthentication(Authentication.SCRAM_SHA_256);
      return this;
    }

    /** Sets a parameter, as {@code postgres -c name=value} does. */
    public Builder setting(String name, String value) {
      options = options.withSetting(name, value);
      return this;
    }

    /** Offers SQL functions that are written in Java. */
    public Builder functions(FunctionLibrary library) {
      options = options.withFunctions(library);
      return this;
    }

    /** Uses this engine instead of the one on this library's class path. */
    public Builder engine(Engine newEngine) {
      engine = newEngine;
      return this;
    }

    /**
     * Starts PostgreSQL; returns when it answers. The first start in a JVM loads the engine, too.
     *
     * @throws BackendStartException if it does not start; the message says why and what to do
     * @throws IllegalStateException if a copy shall have a directory or a setting of its own
     */
    public PGlite start() throws BackendStartException, InterruptedException {
      if (original != null) {
        if (engine != null || !options.equals(ClusterOptions.inMemory().withName(options.name()))) {
          throw new IllegalStateException(
              "a copy is in memory and has the settings of its original: only its name may be another");
        }
        return new PGlite(
            original.cluster.copy(options.name()), original.options.withName(options.name()));
      }
      return new PGlite(Cluster.start(engine == null ? Loaded.ENGINE : engine, options), options);
    }
  }

  /**
   * Sends frontend messages (PostgreSQL documentation, "Message Formats") to the session that
   * belongs to this object, in database {@code postgres}, and gives the backend's answer: all its
   * messages until it is ready for as many queries as there are Query, Sync and FunctionCall
   * messages, or asks for COPY data. An error is an ErrorResponse in the answer. The session is
   * opened at the first call, and again after it has ended.
   *
   * @param messages whole ones; those of the extended query protocol end with a Sync. The data of a
   *     COPY may come in several calls, all but the last of which return at once
   * @return the answer; it is cut short by the session's end
   * @throws BackendStartException if there can be no session now
   * @throws IllegalArgumentException if the last message is cut
   * @throws IllegalStateException after {@link #close}
   */
  public byte[] exec(byte[] messages) throws BackendStartException, InterruptedException {
    return session().exec(messages);
  }

  private WireSession session() throws BackendStartException, InterruptedException {
    opening.lockInterruptibly();
    try {
      synchronized (this) {
        requireOpen();
        if (session != null && !session.hasEnded()) {
          return session;
        }
      }
      WireSession opened =
          WireSession.open(cluster, Map.of("user", options.superuser(), "database", "postgres"));
      synchronized (this) {
        session = opened;
        requireOpen();
        return opened;
      }
    } finally {
      opening.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("PostgreSQL was stopped");
    }
  }

  /** A JDBC URL for the database {@code postgres}; see {@link #jdbcUrl(String)}. */
  public String jdbcUrl() throws IOException {
    return jdbcUrl("postgres");
  }

  /**
   * A JDBC URL for a database, with the superuser's name and password. From the first call on
   * PostgreSQL listens on a free port of the loopback interface, where every program on this
   * machine can connect; without a {@link Builder#password} it trusts them all.
   *
   * @throws IOException if there is no port to listen on
   */
  public synchronized String jdbcUrl(String database) throws IOException {
    requireOpen();
    if (server == null) {
      server = LoopbackServer.start(cluster);
    }
    return "jdbc:postgresql://%s:%d/%s?user=%s%s&sslmode=disable&gssEncMode=disable"
        .formatted(
            server.address().getHostAddress(),
            server.port(),
            encoded(database),
            encoded(options.superuser()),
            options.password().map(password -> "&password=" + encoded(password)).orElse(""));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  /** The cluster, for sessions of one's own and to hear of failures. */
  public Cluster cluster() {
    return cluster;
  }

  /**
   * Ends all sessions and stops PostgreSQL. Always returns, within a minute or two at worst; a
   * second call does nothing.
   */
  @Override
  public void close() {
    LoopbackServer listening;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      listening = server;
    }
    if (listening != null) {
      listening.stopListening();
    }
    cluster.close();
    if (listening != null) {
      listening.close();
    }
  }
}
