package dev.zerolite.pglite.regress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * PostgreSQL's own check of its stack strikes before the JVM's, so that the deepest recursion is an
 * error of one statement.
 */
@Timeout(300)
class RecursionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private static Cluster cluster;
  private static WireClient session;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    session = WireClient.open(cluster, "postgres", "recursion");
    session.rows(
        "CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN deep(n + 1); END'");
    session.rows(
        "CREATE FUNCTION dynamic(n int) RETURNS int LANGUAGE plpgsql AS 'DECLARE r int; BEGIN EXECUTE ''SELECT dynamic('' || n + 1 || '')'' INTO r; RETURN r; END'");
    session.rows(
        "CREATE FUNCTION run(statement text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE statement; END'");
    session.rows("CREATE TABLE chain (n int)");
    session.rows(
        "CREATE FUNCTION link() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO chain VALUES (new.n + 1); RETURN new; END'");
    session.rows("CREATE TRIGGER link BEFORE INSERT ON chain FOR EACH ROW EXECUTE FUNCTION link()");
  }

  @AfterAll
  static void stopCluster() {
    session.close();
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "SELECT deep(1) => 54001",
        "SELECT dynamic(1) => 54001",
        "INSERT INTO chain VALUES (1) => 54001",
        "SELECT run('SELECT 1' || repeat(' + 1', 50000)) => 54001",
        "SELECT run('SELECT ' || repeat('(', 20000) || '1' || repeat(')', 20000)) => 42601",
        "SELECT (repeat('[', 50000) || repeat(']', 50000))::jsonb => 54001",
        "SELECT (repeat('{\"a\":', 50000) || '1' || repeat('}', 50000))::jsonb => 54001",
        "SELECT (repeat('(', 50000) || 'a' || repeat(')', 50000))::tsquery => 54001",
        "SELECT repeat('(', 30000)::jsonpath => 42601",
        // without a frame on the C stack by themselves
        "SELECT json(repeat('[', 8000000)) => 54001",
        "SELECT (repeat('{\"a\":', 30000) || '1' || repeat('}', 30000))::json => 54001",
        "SELECT json_array_elements(repeat('[', 8000000)::json) => 54001",
        "SELECT 'a' ~ repeat('(', 30000000) => 2201B"
      })
  void endsWithAnError(String sql, String sqlState) throws Exception {
    assertThat(sqlState(sql)).isEqualTo(sqlState);
    assertThat(session.value("SELECT count(*) FROM chain")).isEqualTo("0");
    // what is there at most: the stack's size less PostgreSQL's slop
    session.rows("SET max_stack_depth = '2560kB'");
    try {
      assertThat(sqlState(sql)).isEqualTo(sqlState);
    } finally {
      session.rows("RESET max_stack_depth");
    }
    assertThat(session.value("SELECT count(*) FROM chain")).isEqualTo("0");
  }

  @Test
  void moreStackThanThereIsIsRefused() throws Exception {
    Message.Failure failure = failure("SET max_stack_depth = '2561kB'");
    assertThat(failure.report().sqlState()).isEqualTo("22023");
    assertThat(failure.report().fields())
        .containsEntry('D', "\"max_stack_depth\" must not exceed 2560kB.");
  }

  private static String sqlState(String sql) throws Exception {
    return failure(sql).report().sqlState();
  }

  private static Message.Failure failure(String sql) throws Exception {
    Message.Failure failure = null;
    for (Message message : session.run(sql, PATIENCE)) {
      if (message instanceof Message.Failure found) {
        failure = found;
      }
    }
    assertThat(failure).isNotNull();
    return failure;
  }

  @Test
  void whatPostgresCanRunRuns() throws Exception {
    session.rows("SELECT run('SELECT 1' || repeat(' + 1', 3000))");
    session.rows("SELECT run('SELECT ' || repeat('(SELECT ', 200) || '1' || repeat(')', 200))");
    assertThat(session.value("SELECT 'a' ~ (repeat('(', 2000) || 'a' || repeat(')', 2000))"))
        .isEqualTo("t");
    assertThat(
            session.value("SELECT length((repeat('[', 3000) || repeat(']', 3000))::jsonb::text)"))
        .isEqualTo("6000");
  }
}
