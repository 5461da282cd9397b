package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sessions that come, go in every way there is, and leave nothing behind. {@code -Dcycles=1000}
 * makes it longer.
 */
@Timeout(600)
class ConnectionCyclesTest {
  private static final int CYCLES = Integer.getInteger("cycles", 200);
  private static final int AT_ONCE = 100;

  /** What a leaked process would keep at least, times the cycles, is far more than this. */
  private static final long HEAP_BYTES = 200L << 20;

  private Cluster cluster;
  private TestSessions sessions;
  private TestSession observer;

  @BeforeEach
  void start() throws Exception {
    ClusterOptions options =
        ClusterOptions.inMemory()
            .withSetting("max_connections", String.valueOf(AT_ONCE + 2))
            .withSetting("superuser_reserved_connections", "0");
    cluster = Cluster.start(Engine.load(), options);
    sessions = new TestSessions(cluster);
    observer = sessions.open();
    observer.run("CREATE TABLE t (id int PRIMARY KEY, v int)");
    observer.run("INSERT INTO t SELECT i, 0 FROM generate_series(1, 5) i");
  }

  @AfterEach
  void stop() {
    sessions.close();
    cluster.close();
  }

  /** How a session ends; each leaves something that PostgreSQL must clear away. */
  private enum End {
    TERMINATE {
      @Override
      void end(TestSession session, TestSession observer) throws Exception {
        session.run("CREATE TEMP TABLE tmp AS SELECT * FROM t");
        session.close();
      }
    },
    DISCONNECT_IN_A_TRANSACTION {
      @Override
      void end(TestSession session, TestSession observer) throws Exception {
        session.run("BEGIN");
        session.run("UPDATE t SET v = v + 1 WHERE id = 1");
        session.run("SELECT pg_advisory_lock(1)");
        session.backend().disconnect();
      }
    },
    DISCONNECT_IN_A_STATEMENT {
      @Override
      void end(TestSession session, TestSession observer) throws Exception {
        session.run("SET client_connection_check_interval = '1ms'");
        session.later("SELECT pg_sleep(60)");
        session.backend().disconnect();
      }
    },
    TERMINATED {
      @Override
      void end(TestSession session, TestSession observer) throws Exception {
        session.run("LISTEN channel");
        observer.run("SELECT pg_terminate_backend(" + session.backend().pid() + ")");
      }
    },
    FATAL {
      @Override
      void end(TestSession session, TestSession observer) throws Exception {
        session.run("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t");
        session.later("SET idle_session_timeout = '1ms'"); // its answer may be overtaken by the end
      }
    };

    abstract void end(TestSession session, TestSession observer) throws Exception;
  }

  @Test
  void manySessionsLeaveNothingBehind() throws Exception {
    cycles(0, CYCLES / 10);
    String before = shared();
    long heapBefore = usedHeap();
    cycles(CYCLES / 10, CYCLES);
    assertThat(shared()).isEqualTo(before);
    assertThat(usedHeap() - heapBefore).isLessThan(HEAP_BYTES);
    assertThat(observer.run("SELECT sum(v) FROM t")).isEqualTo("0");
    assertThat(backendThreads()).hasSize(1);
  }

  private void cycles(int from, int to) throws Exception {
    End[] ends = End.values();
    List<Backend> ending = new ArrayList<>();
    for (int i = from; i < to; i++) {
      TestSession session = sessions.open();
      ends[i % ends.length].end(session, observer);
      ending.add(session.backend());
      if (ending.size() == AT_ONCE / 10) {
        awaitEnds(ending);
      }
    }
    awaitEnds(ending);
    assertThat(observer.run("SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()"))
        .isEqualTo("0");
  }

  private static void awaitEnds(List<Backend> ending) throws InterruptedException {
    for (Backend backend : ending) {
      assertThat(backend.awaitEnd(Duration.ofSeconds(60))).as(backend.toString()).isTrue();
    }
    ending.clear();
  }

  @Test
  void aHundredAtOnceAndNotOneMore() throws Exception {
    for (int round = 0; round < 2; round++) {
      List<TestSession> crowd = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        crowd.add(sessions.open());
      }
      for (TestSession session : crowd) {
        assertThat(session.run("SELECT count(*) FROM t")).isEqualTo("5");
      }
      TestSession last = sessions.open();
      assertThat(refusal()).isEqualTo("53300");
      last.close();
      crowd.forEach(TestSession::close);
      for (TestSession session : crowd) {
        assertThat(session.backend().awaitEnd(Duration.ofSeconds(60))).isTrue();
      }
      assertThat(last.backend().awaitEnd(Duration.ofSeconds(60))).isTrue();
    }
  }

  private String refusal() throws Exception {
    try {
      sessions.open();
      return "none";
    } catch (BackendStartException e) {
      return e.sqlState();
    }
  }

  /** What of shared memory, files and processes there is; autovacuum comes and goes as it likes. */
  private String shared() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!observer
        .run("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
        .equals("0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
    return observer.run(
        """
        SELECT (SELECT count(*) FROM pg_stat_activity),
               (SELECT sum(allocated_size) FROM pg_shmem_allocations),
               (SELECT count(*) FROM pg_ls_dir('/dev/shm')),
               (SELECT count(*) FROM pg_ls_dir('base/pgsql_tmp', true, false)),
               (SELECT count(*) FROM pg_class WHERE relpersistence = 't')""");
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static List<String> backendThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("pglite-backend-"))
        .toList();
  }
}
