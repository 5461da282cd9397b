package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every new cluster has a system identifier and a nonce of its own, and keeps them. */
@Timeout(120)
class ClusterIdentityTest {
  private static Engine engine;

  @TempDir Path scratch;

  @BeforeAll
  static void load() {
    engine = Engine.load();
  }

  /**
   * @param file what pg_control says; its checksum is verified by the function that reads it
   * @param memory what the processes go by
   * @param nonce mock_authentication_nonce, which ends 7 bytes before the struct
   */
  private record Identity(String file, String memory, String nonce) {
    static Identity of(Cluster cluster) throws Exception {
      try (TestSessions sessions = new TestSessions(cluster)) {
        TestSession sql = sessions.open();
        String bytes = sql.run("SELECT encode(pg_read_binary_file('global/pg_control'), 'hex')");
        int end = (bytes.replaceFirst("0*$", "").length() + 7) / 8 * 8;
        Identity identity =
            new Identity(
                sql.run("SELECT system_identifier FROM pg_control_system()"),
                sessions
                    .open("replication", "database")
                    .run("IDENTIFY_SYSTEM")
                    .replaceFirst("\\|.*", ""),
                bytes.substring(end - 2 * 39, end - 2 * 7));
        assertThat(identity.memory()).matches("\\d{15,}").isEqualTo(identity.file());
        return identity;
      }
    }
  }

  @Test
  void newClustersAreToldApartAndCopiesAreNot() throws Exception {
    try (Cluster one = Cluster.start(engine, ClusterOptions.inMemory());
        Cluster other = Cluster.start(engine, ClusterOptions.inMemory());
        // needs a restart, so nothing of it is prepared
        Cluster booted =
            Cluster.start(engine, ClusterOptions.inMemory().withSetting("max_connections", "20"));
        Cluster copy = one.copy("copy")) {
      Identity identity = Identity.of(one);
      assertThat(Identity.of(copy)).isEqualTo(identity);
      List<Identity> all = List.of(identity, Identity.of(other), Identity.of(booted));
      assertThat(all).extracting(Identity::file).doesNotHaveDuplicates();
      assertThat(all).extracting(Identity::nonce).doesNotHaveDuplicates();
    }
  }

  @Test
  void aDirectoryKeepsItsIdentityThroughRecovery() throws Exception {
    ClusterOptions options = ClusterOptions.onDisk(scratch.resolve("data"));
    Identity made;
    try (Cluster cluster = Cluster.start(engine, options);
        TestSessions sessions = new TestSessions(cluster)) {
      made = Identity.of(cluster);
      TestSession sql = sessions.open();
      sql.run("CREATE TABLE t (v text)");
      for (int segment = 0; segment < 3; segment++) {
        sql.run("INSERT INTO t SELECT repeat('x', 100)");
        sql.run("SELECT pg_switch_wal()");
      }
      sql.run("INSERT INTO t SELECT repeat('x', 100)");
      // every page of the WAL is read again
      CrashTest.Fault.WILD_POINTER.strike(cluster);
      assertThat(CrashTest.openWhenRecovered(sessions).run("SELECT count(*) FROM t"))
          .isEqualTo("4");
      assertThat(Identity.of(cluster)).isEqualTo(made);
    }
    try (Cluster cluster = Cluster.start(engine, options)) {
      assertThat(Identity.of(cluster)).isEqualTo(made);
    }
    try (Cluster other = Cluster.start(engine, ClusterOptions.onDisk(scratch.resolve("other")))) {
      assertThat(Identity.of(other).file()).isNotEqualTo(made.file());
      assertThat(Identity.of(other).nonce()).isNotEqualTo(made.nonce());
    }
  }
}
