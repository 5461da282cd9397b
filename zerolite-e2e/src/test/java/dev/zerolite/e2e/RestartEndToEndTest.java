package dev.zerolite.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * After a restart, clean or not, no committed row is missing, and zero-cache goes on with its
 * replica where it was.
 */
@Timeout(600)
class RestartEndToEndTest {
  /** What an initial sync would make anew: zero-cache's own record of its replica and slot. */
  private static final String REPLICA =
      "SELECT string_agg(concat_ws(' ', id, slot, version), ', ') FROM zero_0.replicas";

  private static final String COUNT = "SELECT count(*) FROM item";

  @TempDir Path app;

  private ScenarioProgram program;

  @BeforeEach
  void makeApp() throws Exception {
    program = ScenarioProgram.install();
    Files.createSymbolicLink(
        app.resolve("node_modules"), program.directory().resolve("node_modules"));
    Files.createDirectories(app.resolve("db/migrations"));
    Files.writeString(
        app.resolve("db/migrations/01.sql"), "CREATE TABLE item (id int PRIMARY KEY, name text);");
    Files.writeString(app.resolve("db/seed.sql"), "INSERT INTO item VALUES (0, 'seed');");
  }

  @Test
  void zeroCacheResumesAfterAStopAndAfterAKill() throws Exception {
    String replica;
    try (var zerolite = RestartedZeroLite.of(app);
        var sql = connect(zerolite.awaitReady())) {
      insert(sql, 1, 100);
      awaitInReplica(101);
      replica = query(sql, REPLICA);
      zerolite.stop();
    }
    Files.writeString(
        app.resolve("db/migrations/02.sql"), "CREATE TABLE later (id int PRIMARY KEY);");
    try (var zerolite = RestartedZeroLite.of(app);
        var sql = connect(zerolite.awaitReady())) {
      assertThat(query(sql, COUNT)).isEqualTo("101");
      assertThat(query(sql, REPLICA)).as("no resync").isEqualTo(replica);
      assertThat(query(sql, "SELECT string_agg(name, ' ' ORDER BY name) FROM zerolite.applied"))
          .isEqualTo("01.sql 02.sql seed.sql");
      insert(sql, 101, 150);
      awaitInReplica(151);
      insert(sql, 151, 200);
      zerolite.kill();
    }
    try (var zerolite = RestartedZeroLite.of(app);
        var sql = connect(zerolite.awaitReady())) {
      assertThat(query(sql, COUNT)).isEqualTo("201");
      assertThat(query(sql, REPLICA)).as("no resync").isEqualTo(replica);
      awaitInReplica(201);
      insert(sql, 201, 210);
      awaitInReplica(211);
      zerolite.stop();
    }
  }

  private static Connection connect(String url) throws SQLException {
    return DriverManager.getConnection(url);
  }

  private static String query(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** One transaction per row. */
  private static void insert(Connection connection, int first, int last) throws SQLException {
    try (var statement = connection.prepareStatement("INSERT INTO item VALUES (?, 'x')")) {
      for (int id = first; id <= last; id++) {
        statement.setInt(1, id);
        statement.executeUpdate();
      }
    }
  }

  /** Asks zero-cache's SQLite file, with zero-cache's SQLite. */
  private void awaitInReplica(int rows) throws Exception {
    var script =
        """
        const { default: Database } = await import('@rocicorp/zero-sqlite3');
        const wanted = Number(process.argv[2]);
        for (const end = Date.now() + 120_000; ; await new Promise((r) => setTimeout(r, 200))) {
          let found;
          try {
            const db = new Database(process.argv[1], { readonly: true });
            found = db.prepare('SELECT count(*) AS n FROM item').get().n;
            db.close();
          } catch (e) {
            found = e.message; // zero-cache holds it for a moment
          }
          if (found === wanted) process.exit(0);
          if (Date.now() > end) {
            console.log(`the replica has ${found} rows, not ${wanted}`);
            process.exit(1);
          }
        }
        """;
    var node =
        new ProcessBuilder(
                List.of(
                    "node",
                    "--input-type=module",
                    "-e",
                    script,
                    app.resolve(".zerolite/postgres-replica.db").toString(),
                    Integer.toString(rows)))
            .directory(program.directory().toFile())
            .redirectErrorStream(true)
            .start();
    node.getOutputStream().close();
    try (var output = node.inputReader(UTF_8)) {
      assertThat(output.lines().collect(Collectors.joining("\n"))).isEmpty();
    }
    assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(node.exitValue()).isZero();
  }
}
