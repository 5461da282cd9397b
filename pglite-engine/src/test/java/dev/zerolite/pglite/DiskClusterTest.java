package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that keeps its files on disk: made, opened again, refused. */
@Timeout(240)
class DiskClusterTest {
  private static Engine engine;

  @TempDir static Path shared;
  @TempDir Path scratch;

  @BeforeAll
  static void makeOneCluster() throws Exception {
    engine = Engine.load();
    Cluster.start(engine, ClusterOptions.onDisk(shared.resolve("made"))).close();
  }

  /** Copies that cluster to where this test has its own. */
  private void copyCluster() throws IOException {
    Path from = shared.resolve("made");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = directory().resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private Path directory() {
    return scratch.resolve("a/data");
  }

  private ClusterOptions options() {
    return ClusterOptions.onDisk(directory());
  }

  private static BackendStartException refusal(ClusterOptions options) {
    return catchThrowableOfType(
        BackendStartException.class, () -> Cluster.start(engine, options).close());
  }

  private static List<String> names(Path directory) throws Exception {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aClusterIsThereAgainAfterACleanStop() throws Exception {
    try (Cluster cluster = Cluster.start(engine, options().withSuperuser("me"));
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open("user", "me");
      assertThat(sql.run("SHOW fsync")).isEqualTo("on");
      assertThat(sql.run("SHOW wal_sync_method")).isEqualTo("fdatasync");
      sql.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
      sql.run("INSERT INTO t SELECT i, repeat('x', i % 100) FROM generate_series(1, 10000) i");
      sql.run("CREATE DATABASE other");
      sql.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    }
    assertThat(names(directory())).contains("PG_VERSION", "base").doesNotContain("postmaster.pid");
    byte[] control = Files.readAllBytes(directory().resolve("global/pg_control"));
    assertThat(control[16]).as("ControlFileData.state: DB_SHUTDOWNED").isEqualTo((byte) 1);
    try (Cluster cluster = Cluster.start(engine, options().withSuperuser("me"));
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open("user", "me");
      assertThat(sql.run("SELECT count(*), sum(length(v)) FROM t")).isEqualTo("10000|495000");
      assertThat(sql.run("SELECT count(*) FROM t WHERE id BETWEEN 10 AND 19")).isEqualTo("10");
      assertThat(sessions.open("user", "me", "database", "other").run("SELECT 1")).isEqualTo("1");
      assertThat(sql.run("SELECT slot_name, wal_status FROM pg_replication_slots"))
          .isEqualTo("s|reserved");
    }
    try (Cluster cluster = Cluster.start(engine, options().withSuperuser("you"));
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open("user", "you");
      assertThat(sql.run("SELECT current_user, count(*) FROM t")).isEqualTo("you|10000");
    }
  }

  @Test
  void withoutFsyncADatabaseIsStillKept() throws Exception {
    copyCluster();
    ClusterOptions relaxed = options().withSetting("fsync", "off");
    try (Cluster cluster = Cluster.start(engine, relaxed);
        TestSessions sessions = new TestSessions(cluster)) {
      sessions.open().run("CREATE TABLE t AS SELECT 1 AS one");
    }
    try (Cluster cluster = Cluster.start(engine, relaxed);
        TestSessions sessions = new TestSessions(cluster)) {
      assertThat(sessions.open().run("SELECT one FROM t")).isEqualTo("1");
    }
  }

  @Test
  void aSecondClusterOnTheDirectoryIsRefused() throws Exception {
    copyCluster();
    try (Cluster cluster = Cluster.start(engine, options());
        TestSessions sessions = new TestSessions(cluster)) {
      BackendStartException second = refusal(options());
      assertThat(second.sqlState()).isEqualTo("F0001");
      assertThat(second)
          .hasMessageContaining(directory().toString())
          .hasMessageContaining("another cluster of this process");
      BackendStartException other = OtherProcess.refusal(directory());
      assertThat(other.sqlState()).isEqualTo("F0001");
      assertThat(other)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " (since ");
      assertThat(sessions.open().run("SELECT 1")).isEqualTo("1");
    }
    Cluster.start(engine, options()).close();
  }

  @Test
  void anInterruptedFirstStartIsBegunAgain() throws Exception {
    copyCluster();
    Files.delete(directory().resolve("base/1/1259"));
    Files.writeString(directory().resolve("zerolite.incomplete"), "");
    try (Cluster cluster = Cluster.start(engine, options());
        TestSessions sessions = new TestSessions(cluster)) {
      assertThat(sessions.open("database", "template1").run("SELECT 1")).isEqualTo("1");
    }
    assertThat(names(directory())).doesNotContain("zerolite.incomplete");
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws Exception {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("letter.txt"), "dear");
    BackendStartException refused = refusal(options());
    assertThat(refused).hasMessageContaining("holds files that are no database");
    assertThat(names(directory())).containsExactly("letter.txt");

    Path file = directory().resolve("letter.txt");
    assertThat(refusal(ClusterOptions.onDisk(file))).hasMessageContaining("is no directory");
    assertThat(Files.readString(file)).isEqualTo("dear");
  }

  @Test
  void anotherMajorIsRefusedWithAWayOut() throws Exception {
    copyCluster();
    Files.writeString(directory().resolve("PG_VERSION"), "17\n");
    assertThat(refusal(options()))
        .hasMessageContaining("holds a database of PostgreSQL 17, and this is PostgreSQL 18")
        .hasMessageContaining("pg_dumpall");
  }

  @Test
  void anotherBuildIsRefusedWithAWayOut() throws Exception {
    copyCluster();
    Path control = directory().resolve("global/pg_control");
    byte[] bytes = Files.readAllBytes(control);
    bytes[12]++; // catalog_version_no
    Files.write(control, bytes);
    Files.delete(directory().resolve("zerolite.lock"));
    assertThat(refusal(options())).hasMessageContaining("another build of PostgreSQL 18");
    assertThat(names(directory())).doesNotContain("zerolite.lock");
  }

  @Test
  void aTruncatedDirectoryIsCalledDamaged() throws Exception {
    copyCluster();
    Path control = directory().resolve("global/pg_control");
    Files.write(control, new byte[100]);
    assertThat(refusal(options())).hasMessageContaining("damaged: global/pg_control");
    Files.delete(control);
    assertThat(refusal(options()))
        .hasMessageContaining("damaged: files are missing")
        .hasMessageContaining("Restore");
  }

  @Test
  void aDirectoryWithHolesIsCalledDamagedAndNotTouched() throws Exception {
    copyCluster();
    Path control = directory().resolve("global/pg_control");
    byte[] bytes = Files.readAllBytes(control);
    byte[] changed = bytes.clone();
    changed[60]++; // in checkPointCopy
    Files.write(control, changed);
    assertThat(refusal(options())).hasMessageContaining("global/pg_control has a wrong checksum");
    Files.write(control, bytes);

    Path wal = directory().resolve("pg_wal");
    for (String name : names(wal)) {
      if (Files.isRegularFile(wal.resolve(name))) {
        Files.move(wal.resolve(name), scratch.resolve(name));
      }
    }
    assertThat(refusal(options()))
        .hasMessageMatching(".*damaged: pg_wal/[0-9A-F]{24} is missing.*Restore.*");
    Files.move(directory().resolve("pg_xact"), scratch.resolve("pg_xact"));
    assertThat(refusal(options()))
        .hasMessageContaining("damaged: the directory pg_xact is missing");
    assertThat(names(directory().resolve("base/5"))).contains("pg_internal.init");
    Files.move(scratch.resolve("pg_xact"), directory().resolve("pg_xact"));
    Files.delete(directory().resolve("postgresql.conf"));
    assertThat(refusal(options())).hasMessageContaining("damaged: postgresql.conf is missing");
  }

  @Test
  void aDirectoryWithoutItsFirstCatalogsIsCalledDamagedAndNotTouched() throws Exception {
    copyCluster();
    for (String name :
        List.of(
            "PG_VERSION",
            "global/pg_filenode.map",
            "global/1260",
            "base/5/1259",
            "base/1/PG_VERSION",
            "base/4/1249")) {
      Path file = directory().resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      assertThat(refusal(options()))
          .hasMessageMatching(
              ".* is damaged: " + name + " is missing. Nothing there was touched.*");
      Files.write(file, new byte[] {(byte) 0xff});
      assertThat(refusal(options())).hasMessageContaining(" is damaged: ");
      Files.write(file, bytes);
    }
    Cluster.start(engine, options()).close();
  }

  @Test
  void aTablespaceInMemoryIsRefused() throws Exception {
    copyCluster();
    try (Cluster cluster = Cluster.start(engine, options());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThat(sql.run("CREATE TABLESPACE t LOCATION '/tmp'"))
            .startsWith("!42501 could not create directory \"/tmp/PG_18_");
      }
    }
    try (Cluster cluster = Cluster.start(engine, ClusterOptions.inMemory());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      assertThat(sql.run("CREATE TABLESPACE t LOCATION '/tmp'")).isEmpty();
      assertThat(sql.run("CREATE TABLE a TABLESPACE t AS SELECT 1 AS b")).isEmpty();
      assertThat(sql.run("SELECT b FROM a")).isEqualTo("1");
    }
  }

