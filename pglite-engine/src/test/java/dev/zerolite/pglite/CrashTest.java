package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A backend that dies in the middle of something takes the sessions with it, and nothing else. */
@Timeout(120)
class CrashTest {
  private static final Map<String, String> STARTUP =
      Map.of("user", "postgres", "database", "postgres");

  /** What strikes a backend in the middle of something. */
  enum Fault {
    /** An exception that no one expects, while an answer is sent. */
    EXCEPTION_IN_JAVA {
      @Override
      void strike(Cluster cluster) throws Exception {
        failInAnswer(
            cluster,
            () -> {
              throw new IllegalStateException("a bug, for the test");
            });
      }
    },
    /** The heap is full in the middle of PostgreSQL. */
    NO_MEMORY {
      @Override
      void strike(Cluster cluster) throws Exception {
        failInAnswer(
            cluster,
            () -> {
              throw new OutOfMemoryError("not really, for the test");
            });
      }
    },
    /** A number that is taken for an address; a native server gets a SIGSEGV. */
    WILD_POINTER {
      @Override
      void strike(Cluster cluster) throws Exception {
        Backend backend = cluster.start(STARTUP, (bytes, offset, length) -> {});
        run(
            backend,
            "CREATE FUNCTION wild(int) RETURNS int LANGUAGE internal STRICT AS 'textlen';"
                + " SELECT wild(2000000000)");
      }
    },
    /** An instruction that traps: a call through a pointer to no function. */
    TRAP {
      @Override
      void strike(Cluster cluster) throws Exception {
        Backend backend = cluster.start(STARTUP, (bytes, offset, length) -> {});
        // The bytes are taken for a struct SortSupportData (sortsupport.h): the length word in
        // front for the memory context, where nothing but zeros are, then 950 for the collation.
        run(
            backend,
            "CREATE FUNCTION trap(bytea) RETURNS void LANGUAGE internal STRICT"
                + " AS 'bttextsortsupport';"
                + " SELECT trap(('\\xb6030000' || repeat('01', 60))::bytea)");
      }
    },
    /** Java's stack is full in the middle of PostgreSQL. */
    NO_STACK {
      @Override
      void strike(Cluster cluster) throws Exception {
        failInAnswer(
            cluster,
            () -> {
              throw new StackOverflowError("not really, for the test");
            });
      }
    };

    abstract void strike(Cluster cluster) throws Exception;

    /** While PostgreSQL sends the answer to a statement. */
    static void failInAnswer(Cluster cluster, Runnable failure) throws Exception {
      AtomicBoolean armed = new AtomicBoolean();
      Backend backend =
          cluster.start(
              STARTUP,
              (bytes, offset, length) -> {
                if (armed.get()) {
                  failure.run();
                }
              });
      armed.set(true);
      run(backend, "SELECT 1");
    }

    static void run(Backend backend, String sql) throws Exception {
      byte[] query = FrontendMessages.query(sql);
      backend.receive(query, 0, query.length);
      assertThat(backend.awaitEnd(Duration.ofSeconds(60))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theClusterRecoversFromACrashedBackend(Fault fault) throws Exception {
    Engine engine = Engine.load();
    try (Cluster cluster = Cluster.start(engine, ClusterOptions.inMemory());
        Cluster neighbour = Cluster.start(engine, ClusterOptions.inMemory().withName("neighbour"));
        TestSessions sessions = new TestSessions(cluster);
        TestSessions neighbours = new TestSessions(neighbour)) {
      TestSession a = sessions.open();
      TestSession elsewhere = neighbours.open();
      a.run("CREATE TABLE t (id int PRIMARY KEY)");
      a.run("INSERT INTO t SELECT generate_series(1, 1000)");
      TestSession open = sessions.open();
      open.run("BEGIN");
      open.run("INSERT INTO t VALUES (2000)");
      CompletableFuture<String> sleeping = sessions.open().later("SELECT pg_sleep(60)");

      fault.strike(cluster);

      assertThat(a.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(open.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(sleeping).failsWithin(Duration.ofSeconds(20));
      TestSession again = openWhenRecovered(sessions);
      assertThat(again.run("SELECT count(*) FROM t")).isEqualTo("1000");
      assertThat(again.run("INSERT INTO t VALUES (2000) RETURNING id")).isEqualTo("2000");
      assertThat(elsewhere.run("SELECT 1")).isEqualTo("1");
    }
  }

  static TestSession openWhenRecovered(TestSessions sessions) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        return sessions.open();
      } catch (BackendStartException e) {
        assertThat(e.sqlState()).isEqualTo("57P03");
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }
}
