package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Authentication;
import dev.zerolite.testing.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Half a gigabyte through COPY in each direction, a result of a gigabyte, and one value of 128 MB.
 * Runs only when it is named, the copies and the result with {@code -DargLine=-Xmx512m}, the value
 * with {@code -DargLine=-Xmx3g}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LargeCopies {
  private static final int ROW = 1000;
  private static final int ROWS = 500_000;
  private static final int SAMPLES = 5;
  private static final int VALUE = 128 << 20;

  private TestCluster cluster;
  private WireServer server;

  /** What is live on the heap, five times on the way. */
  private static final class Heap {
    private final List<Long> megabytes = new ArrayList<>();
    private final long total;
    private long bytes;

    Heap(long total) {
      this.total = total;
    }

    void passed(long more) {
      bytes += more;
      if (bytes >= total / SAMPLES * (megabytes.size() + 1)) {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        megabytes.add((runtime.totalMemory() - runtime.freeMemory()) >> 20);
      }
    }

    void report(String direction) {
      System.out.println("heap in MB during " + direction + ": " + megabytes);
      assertThat(megabytes).hasSize(SAMPLES);
      assertThat(megabytes.get(SAMPLES - 1)).isLessThan(megabytes.get(0) + 32);
    }
  }

  @BeforeAll
  void start() throws IOException {
    cluster = TestCluster.start(Authentication.TRUST, Map.of());
    server = WireServer.start(WireConfig.onLoopback(0), cluster.backends());
  }

  @AfterAll
  void stop() {
    server.close();
    cluster.close();
  }

  @Test
  void copiesLeaveTheHeapAsItWas() throws SQLException, IOException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create table sink (a text);"
              + " create function forget() returns trigger language plpgsql"
              + " as 'begin return null; end';"
              + " create trigger forget before insert on sink"
              + " for each row execute function forget()");
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      Heap in = new Heap((long) ROW * ROWS);
      copy.copyIn("copy sink from stdin", rows(in));
      in.report("COPY IN");
      Heap out = new Heap((long) ROW * ROWS);
      copy.copyOut(
          "copy (select repeat('x', "
              + (ROW - 1)
              + ") from generate_series(1, "
              + ROWS
              + "))"
              + " to stdout",
          new OutputStream() {
            @Override
            public void write(int oneByte) {
              out.passed(1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
              out.passed(length);
            }
          });
      out.report("COPY OUT");
    }
  }

  /** A client that asks for no portions gets none, and still nobody collects what it reads. */
  @Test
  void aResultIsNotCollected() throws IOException {
    long rows = 100_000;
    int width = 10_000;
    try (RawClient client = new RawClient(server.port()).login("postgres", "postgres")) {
      client.send(
          RawClient.query(
              "select repeat('x', " + width + ") from generate_series(1, " + rows + ")"));
      client.readUntil('T');
      Heap heap = new Heap(rows * width);
      RawClient.Message message = client.read();
      while (message.type() == 'D') {
        heap.passed(width);
        message = client.read();
      }
      assertThat(message.type()).isEqualTo('C');
      heap.report("a SELECT");
    }
  }

  @Test
  void aLargeValueGoesInAndComesBack() throws SQLException {
    byte[] value = new byte[VALUE];
    Arrays.fill(value, (byte) 7);
    try (Connection connection = connect();
        var select =
            connection.prepareStatement("select length(v), v from (select ?::bytea) t(v)")) {
      select.setBytes(1, value);
      // or the driver takes the answer as text
      select.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(-1);
      try (var row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        assertThat(row.getInt(1)).isEqualTo(VALUE);
        assertThat(Arrays.equals(row.getBytes(2), value)).isTrue();
      }
    }
  }

  private static InputStream rows(Heap heap) {
    byte[] row = "x".repeat(ROW - 1).concat("\n").getBytes();
    return new InputStream() {
      private int left = ROWS;

      @Override
      public int read() {
        throw new IllegalStateException("the driver reads whole buffers");
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        if (left == 0) {
          return -1;
        }
        int rows = Math.min(left, length / ROW);
        for (int i = 0; i < rows; i++) {
          System.arraycopy(row, 0, target, offset + i * ROW, ROW);
        }
        left -= rows;
        heap.passed((long) rows * ROW);
        return rows * ROW;
      }
    };
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + server.port() + "/postgres", "postgres", "");
  }
}
