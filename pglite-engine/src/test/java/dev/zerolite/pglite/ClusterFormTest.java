package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.host.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names, passwords and databases that a cluster is asked to have: prepared, and set up. */
@Timeout(240)
class ClusterFormTest {
  /** What {@code zerolite start} asks for. */
  private static final ClusterForm PREPARED =
      new ClusterForm("user", Optional.of("password"), List.of("zero_cvr", "zero_cdb"));

  private static Engine engine;

  @TempDir Path scratch;

  @BeforeAll
  static void load() {
    engine = Engine.load();
  }

  private static ClusterOptions withForm(ClusterOptions options, ClusterForm form) {
    return options
        .withSuperuser(form.superuser())
        .withPassword(form.password().orElseThrow())
        .withDatabases(form.databases());
  }

  private static List<List<String>> ask(Cluster cluster, String user, String database, String sql)
      throws Exception {
    try (SqlSession session =
        SqlSession.open(cluster, Map.of("user", user, "database", database))) {
      return session.query(sql);
    }
  }

  private static void assertForm(Cluster cluster, ClusterForm form) throws Exception {
    List<List<String>> superuser =
        ask(
            cluster,
            form.superuser(),
            "postgres",
            "SELECT rolname, rolpassword FROM pg_authid WHERE oid = 10");
    assertThat(superuser.get(0).get(0)).isEqualTo(form.superuser());
    assertThat(ScramVerifier.isOf(form.password().orElseThrow(), superuser.get(0).get(1))).isTrue();
    for (String database : form.databases()) {
      assertThat(ask(cluster, form.superuser(), database, "SELECT current_database()"))
          .containsExactly(List.of(database));
    }
    assertThat(ask(cluster, form.superuser(), "postgres", "SELECT rolname FROM pg_roles"))
        .doesNotContain(List.of("zerolite_rename"));
  }

  @Test
  void theDefaultOfTheCommandIsPrepared() {
    assertThat(PreparedCluster.in(engine, PREPARED).orElseThrow().form()).isEqualTo(PREPARED);
    ClusterForm other = new ClusterForm("user", Optional.of("other"), List.of());
    assertThat(PreparedCluster.in(engine, other).orElseThrow().form()).isEqualTo(ClusterForm.PLAIN);
  }

  @Test
  void aPreparedFormIsThereInMemory() throws Exception {
    try (Cluster cluster = Cluster.start(engine, withForm(ClusterOptions.inMemory(), PREPARED))) {
      assertForm(cluster, PREPARED);
    }
  }

  @Test
  void itIsSetUpWhereTheClusterHasToBoot() throws Exception {
    try (Cluster cluster =
        Cluster.start(
            engine,
            withForm(ClusterOptions.inMemory(), PREPARED).withSetting("max_connections", "20"))) {
      assertForm(cluster, PREPARED);
    }
  }

  @Test
  void aDirectoryKeepsItsFormAndTakesANewOne() throws Exception {
    Path directory = scratch.resolve("data");
    ClusterOptions onDisk = ClusterOptions.onDisk(directory).withSetting("fsync", "off");
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, PREPARED))) {
      assertForm(cluster, PREPARED);
    }
    // the second time the verifier is compared and remembered, the third time it is remembered
    for (int i = 0; i < 2; i++) {
      try (Cluster cluster = Cluster.start(engine, withForm(onDisk, PREPARED))) {
        assertForm(cluster, PREPARED);
      }
    }
    assertThat(Files.readString(directory.resolve("zerolite.superuser")))
        .startsWith("user\nSCRAM-SHA-256$");
    ClusterForm other = new ClusterForm("me", Optional.of("secret"), List.of("a \"b\""));
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, other))) {
      assertForm(cluster, other);
      ask(cluster, "me", "postgres", "ALTER ROLE me PASSWORD 'by hand'");
    }
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, other))) {
      assertForm(cluster, other);
    }
  }

  @Test
  void whatHasNotChangedIsNotAskedFor() throws Exception {
    Path directory = scratch.resolve("known");
    ClusterOptions onDisk = ClusterOptions.onDisk(directory).withSetting("fsync", "off");
    for (int i = 0; i < 2; i++) {
      Cluster.start(engine, withForm(onDisk, PREPARED)).close();
    }
    Path record = directory.resolve("zerolite.databases");
    assertThat(Files.readAllLines(record)).contains("zero_cvr", "zero_cdb", "postgres");

    // Believed, since pg_database's file is still the one that the record is about.
    Files.writeString(record, Files.readString(record) + "not there\n");
    ClusterForm another =
        new ClusterForm(PREPARED.superuser(), PREPARED.password(), List.of("not there"));
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, another))) {
      assertThat(ask(cluster, "user", "postgres", "SELECT datname FROM pg_database"))
          .doesNotContain(List.of("not there"));
      ask(cluster, "user", "postgres", "DROP DATABASE zero_cvr");
      ask(cluster, "user", "postgres", "ALTER ROLE \"user\" PASSWORD 'by hand'");
      ask(cluster, "user", "postgres", "VACUUM FULL pg_authid");
    }
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, another))) {
      assertForm(cluster, another);
    }
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, PREPARED))) {
      assertForm(cluster, PREPARED);
    }
  }

  @Test
  void nothingIsTakenForGrantedAfterACrash() throws Exception {
    Path directory = scratch.resolve("crashed");
    ClusterOptions onDisk = ClusterOptions.onDisk(directory).withSetting("fsync", "off");
    for (int i = 0; i < 2; i++) {
      Cluster.start(engine, withForm(onDisk, PREPARED)).close();
    }
    Path copy = scratch.resolve("copy");
    try (Cluster cluster = Cluster.start(engine, withForm(onDisk, PREPARED))) {
      ask(cluster, "user", "postgres", "ALTER ROLE \"user\" PASSWORD 'by hand'");
      copyTree(directory, copy); // the page with the old password is still on the disk
    }
    assertThat(copy.resolve("zerolite.databases")).exists();
    try (Cluster cluster =
        Cluster.start(
            engine, withForm(ClusterOptions.onDisk(copy).withSetting("fsync", "off"), PREPARED))) {
      assertForm(cluster, PREPARED);
    }
  }

  private static void copyTree(Path from, Path to) throws Exception {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (!file.endsWith("zerolite.lock")) {
          Files.copy(file, target);
        }
      }
    }
  }
}
