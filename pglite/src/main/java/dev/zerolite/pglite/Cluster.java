package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.ClusterIdentity;
import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.directory.DataDirectoryException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL cluster: databases, and sessions on them. Thread-safe.
 *
 * <p>When a backend crashes, all sessions end with 57P02 and the cluster recovers from its WAL by
 * itself, as under a real postmaster: what was committed is there again.
 *
 * <p>A cluster on disk is a PGDATA directory, locked for this process while the cluster runs. It
 * may be killed at any moment; the next start recovers from the WAL.
 */
public final class Cluster implements BackendStarter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /**
   * The first backend's pid; what follows counts up. Clear of 1 and of emscripten's getpid(), 42.
   */
  static final int FIRST_PID = 100;

  // SQLSTATEs of PostgreSQL's errcodes.txt.
  private static final String OUT_OF_MEMORY = "53200";

  private static final String DISK_FULL = "53100";

  /** A cluster that crashes more often than this within a minute stays down. */
  private static final int MOST_CRASHES_PER_MINUTE = 5;

  /**
   * What a cluster on disk asks of the machine.
   *
   * @param room how many bytes there is room for at a path
   * @param watch how often to look whether the directory is still there
   */
  record Disk(DataDirectory.Room room, Duration watch) {
    /** A postmaster looks for its lock file once a minute; a directory is seldom removed. */
    static final Disk REAL = new Disk(DataDirectory::usableBytes, Duration.ofSeconds(10));
  }

  /** Where a cluster on disk differs: it need not save heap, and a device can be forced. */
  private static final Map<String, String> DISK_SETTINGS =
      Map.of("fsync", "on", "temp_file_limit", "-1", "max_slot_wal_keep_size", "4GB");

  private final Engine engine;
  private final ClusterOptions options;

  /** What a new cluster goes on with; nothing for one that was there before. */
  private final Optional<PreparedCluster> fresh;

  private final Optional<DataDirectory> directory;
  private final Optional<DirectoryWatch> watch;
  private final CompletableFuture<String> failure = new CompletableFuture<>();
  private final ScarceMemory memory = new ScarceMemory();
  private final PostgresProgram program;
  private final AtomicInteger pids = new AtomicInteger(FIRST_PID);
  private volatile Postmaster postmaster;
  private volatile boolean closing;

  /** The one whose crash is to be recovered from; null while there is none that has booted. */
  private Postmaster serving; // guarded by this

  private Thread recovery;
  private long crashesSince;
  private int crashes;

  private Cluster(
      Engine engine,
      ClusterOptions options,
      Optional<PreparedCluster> fresh,
      FileTree files,
      Optional<DataDirectory> directory,
      Disk disk) {
    this.engine = engine;
    this.options = options;
    this.directory = directory;
    this.fresh = fresh;
    this.program =
        new PostgresProgram(
            engine,
            files,
            settings(options),
            options.settings().keySet(),
            options.authentication(),
            options.functions());
    this.postmaster = newPostmaster();
    this.watch =
        directory.map(
            d -> new DirectoryWatch(options.name(), d, disk.watch(), () -> lost(d.path())));
  }

  private static Map<String, String> settings(ClusterOptions options) {
    Map<String, String> settings = new LinkedHashMap<>();
    if (options.dataDirectory().isPresent()) {
      settings.putAll(DISK_SETTINGS);
    }
    settings.putAll(options.settings());
    return settings;
  }

  private Postmaster newPostmaster() {
    return new Postmaster(options.name(), program, pids, this::recoverFrom);
  }

  /**
   * Starts a cluster: from the template, or from what is in its directory.
   *
   * @throws BackendStartException if PostgreSQL does not start, or the directory cannot be used;
   *     the message says why
   */
  public static Cluster start(Engine engine, ClusterOptions options)
      throws BackendStartException, InterruptedException {
    return start(engine, options, Disk.REAL);
  }

  static Cluster start(Engine engine, ClusterOptions options, Disk disk)
      throws BackendStartException, InterruptedException {
    Optional<PreparedCluster> prepared =
        PreparedCluster.in(engine, options.form())
            .filter(p -> p.suits(PostgresProgram.withDefaults(settings(options))));
    String template = prepared.map(PreparedCluster::runningFiles).orElse(Engine.TEMPLATE);
    Optional<DataDirectory> directory = openDirectory(engine, options, template, disk);
    boolean isNew = directory.map(DataDirectory::isFresh).orElse(true);
    FileTree files = directory.map(DataDirectory::tree).orElseGet(() -> newFiles(engine, template));
    Cluster cluster = null;
    try {
      cluster = new Cluster(engine, options, prepared.filter(p -> isNew), files, directory, disk);
    } finally {
      if (cluster == null) {
        directory.ifPresent(DataDirectory::close);
      }
    }
    Optional<ClusterForm> known =
        isNew
            ? Optional.of(prepared.map(PreparedCluster::form).orElse(ClusterForm.PLAIN))
            : Optional.empty();
    ClusterSetUp setUp = cluster.setUp();
    return cluster.start(
        () -> {
          if (!isNew) {
            setUp.begin();
          }
        },
        () -> setUp.run(known));
  }

  private static FileTree newFiles(Engine engine, String template) {
    FileTree files = engine.newFileTree(template);
    ClusterIdentity.renew(files, Engine.DATA_DIRECTORY);
    return files;
  }

  /**
   * Starts another cluster with what is committed in this one now, independent of it from then on.
   * Files share their bytes until one of the two changes them. As after a crash, unlogged tables
   * are empty in the copy. As of any copied cluster, the system identifier is the original's.
   *
   * @param name for the copy's thread names and the log; the other options are this cluster's
   * @throws BackendStartException if this cluster is on disk, does not answer, or the copy does not
   *     start
   */
  public Cluster copy(String name) throws BackendStartException, InterruptedException {
    if (directory.isPresent()) {
      throw new BackendStartException(
          "0A000",
          "a cluster on disk cannot be copied while it runs; stop it and copy its directory");
    }
    // what recovery would have to do in each copy
    try (SqlSession session = setUp().open()) {
      session.query("CHECKPOINT");
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    } catch (IllegalStateException e) {
      throw shuttingDown();
    }
    FileTree files = engine.newFileTreeWithoutCluster();
    try {
      postmaster.copyFiles(files);
    } catch (BackendAborted e) {
      throw shuttingDown();
    }
    Cluster copy =
        new Cluster(
            engine, options.withName(name), Optional.empty(), files, Optional.empty(), Disk.REAL);
    return copy.start(() -> {}, () -> {});
  }

  private static BackendStartException shuttingDown() {
    return new BackendStartException("57P03", "the cluster to be copied is shutting down");
  }

  private ClusterSetUp setUp() {
    boolean synced = directory.isPresent() && !isOff(settings(options).get("fsync"));
    return new ClusterSetUp(this, options.form(), directory, !synced);
  }

  /** What is left to do when PostgreSQL answers. */
  private interface SetUp {
    void run() throws BackendStartException, InterruptedException;
  }

  private Cluster start(Runnable before, SetUp setUp)
      throws BackendStartException, InterruptedException {
    boolean started = false;
    try {
      before.run();
      if (fresh.isPresent()) {
        postmaster.resume(fresh.get());
      } else {
        postmaster.boot();
      }
      setUp.run();
      completeDirectory();
      serve(postmaster);
      watch.ifPresent(DirectoryWatch::start);
      started = true;
    } catch (BackendStartException e) {
      throw postmaster.ranOutOfMemory() ? noMemory() : withDirectory(e);
    } catch (OutOfMemoryError e) {
      throw noMemory();
    } finally {
      if (!started) {
        close();
      }
    }
    return this;
  }

  /** The directory by its real name, and what to do if what is in it does not do. */
  private BackendStartException withDirectory(BackendStartException e) {
    if (directory.isEmpty()) {
      return e;
    }
    String path = directory.get().path().toString();
    String message = e.getMessage().replace(Engine.DATA_DIRECTORY, path);
    if (!postmaster.hasReadSettings()) {
      return new BackendStartException(
          e.sqlState(),
          "%s. Correct the setting, in %s/postgresql.conf or, if ALTER SYSTEM has made it, postgresql.auto.conf unless it was given at the start; nothing else there was touched."
              .formatted(message.replaceFirst("\\.$", ""), path));
    }
    if (e.sqlState().equals(DISK_FULL)) {
      return new BackendStartException(
          DISK_FULL,
          "No space is left for %s: %s. Free some, or use another directory."
              .formatted(path, message));
    }
    boolean damaged =
        List.of("58", "XX").contains(e.sqlState().substring(0, 2))
            || List.of("3D000", "22023").contains(e.sqlState()) && message.contains("\"base/");
    return new BackendStartException(
        e.sqlState(),
        damaged && !message.contains(path)
            ? "The database in %s does not start: %s. Restore the directory from a copy, or remove it to begin with a new database."
                .formatted(path, message.replaceFirst("\\.$", ""))
            : message);
  }

  private static BackendStartException noMemory() {
    return new BackendStartException(
        OUT_OF_MEMORY,
        "there is not enough memory to start PostgreSQL: give the JVM a bigger heap (-Xmx, now %d MB)"
            .formatted(Runtime.getRuntime().maxMemory() >> 20));
  }

  private static Optional<DataDirectory> openDirectory(
      Engine engine, ClusterOptions options, String template, Disk disk)
      throws BackendStartException {
    if (options.dataDirectory().isEmpty()) {
      return Optional.empty();
    }
    boolean forced = !isOff(settings(options).get("fsync"));
    try {
      return Optional.of(
          DataDirectory.open(options.dataDirectory().get(), engine, template, forced, disk.room()));
    } catch (DataDirectoryException e) {
      throw startException(e);
    }
  }

  /** What parse_bool() (bool.c) takes for false. */
  private static boolean isOff(String value) {
    return List.of("off", "false", "no", "0").contains(value.toLowerCase(java.util.Locale.ROOT));
  }

  private void completeDirectory() throws BackendStartException {
    try {
      if (directory.isPresent() && directory.get().isFresh()) {
        directory.get().complete();
      }
    } catch (DataDirectoryException e) {
      throw startException(e);
    }
  }

  static BackendStartException startException(DataDirectoryException e) {
    return new BackendStartException(e.sqlState(), e.getMessage());
  }

  /** Completed with the reason if the cluster goes down for good before it is closed. */
  public CompletableFuture<String> failure() {
    return failure.copy();
  }

  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    return postmaster.connect(client, output);
  }

  private synchronized void serve(Postmaster booted) {
    postmaster = booted;
    serving = booted;
    if (booted.hasCrashed()) {
      recoverFrom(booted); // between boot and now
    }
  }

  /**
   * Called on the crashed backend's thread, which must end before its cluster can come back; again
   * if it failed.
   */
  private synchronized void recoverFrom(Postmaster crashed) {
    if (closing || crashed != serving) {
      return; // while it boots, whoever boots it is told
    }
    ScarceMemory.Work<BackendStartException> work = () -> bootAfter(crashed);
    Thread thread =
        new Thread(() -> recover(work, crashed.crashReason()), "pglite-recovery-" + options.name());
    thread.setDaemon(true);
    thread.start();
    recovery = thread;
    serving = null;
  }

  private void recover(ScarceMemory.Work<BackendStartException> work, String reason) {
    long begun = System.nanoTime();
    try {
      if (crashesTooOften(begun)) {
        fail(
            "PostgreSQL crashed %d times within a minute, and stays down; the last time: %s"
                .formatted(crashes, reason));
        return;
      }
      memory.insistOn(work);
      if (!failure.isDone()) {
        LOG.warn(
            "the cluster has recovered after {} ms",
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
      }
    } catch (BackendStartException e) {
      fail("PostgreSQL crashed and does not start again: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      LOG.error("the cluster cannot recover", e);
      fail("PostgreSQL crashed and does not start again: " + e);
    } catch (InterruptedException e) {
      LOG.debug("closed while it recovered");
    }
  }

  private synchronized boolean crashesTooOften(long now) {
    if (crashes == 0 || now - crashesSince > TimeUnit.MINUTES.toNanos(1)) {
      crashesSince = now;
      crashes = 0;
    }
    return ++crashes > MOST_CRASHES_PER_MINUTE;
  }

  private void bootAfter(Postmaster crashed) throws BackendStartException, InterruptedException {
    if (!crashed.awaitEndAfterCrash()) {
      fail("PostgreSQL crashed, and a backend does not end; it stays down");
      return;
    }
    Postmaster next = newPostmaster();
    boolean booted = false;
    try {
      next.boot();
      serve(next);
      booted = true;
    } catch (BackendStartException e) {
      if (next.ranOutOfMemory() || e.sqlState().equals(OUT_OF_MEMORY)) {
        throw new OutOfMemoryError(e.getMessage());
      }
      throw e;
    } finally {
      if (!booted) {
        next.abort();
      }
    }
  }

  private void fail(String reason) {
    LOG.error("{}", reason);
    failure.complete(reason);
  }

  /** Nothing may be written any more, least of all a checkpoint. */
  private void lost(Path path) {
    closing = true;
    postmaster.abort();
    fail(
        "%s is gone, or has been replaced, while PostgreSQL worked in it; PostgreSQL has stopped. Stop it before you remove or move its directory."
            .formatted(path));
  }

  /**
   * Ends every session as a fast shutdown does and waits for them, bounded; a cluster on disk then
   * writes its shutdown checkpoint and gives up its directory.
   */
  @Override
  public void close() {
    watch.ifPresent(DirectoryWatch::close);
    Thread recovering;
    synchronized (this) {
      closing = true;
      recovering = recovery;
    }
    if (recovering != null) {
      recovering.interrupt();
      try {
        recovering.join(TimeUnit.SECONDS.toMillis(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (failure.isDone() ? postmaster.abort() : postmaster.stop()) {
      directory.ifPresent(DataDirectory::close);
    } else if (directory.isPresent()) {
      LOG.warn("{} stays locked: a backend still runs", directory.get().path());
    }
  }
}