  @Test
  void aDatabaseWithoutFilesIsCalledDamaged() throws Exception {
    copyCluster();
    Files.move(directory().resolve("base/5"), scratch.resolve("5"));
    assertThat(refusal(options()))
        .hasMessageContaining("The database subdirectory \"base/5\" is missing. Restore");
  }

  @Test
  void whatKilledSessionsHadPutAsideIsRemoved() throws Exception {
    copyCluster();
    Path base = directory().resolve("base");
    Path shared = base.resolve("pgsql_tmp/pgsql_tmp7.0.fileset");
    Files.createDirectories(shared);
    List<Path> left =
        List.of(
            shared.resolve("i1of2.p0.0"),
            base.resolve("pgsql_tmp/pgsql_tmp113.0"),
            base.resolve("5/t2_24581"),
            base.resolve("5/t12_24581_fsm"),
            base.resolve("5/t2_24581.1"));
    for (Path file : left) {
      Files.writeString(file, "left behind");
    }
    Path other = Files.writeString(base.resolve("5/t2_x"), "not PostgreSQL's");
    Cluster.start(engine, options()).close();
    assertThat(left).noneMatch(Files::exists);
    assertThat(shared).doesNotExist();
    assertThat(other).exists();
  }

  @Test
  void theWalMayBeElsewhereBehindALink() throws Exception {
    copyCluster();
    Path wal = directory().resolve("pg_wal");
    Files.move(wal, scratch.resolve("wal"));
    Files.createSymbolicLink(wal, scratch.resolve("wal"));
    Files.createSymbolicLink(directory().resolve("up"), directory());
    for (int i = 0; i < 2; i++) {
      try (Cluster cluster = Cluster.start(engine, options());
          TestSessions sessions = new TestSessions(cluster)) {
        TestSession sql = sessions.open();
        sql.run("CREATE TABLE IF NOT EXISTS t AS SELECT generate_series(1, 50000) AS a");
        assertThat(sql.run("SELECT count(*) FROM t")).isEqualTo("50000");
      }
    }
    assertThat(wal).isSymbolicLink();
  }

