package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.testing.WireClient;
import java.time.Duration;

/** Runs specs one after the other on one server, in a database of their own. */
final class SpecRuns {
  private static final String DATABASE = "isolation_regression";

  private final BackendStarter server;
  private final Duration maxStepWait;
  private boolean databaseIsClean;

  SpecRuns(BackendStarter server, Duration maxStepWait) {
    this.server = server;
    this.maxStepWait = maxStepWait;
  }

  Transcript run(Spec spec, Duration settleTime) throws Exception {
    if (!databaseIsClean) {
      renewDatabase();
    }
    databaseIsClean = false;
    try (IsolationTester tester =
        new IsolationTester(spec, server, DATABASE, maxStepWait, settleTime)) {
      Transcript transcript = tester.run();
      databaseIsClean = !transcript.isDirty();
      return transcript;
    }
  }

  private void renewDatabase() throws Exception {
    try (WireClient client = WireClient.open(server, "postgres", "isolation")) {
      client.rows("DROP DATABASE IF EXISTS " + DATABASE + " WITH (FORCE)");
      client.rows("CREATE DATABASE " + DATABASE);
    }
  }
}
