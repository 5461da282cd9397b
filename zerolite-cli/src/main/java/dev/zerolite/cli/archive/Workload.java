package dev.zerolite.cli.archive;

import dev.zerolite.ZeroLite;
import dev.zerolite.config.ConfigFile;
import dev.zerolite.config.ZeroLiteConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/**
 * What a start and its first minute are like: an app with a migration, zero-cache's questions on as
 * many connections as it opens, a replication stream, and an app's statements.
 */
final class Workload {
  private static final int SESSIONS = 4;
  private static final int STATEMENTS = 200;
  // Bounds the rounds on a slow machine.
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final Path app;
  private final int rounds;

  Workload(Path app, int rounds) {
    this.app = app;
    this.rounds = rounds;
  }

  void run() throws Exception {
    Files.createDirectories(app.resolve("db/migrations"));
    Files.writeString(app.resolve("db/migrations/0001.sql"), resource("migration.sql"));
    Files.writeString(
        app.resolve(ConfigFile.NAME), "pg-port: 0\nzero-cache:\n  run: false\ns3:\n  port: 0\n");
    try (var zerolite = ZeroLite.start(ConfigFile.load(app).build())) {
      use(zerolite.postgresUrl());
    }
    // Twice, since the second of them knows what the first has found out about the directory.
    startAgain(ConfigFile.load(app).build());
    startAgain(ConfigFile.load(app).build());
    startAgain(ConfigFile.load(app).ephemeral().build());
  }

  /** Other code runs when a directory is there already, or when there is to be none. */
  private static void startAgain(ZeroLiteConfig config) throws Exception {
    try (var zerolite = ZeroLite.start(config);
        var session = connect(PostgresUrl.parse(zerolite.postgresUrl()), false);
        var statement = session.createStatement()) {
      statement.execute("select count(*) from issue");
    }
  }

  private void use(String url) throws SQLException, IOException, InterruptedException {
    var server = PostgresUrl.parse(url);
    var sessions = new ArrayList<Connection>();
    try {
      for (int i = 0; i < SESSIONS; i++) {
        sessions.add(connect(server, false));
      }
      var catalog = resource("catalog.sql");
      try (var replication = connect(server, true)) {
        for (var session : sessions) {
          try (var statement = session.createStatement()) {
            statement.execute(catalog);
          }
        }
        copy(sessions.get(0));
        write(sessions, replication.unwrap(PGConnection.class));
      }
    } finally {
      for (var session : sessions) {
        session.close();
      }
    }
  }

  private void write(List<Connection> sessions, PGConnection replication)
      throws SQLException, InterruptedException {
    var slot =
        replication
            .getReplicationAPI()
            .createReplicationSlot()
            .logical()
            .withSlotName("train")
            .withOutputPlugin("pgoutput")
            .make();
    long end = System.nanoTime() + LONGEST.toNanos();
    try (var stream =
        replication
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName("train")
            .withStartPosition(slot.getConsistentPoint())
            .withSlotOption("proto_version", "1")
            .withSlotOption("publication_names", "train")
            .withSlotOption("messages", "true")
            .start()) {
      for (int round = 0; round < rounds && System.nanoTime() < end; round++) {
        statements(sessions.get(round % sessions.size()), round);
        while (stream.readPending() != null) {
          stream.setAppliedLSN(stream.getLastReceiveLSN());
          stream.setFlushedLSN(stream.getLastReceiveLSN());
        }
      }
    }
  }

  /** Half of them as a driver's first use of a statement, half prepared. */
  private static void statements(Connection session, int round) throws SQLException {
    session.unwrap(PGConnection.class).setPrepareThreshold(round % 2 == 0 ? 0 : 1);
    try (var insert =
            session.prepareStatement(
                "insert into issue (id, title, labels) values (?, ?, '{a,b}')"
                    + " on conflict (id) do update set title = excluded.title");
        var update = session.prepareStatement("update issue set closed = not closed where id = ?");
        var select = session.prepareStatement("select * from issue where id = ?");
        var list =
            session.prepareStatement(
                "select i.id, i.title, count(c.id) from issue i left join comment c on c.issue = i.id"
                    + " where not i.closed group by i.id order by i.modified desc limit 20")) {
      for (int i = 0; i < STATEMENTS; i++) {
        int id = i * 7 % 1000;
        insert.setInt(1, id);
        insert.setString(2, "issue " + i);
        insert.execute();
        update.setInt(1, id);
        update.execute();
        select.setInt(1, id);
        select.executeQuery().close();
        if (i % 50 == 0) {
          list.executeQuery().close();
        }
      }
    }
  }

  private static void copy(Connection session) throws SQLException, IOException {
    session
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut(
            "copy (select * from issue) to stdout with (format binary)",
            new ByteArrayOutputStream());
  }

  private static Connection connect(PostgresUrl server, boolean replication) throws SQLException {
    var properties = new Properties();
    PGProperty.USER.set(properties, server.user());
    PGProperty.PASSWORD.set(properties, server.password());
    if (replication) {
      PGProperty.REPLICATION.set(properties, "database");
      PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
      PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    }
    return DriverManager.getConnection(server.jdbc(), properties);
  }

  private static String resource(String name) throws IOException {
    try (var in = Workload.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
