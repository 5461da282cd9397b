package dev.zerolite.wire;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client, from its first byte until its backend has ended. Runs on a thread of its own. */
final class Connection implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** Waits for a backend's end are repeated for as long as it lives. */
  private static final Duration END_CHECK = Duration.ofMinutes(10);

  private final ClientSocket socket;
  private final WireConfig config;
  private final BackendStarter starter;
  private final Sessions sessions;
  private final CountDownLatch inputEnded = new CountDownLatch(1);

  /** When the client last said something, in terms of System.nanoTime(); 0 once it was answered. */
  private volatile long unansweredSince;

  /** Guarded by this: what {@link #stop()} has to end. */
  private Backend backend;

  private Thread thread;
  private boolean stopping;

  Connection(ClientSocket socket, WireConfig config, BackendStarter starter, Sessions sessions) {
    this.socket = socket;
    this.config = config;
    this.starter = starter;
    this.sessions = sessions;
  }

  @Override
  public void run() {
    try {
      begin();
      serve();
    } catch (ConnectionRefusedException refused) {
      // stopping cuts a packet that is being read
      refuse(isStopping() ? ConnectionRefusedException.shuttingDown() : refused);
    } catch (InterruptedException stopped) {
      refuse(ConnectionRefusedException.shuttingDown());
    } catch (IOException gone) {
      if (isStopping()) {
        refuse(ConnectionRefusedException.shuttingDown());
      } else {
        LOG.debug("Client went away before its session began: {}", gone.toString());
      }
    } catch (RuntimeException | Error e) {
      // an Error too must not leave the client without an answer: no memory, a class that is
      // missing
      LOG.error("Connection failed; please report this", e);
      refuse(new ConnectionRefusedException("XX000", "internal error: " + e));
    } finally {
      closeNow();
    }
  }

  /**
   * Ends the session with 57P01, or refuses the client if it has none yet. Returns at once; {@link
   * #closeNow()} is for those who do not comply.
   */
  void stop() {
    Backend running;
    synchronized (this) {
      stopping = true;
      running = backend;
      if (running == null && thread != null) {
        thread.interrupt();
      }
    }
    if (running != null) {
      running.terminate();
      return;
    }
    try {
      socket.endInput();
    } catch (IOException closedAlready) {
      // then nobody reads from it either
    }
  }

  /** Closes the socket whatever is going on; reads and writes fail from then on. */
  void closeNow() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing a client's socket failed: {}", e.toString());
    }
  }

  private synchronized void begin() throws ConnectionRefusedException {
    thread = Thread.currentThread();
    if (stopping) {
      throw ConnectionRefusedException.shuttingDown();
    }
  }

  private void serve() throws ConnectionRefusedException, IOException, InterruptedException {
    StartupPacket packet = negotiate();
    if (packet instanceof StartupPacket.CancelRequest cancel) {
      if (!sessions.cancel(cancel)) {
        LOG.info("CancelRequest for pid {} matches no session", cancel.pid());
      }
      // PostgreSQL gives no answer either: the client only waits for the close
    } else if (packet instanceof StartupPacket.StartupMessage startup) {
      sessions.acquire();
      try {
        startSession(startup);
      } finally {
        sessions.release();
      }
    }
  }

  /**
   * Answers requests for encryption, at most once per kind, until a packet asks for something else.
   */
  private StartupPacket negotiate() throws ConnectionRefusedException, IOException {
    boolean sslAnswered = false;
    boolean gssAnswered = false;
    byte[] first = socket.begin(config.tls());
    while (true) {
      StartupPacket packet = StartupPacket.decode(socket.readStartupPacket(first));
      // as in ProcessStartupPacket(): who has TLS already can ask for no encryption any more
      if (packet instanceof StartupPacket.SslRequest && !sslAnswered && !socket.isEncrypted()) {
        sslAnswered = true;
        if (config.tls().isPresent()) {
          socket.acceptTls(config.tls().get());
          gssAnswered = true;
        } else {
          socket.denyEncryption();
        }
      } else if (packet instanceof StartupPacket.GssEncRequest && !gssAnswered) {
        gssAnswered = true;
        socket.denyEncryption();
      } else if (packet instanceof StartupPacket.SslRequest
          || packet instanceof StartupPacket.GssEncRequest) {
        throw ConnectionRefusedException.protocolViolation("encryption was already declined");
      } else {
        return packet;
      }
      first = socket.firstByte();
    }
  }

  private void startSession(StartupPacket.StartupMessage startup)
      throws ConnectionRefusedException, IOException, InterruptedException {
    if (startup.needsNegotiation()) {
      socket.write(
          new BackendMessage.NegotiateProtocolVersion(
              StartupPacket.PROTOCOL_3_0, startup.unrecognizedOptions()));
    }
    config.authenticator().authenticate(startup.user(), socket);
    config.gate().pass(startup.parameters());
    Backend started;
    try {
      started = starter.start(startup.parameters(), this::write);
    } catch (BackendStartException e) {
      throw new ConnectionRefusedException(e.sqlState(), e.getMessage());
    }
    runSession(started, startup.parameters().containsKey("replication"));
  }

  private void runSession(Backend started, boolean replication)
      throws IOException, InterruptedException {
    boolean stoppedMeanwhile;
    synchronized (this) {
      backend = started;
      stoppedMeanwhile = stopping;
    }
    // A client may know the key before this line, but no statement of it can be running yet:
    // everything that it sends is read by this thread.
    sessions.add(started);
    Thread.currentThread().setName("wire-client-" + started.pid());
    Thread closer = new Thread(() -> closeWhenEnded(started), "wire-closer-" + started.pid());
    closer.start();
    try {
      if (stoppedMeanwhile) {
        // stop() saw no backend and interrupted this thread, which now has to see the session off
        Thread.interrupted();
        started.terminate();
      }
      forwardInput(started, replication);
    } finally {
      inputEnded.countDown();
      started.disconnect();
      joinUninterruptibly(closer);
      sessions.remove(started);
    }
  }

  private void write(byte[] bytes, int offset, int length) throws IOException {
    unansweredSince = 0;
    socket.output().write(bytes, offset, length);
  }

  /** Whether the client said something that long ago and has heard nothing since. */
  boolean waitsLongerThan(Duration time) {
    long since = unansweredSince;
    return since != 0 && System.nanoTime() - since > time.toNanos();
  }

  /** A consumer's feedback is never answered. */
  private void forwardInput(Backend started, boolean replication) throws InterruptedException {
    byte[] buffer = new byte[32 * 1024];
    try {
      InputStream input = socket.sessionInput();
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        if (!replication) {
          unansweredSince = System.nanoTime() | 1; // never 0
        }
        started.receive(buffer, 0, count);
      }
    } catch (IOException reset) {
      LOG.debug("Connection to client {} lost: {}", started.pid(), reset.toString());
    }
  }

  /**
   * Closes the socket after the backend's last bytes. The client is given a moment to close first,
   * because closing with unread input makes the kernel throw those bytes away.
   */
  private void closeWhenEnded(Backend started) {
    try {
      while (!started.awaitEnd(END_CHECK)) {
        LOG.debug("Session {} still runs", started.pid());
      }
      socket.endOutput();
      inputEnded.await(ClientSocket.GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException | InterruptedException e) {
      LOG.debug("Session {} closes at once: {}", started.pid(), e.toString());
    } finally {
      closeNow();
    }
  }

  private static void joinUninterruptibly(Thread closer) {
    boolean interrupted = false;
    while (closer.isAlive()) {
      try {
        closer.join();
      } catch (InterruptedException e) {
        // forced stop: the closer gives up waiting for the backend, and so ends now
        interrupted = true;
        closer.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void refuse(ConnectionRefusedException refused) {
    LOG.info("Refused a client: {} {}", refused.sqlState(), refused.getMessage());
    try {
      socket.write(new BackendMessage.FatalErrorResponse(refused));
      socket.closeAfterGoodbye();
    } catch (IOException gone) {
      LOG.debug("Client went away before it was told: {}", gone.toString());
    }
  }

  private synchronized boolean isStopping() {
    return stopping;
  }
}
