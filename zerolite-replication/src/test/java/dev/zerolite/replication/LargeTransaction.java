package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A transaction of a million rows, from a cluster on disk or in memory whose JVM has a heap of 512
 * MB. Takes minutes, so it runs when it is named: docs/replication.md.
 */
@Timeout(600)
class LargeTransaction {
  private static final int ROWS = 1_000_000;

  @TempDir Path data;

  @Test
  void aMillionRowsGoThroughASmallHeap() throws Exception {
    try (ServerProcess server = ServerProcess.start(data)) {
      send(server);
    }
  }

  @Test
  void alsoWhenTheHeapIsTheDisk() throws Exception {
    try (ServerProcess server = ServerProcess.startInMemory()) {
      send(server);
    }
  }

  private static void send(PgServer server) throws Exception {
    try (PgConnection sql = PgConnection.open(server);
        PgConnection stream = PgConnection.replication(server)) {
      sql.rows("CREATE TABLE t (id serial PRIMARY KEY, n int8, v text)");
      sql.rows("CREATE PUBLICATION p FOR TABLE t");
      stream.rows("CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing')");
      stream.send(
          PgConnection.query(
              "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p')"));
      assertThat(stream.read().type()).isEqualTo('W');
      sql.send(
          PgConnection.query(
              "INSERT INTO t (n, v) SELECT 0, 'row ' || i FROM generate_series(1, %d) i"
                  .formatted(ROWS)));
      assertThat(count(stream)).isEqualTo(ROWS);
      assertThat(sql.readUntil('Z')).noneMatch(message -> message.type() == 'E');
      assertThat(sql.value("SELECT spill_txns > 0 FROM pg_stat_replication_slots")).isEqualTo("t");
      assertThat(sql.value("SELECT count(*) FROM t")).isEqualTo(Integer.toString(ROWS));
    }
  }

  /** The Insert messages up to the Commit. */
  private static int count(PgConnection stream) throws Exception {
    int rows = 0;
    while (true) {
      PgMessage message = stream.read();
      assertThat(message.type()).as(message.describe()).isEqualTo('d');
      if (message.body()[0] == 'w' && message.body()[25] == 'I') {
        rows++;
      } else if (message.body()[0] == 'w' && message.body()[25] == 'C') {
        return rows;
      } else if (message.body()[0] == 'k' && message.body()[17] == 1) {
        stream.send(PgConnection.message('d', PgConnection.statusUpdate(0)));
      }
    }
  }
}