  @Test
  void aLinkToNowhereIsNoDirectory() throws Exception {
    Path link = Files.createSymbolicLink(scratch.resolve("link"), scratch.resolve("nowhere"));
    assertThat(refusal(ClusterOptions.onDisk(link))).hasMessageContaining("is no directory");
  }

  @Test
  void aMistakeInTheConfigurationIsToldWithItsLine() throws Exception {
    copyCluster();
    Path file = directory().resolve("postgresql.conf");
    Files.writeString(file, Files.readString(file) + "nonsense = 1\n");
    assertThat(refusal(options()))
        .hasMessageContaining("\"nonsense\"")
        .hasMessageContaining(file + "\" line ");
  }

  @Test
  void aDirectoryInPlaceOfAConfigurationFileIsNamed() throws Exception {
    copyCluster();
    Path file = directory().resolve("postgresql.auto.conf");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(refusal(options()))
        .hasMessageContaining("postgresql.auto.conf\" line 1; it may be a directory");
  }

  @Test
  void whatAlterSystemSaysHoldsAfterARestart() throws Exception {
    copyCluster();
    Path file = directory().resolve("postgresql.auto.conf");
    Files.writeString(
        file,
        "max_connections = '60'\nmax_wal_size = '96MB'\narchive_mode = 'on'\nwork_mem = '5MB'\n");
    try (Cluster cluster = Cluster.start(engine, options().withSetting("work_mem", "6MB"));
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      assertThat(sql.run("SHOW max_connections")).isEqualTo("60");
      assertThat(sql.run("SHOW max_wal_size")).isEqualTo("96MB");
      assertThat(sql.run("SHOW archive_mode")).isEqualTo("off");
      assertThat(sql.run("SHOW work_mem")).isEqualTo("6MB");
    }
    Files.writeString(file, "shared_preload_libraries = 'nosuch'\n");
    assertThat(refusal(options()))
        .hasMessageContaining("could not access file \"nosuch\"")
        .hasMessageContaining("postgresql.auto.conf")
        .hasMessageNotContaining("remove");
    Files.writeString(file, "io_method = 'io_uring'\n");
    assertThat(refusal(options()))
        .hasMessageContaining("invalid value for parameter \"io_method\"")
        .hasMessageContaining("Available values: sync, worker");
    Files.writeString(file, "shared_buffers = '3GB'\n");
    assertThat(refusal(options()))
        .hasMessageContaining("shared_buffers = 3GB is too much")
        .hasMessageContaining("postgresql.auto.conf");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() {
    // Nobody, not even root, makes directories there.
    Path place = Path.of("/proc/zerolite-data");
    assertThat(refusal(ClusterOptions.onDisk(place))).hasMessageContaining(place.toString());
  }

  @Test
  void aDirectoryThatVanishesStopsTheCluster() throws Exception {
    copyCluster();
    Cluster.Disk disk = new Cluster.Disk(DataDirectory::usableBytes, Duration.ofMillis(200));
    try (Cluster cluster = Cluster.start(engine, options(), disk);
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      Files.move(directory(), scratch.resolve("elsewhere"));
      assertThat(cluster.failure().get(60, TimeUnit.SECONDS))
          .contains(directory().toString())
          .contains("is gone");
      assertThat(sql.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
    }
    assertThat(Files.exists(directory())).isFalse();
    try (Cluster cluster =
        Cluster.start(engine, ClusterOptions.onDisk(scratch.resolve("elsewhere")))) {
      assertThat(cluster.failure()).isNotDone();
    }
  }

  /** Another JVM that tries to open a directory. */
  static final class OtherProcess {
    public static void main(String[] arguments) throws Exception {
      try {
        Cluster.start(Engine.load(), ClusterOptions.onDisk(Path.of(arguments[0]))).close();
        System.out.println("opened");
      } catch (BackendStartException e) {
        System.out.println(e.sqlState() + " " + e.getMessage());
      }
      System.exit(0);
    }

    static BackendStartException refusal(Path directory) throws Exception {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx512m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  OtherProcess.class.getName(),
                  directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String answer = new String(process.getInputStream().readAllBytes()).strip();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(answer).contains(" ");
      return new BackendStartException(answer.substring(0, 5), answer.substring(6));
    }
  }
}
