package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.ControlFile;
import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes what {@link PreparedCluster} reads, when the engine is built: starts a new cluster that
 * initdb has made, brings it into a form, lets a session into each database, and keeps the
 * postmaster before and after.
 */
public final class ClusterPreparation {
  private static final Duration SESSION_END = Duration.ofSeconds(30);

  /** Their catalogs are read once, which leaves pg_internal.init files and full buffers. */
  private static final List<String> DATABASES = List.of("template1", "postgres");

  /** initdb's --wal-segsize, and XLOG_BLCKSZ. */
  private static final int WAL_SEGMENT = 1 << 20;

  private static final int WAL_PAGE = 8 << 10;

  private final Engine engine;
  private final FileTree files;
  private final ClusterForm form;

  /** Its pids are never seen again: those of the clusters that are started begin anew. */
  private final AtomicInteger pids = new AtomicInteger(Cluster.FIRST_PID);

  private ClusterPreparation(Engine engine, FileTree files, ClusterForm form) {
    this.engine = engine;
    this.files = files;
    this.form = form;
  }

  /**
   * Makes the tree that {@link Engine#preparedCluster} reads.
   *
   * @param files with the new cluster in {@link Engine#DATA_DIRECTORY}
   * @param forms to be prepared besides the plain one
   * @throws IllegalStateException if the cluster does not start, or the thread is interrupted
   */
  public static FileTree run(Engine engine, FileTree files, List<ClusterForm> forms) {
    List<ClusterForm> all = new ArrayList<>(List.of(ClusterForm.PLAIN));
    all.addAll(forms);
    FileTree archive = new FileTree();
    for (int i = 0; i < all.size(); i++) {
      new ClusterPreparation(engine, files.copy(), all.get(i))
          .prepare(PreparedCluster.Target.number(i, archive));
    }
    return archive;
  }

  private void prepare(PreparedCluster.Target target) {
    try {
      bringIntoForm();
      dropWal();
      boolean plain = form.equals(ClusterForm.PLAIN);
      if (plain) {
        target.archive().graft(Engine.TEMPLATE, files, Engine.DATA_DIRECTORY);
      }
      Postmaster postmaster = postmaster(Map.of());
      try {
        keep(postmaster, target, plain);
      } finally {
        postmaster.abort();
      }
    } catch (BackendStartException | SqlSession.SqlException | InterruptedException e) {
      throw new IllegalStateException("the new cluster does not start: " + e.getMessage(), e);
    }
  }

  private Postmaster postmaster(Map<String, String> settings) {
    PostgresProgram program =
        new PostgresProgram(engine, files, settings, Set.of(), Authentication.TRUST, List.of());
    return new Postmaster("preparation", program, pids, crashed -> {});
  }

  /** The cluster's files are then as it was shut down. */
  private void bringIntoForm() throws BackendStartException, InterruptedException {
    Postmaster postmaster = postmaster(Map.of());
    try {
      postmaster.boot();
      new ClusterSetUp(postmaster::connect, form, Optional.empty(), true)
          .run(Optional.of(ClusterForm.PLAIN));
    } finally {
      postmaster.stop();
    }
  }

  /**
   * Leaves no more of the WAL than the page of the last checkpoint, which is all that a start reads
   * of it. Else there are several segments kept for reuse, 1 MB each.
   */
  private void dropWal() {
    byte[] control = controlFile();
    long checkpoint = ControlFile.checkpoint(control);
    String current = ControlFile.walFile(control);
    Directory wal = files.directory(Engine.DATA_DIRECTORY + "/pg_wal");
    for (String name : wal.names()) {
      if (wal.entry(name) instanceof RegularFile && !name.equals(current)) {
        files.remove(wal.entry(name).path());
      }
    }
    RegularFile segment = (RegularFile) wal.entry(current);
    // The record may reach into the next page.
    segment.truncate((checkpoint % WAL_SEGMENT / WAL_PAGE + 2) * WAL_PAGE);
    segment.truncate(WAL_SEGMENT);
  }

  private byte[] controlFile() {
    return files.readFile(Engine.DATA_DIRECTORY + "/" + ControlFile.PATH);
  }

  private void keep(Postmaster postmaster, PreparedCluster.Target target, boolean plain)
      throws BackendStartException, InterruptedException, SqlSession.SqlException {
    postmaster.bootImage(postmaster.image()::boot);
    byte[] control = controlFile();
    PreparedCluster.Moment before = postmaster.moment();
    if (plain) {
      target.putBeforeRecovery(before);
    }
    int controlFile =
        placeOf(Arrays.copyOf(control, ControlFile.length(control)), before.shared())
            + LinearMemory.SHARED_BASE;
    postmaster.recover();
    List<String> databases = new ArrayList<>(form.databases());
    databases.addAll(DATABASES);
    for (String database : databases) {
      try (SqlSession session = session(postmaster, database)) {
        session.query("SELECT 1");
        end(session);
      }
    }
    int startTime;
    int reloadTime;
    Set<String> fixed = new LinkedHashSet<>();
    try (SqlSession session = session(postmaster, "postgres")) {
      startTime = placeOf(time(session, "pg_postmaster_start_time()"), before.process().memory());
      reloadTime = placeOf(time(session, "pg_conf_load_time()"), before.process().memory());
      session
          .query("SELECT lower(name) FROM pg_settings WHERE context IN ('internal', 'postmaster')")
          .forEach(row -> fixed.add(row.get(0)));
      end(session);
    }
    PreparedCluster.Moment production = postmaster.moment();
    target.putInProduction(production, files);
    List<Integer> systemIdentifiers =
        placesOf(Arrays.copyOf(control, Long.BYTES), production.shared()).stream()
            .map(index -> index + LinearMemory.SHARED_BASE)
            .toList();
    Map<String, String> settings = new LinkedHashMap<>(PostgresProgram.withDefaults(Map.of()));
    settings.keySet().removeAll(PostgresProgram.BY_HEAP);
    target.putProperties(
        form,
        new PreparedCluster.Places(startTime, reloadTime, controlFile, systemIdentifiers),
        settings,
        fixed);
  }

  private SqlSession session(Postmaster postmaster, String database)
      throws BackendStartException, InterruptedException {
    return SqlSession.open(
        postmaster::connect, Map.of("user", form.superuser(), "database", database));
  }

  /** Nobody may be left in shared memory. */
  private static void end(SqlSession session) throws InterruptedException {
    session.close();
    if (!session.backend().awaitEnd(SESSION_END)) {
      throw new IllegalStateException("a session does not end");
    }
  }

  private static byte[] time(SqlSession session, String function)
      throws InterruptedException, SqlSession.SqlException {
    String micros =
        session
            .query(
                "SELECT (extract(epoch FROM %s - '2000-01-01 00:00:00+00') * 1000000)::bigint"
                    .formatted(function))
            .get(0)
            .get(0);
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return bytes.putLong(Long.parseLong(micros)).array();
  }

  private static int placeOf(byte[] wanted, byte[] memory) {
    List<Integer> found = placesOf(wanted, memory);
    if (found.size() != 1) {
      throw new IllegalStateException("a variable's value is not in one place but in " + found);
    }
    return found.get(0);
  }

  private static List<Integer> placesOf(byte[] wanted, byte[] memory) {
    List<Integer> found = new ArrayList<>();
    for (int at = 0; at + wanted.length <= memory.length; at += Integer.BYTES) {
      if (Arrays.equals(memory, at, at + wanted.length, wanted, 0, wanted.length)) {
        found.add(at);
      }
    }
    return found;
  }
}
