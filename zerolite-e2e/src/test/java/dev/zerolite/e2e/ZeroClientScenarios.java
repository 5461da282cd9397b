package dev.zerolite.e2e;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Every scenario as a test, against the stack that a subclass starts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ZeroClientScenarios {
  private Stack stack;
  private List<String> names;
  private ScenarioRun run;

  /**
   * What the scenarios run against.
   *
   * @param postgresUrl of a superuser
   * @param zeroCacheUrl if absent, the scenario program starts its own zero-cache
   * @param stop ends it
   */
  record Stack(String postgresUrl, Optional<String> zeroCacheUrl, AutoCloseable stop) {}

  /** Starts the stack; the program's directory has the tables in {@code db}. */
  abstract Stack start(ScenarioProgram program) throws Exception;

  @BeforeAll
  void startAll() throws Exception {
    var program = ScenarioProgram.install();
    names = program.names();
    stack = start(program);
    run = program.start(stack.postgresUrl(), stack.zeroCacheUrl());
  }

  @AfterAll
  void stopAll() throws Exception {
    try {
      if (run != null) {
        run.close();
      }
    } finally {
      if (stack != null) {
        stack.stop().close();
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> scenarios() {
    return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> run.run(name)));
  }

  @Test
  void pgjdbcPoolOf20() throws Exception {
    new PgjdbcPool(jdbcUrl(stack.postgresUrl())).check();
  }

  /** {@code postgres://user:password@host:port/database} in pgjdbc's spelling. */
  private static String jdbcUrl(String postgresUrl) {
    var url = URI.create(postgresUrl);
    var login = Optional.ofNullable(url.getUserInfo()).orElse("postgres").split(":", 2);
    var jdbc =
        "jdbc:postgresql://%s:%d%s?user=%s"
            .formatted(url.getHost(), url.getPort(), url.getPath(), login[0]);
    return login.length < 2 ? jdbc : jdbc + "&password=" + login[1];
  }
}
