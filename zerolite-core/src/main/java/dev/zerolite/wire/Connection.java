package dev.zerolite.wire;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientInput;
import dev.zerolite.pglite.ClientOutput;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client, from its first byte until its backend has ended. Runs on a thread of its own until
 * the session begins; from then on the backend's thread reads and writes, while this one waits for
 * its end. It goes on to carry the client's bytes to the backend where that cannot read them: with
 * TLS.
 */
final class Connection implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** Waits for a backend's end are repeated for as long as it lives. */
  private static final Duration END_CHECK = Duration.ofMinutes(10);

  private final ClientSocket socket;
  private final WireConfig config;
  private final BackendStarter starter;
  private final ScheduledExecutorService closer;

  /**
   * Since when the client waits for an answer, in terms of System.nanoTime(); 0 if it does not.
   * What it is told meanwhile lets its wait begin anew.
   */
  private volatile long unansweredSince;

  /** Guarded by this: what {@link #stop()} has to end. */
  private Backend backend;

  /** The connection's thread while it may be interrupted: that would close a socket it uses. */
  private Thread interruptible;

  private boolean stopping;

  /**
   * @param closer closes sockets whose client does not when its session has ended
   */
  Connection(
      ClientSocket socket,
      WireConfig config,
      BackendStarter starter,
      ScheduledExecutorService closer) {
    this.socket = socket;
    this.config = config;
    this.starter = starter;
    this.closer = closer;
  }

  @Override
  public void run() {
    try {
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
      if (interruptible != null) {
        interruptible.interrupt();
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

  private void serve() throws ConnectionRefusedException, IOException, InterruptedException {
    StartupPacket packet = negotiateEncryption();
    if (!packet.isCancelRequest()) {
      passGate(packet);
    }
    Output output = new Output(packet);
    boolean usedByBackend;
    try {
      runSession(start(output), packet, output);
    } finally {
      usedByBackend = socket.endSession();
    }
    if (usedByBackend) {
      socket.closeAfterGoodbye();
    }
  }

  private void passGate(StartupPacket packet)
      throws ConnectionRefusedException, InterruptedException {
    synchronized (this) {
      if (stopping) {
        throw ConnectionRefusedException.shuttingDown();
      }
      interruptible = Thread.currentThread();
    }
    try {
      config.gate().pass(packet.parameters());
    } finally {
      synchronized (this) {
        interruptible = null;
      }
      // what came too late to be noticed at the gate
      Thread.interrupted();
    }
  }

  private Backend start(Output output) throws ConnectionRefusedException {
    try {
      return starter.connect(socket.address(), output);
    } catch (BackendStartException e) {
      throw new ConnectionRefusedException(e.sqlState(), e.getMessage());
    }
  }

  /**
   * Answers requests for encryption, at most once per kind; whoever asks more often gets the
   * backend's answer.
   */
  private StartupPacket negotiateEncryption() throws IOException {
    boolean sslAnswered = false;
    boolean gssAnswered = false;
    byte[] first = socket.begin(config.tls());
    while (true) {
      StartupPacket packet = socket.readStartupPacket(first);
      // as in ProcessStartupPacket(): who has TLS already can ask for no encryption any more
      if (packet.isSslRequest() && !sslAnswered && !socket.isEncrypted()) {
        sslAnswered = true;
        if (config.tls().isPresent()) {
          socket.acceptTls(config.tls().get());
          gssAnswered = true;
        } else {
          socket.denyEncryption();
        }
      } else if (packet.isGssEncRequest() && !gssAnswered) {
        gssAnswered = true;
        socket.denyEncryption();
      } else {
        return packet;
      }
      first = socket.firstByte();
    }
  }

  private void runSession(Backend started, StartupPacket packet, Output output)
      throws InterruptedException {
    boolean stoppedMeanwhile;
    synchronized (this) {
      backend = started;
      stoppedMeanwhile = stopping;
    }
    Thread.currentThread().setName("wire-client-" + started.pid());
    try {
      if (stoppedMeanwhile) {
        // stop() saw no backend
        started.terminate();
      }
      if (output.session == null) {
        carryInput(started, packet, output);
      } else {
        awaitEnd(started);
      }
    } finally {
      started.disconnect();
    }
  }

  /** Whether the client said something that long ago and has heard nothing since. */
  boolean waitsLongerThan(Duration time) {
    long since = unansweredSince;
    return since != 0 && System.nanoTime() - since > time.toNanos();
  }

  private void carryInput(Backend started, StartupPacket packet, Output output)
      throws InterruptedException {
    try {
      started.receive(packet.bytes(), 0, packet.bytes().length);
      byte[] buffer = new byte[32 * 1024];
      InputStream input = socket.sessionInput();
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        output.talked();
        started.receive(buffer, 0, count);
      }
    } catch (IOException reset) {
      LOG.debug("Connection to client {} lost: {}", started.pid(), reset.toString());
    } finally {
      started.disconnect();
      awaitEnd(started);
    }
  }

  private static void awaitEnd(Backend started) throws InterruptedException {
    while (!started.awaitEnd(END_CHECK)) {
      LOG.debug("Session {} still runs", started.pid());
    }
  }

  /** Called on the backend's thread, but for {@link #input} and {@link #abandon}. */
  private final class Output implements ClientOutput {
    private final StartupPacket packet;

    /** Not null if the backend's thread reads by itself. */
    private SessionChannel session;

    Output(StartupPacket packet) {
      this.packet = packet;
    }

    @Override
    public Optional<ClientInput> input() {
      session = socket.beginSession(packet).orElse(null);
      return Optional.ofNullable(session).map(from -> new Input(this, from));
    }

    private void talked() {
      // a consumer's feedback is never answered
      if (!packet.isReplication()) {
        unansweredSince = System.nanoTime() | 1; // never 0
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (session == null) {
        // whether that was all is not known here
        unansweredSince = 0;
        socket.output().write(bytes, offset, length);
      } else {
        talked();
        session.write(bytes, offset, length);
      }
    }

    @Override
    public int writeNow(byte[] bytes, int offset, int length) throws IOException {
      return session.writeNow(bytes, offset, length);
    }

    @Override
    public void abandon() {
      try {
        socket.abandonOutput();
      } catch (IOException e) {
        LOG.debug("A session's socket is closed already: {}", e.toString());
      }
    }

    /**
     * The client is given a moment to close first, because closing with unread input makes the
     * kernel throw away what the client has not read yet.
     */
    @Override
    public void end() {
      try {
        socket.endOutput();
        closer.schedule(
            Connection.this::closeNow, ClientSocket.GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (IOException | RejectedExecutionException e) {
        LOG.debug("A session's socket closes at once: {}", e.toString());
        closeNow();
      }
    }
  }

  /** Notes since when the backend has been at work for its client. */
  private final class Input implements ClientInput {
    private final Output output;
    private final SessionChannel session;

    Input(Output output, SessionChannel session) {
      this.output = output;
      this.session = session;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count = session.read(target, offset, length);
      if (count > 0) {
        output.talked();
      }
      return count;
    }

    @Override
    public void await(boolean toRead, boolean toWrite, long nanos) {
      unansweredSince = 0;
      session.await(toRead, toWrite, nanos);
    }

    @Override
    public void wakeUp() {
      session.wakeUp();
    }
  }

  private void refuse(ConnectionRefusedException refused) {
    LOG.info("Refused a client: {} {}", refused.sqlState(), refused.getMessage());
    try {
      socket.write(refused.errorResponse());
      socket.closeAfterGoodbye();
    } catch (IOException gone) {
      LOG.debug("Client went away before it was told: {}", gone.toString());
    }
  }

  private synchronized boolean isStopping() {
    return stopping;
  }
}
