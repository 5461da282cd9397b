package dev.zerolite.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Many sessions over TCP: what it costs to go on with another one, what all of them together do,
 * and how long a short query takes beside a long one. Ours and native PostgreSQL.
 */
final class SessionsBench {
  private static final int[] COUNTS = {1, 2, 8, 20};
  private static final int SHORT_QUERIES = 200;
  private static final int WARM_UP = 3;
  private static final int WARM_UP_FACTOR = 20;
  // Never ends by itself; it is cancelled.
  private static final String LONG = "select count(*) from generate_series(1, 10000000000) i";

  private final double seconds;

  SessionsBench(double seconds) {
    this.seconds = seconds;
  }

  void run() throws Exception {
    try (var ours = OurServer.start();
        var postgres = NativeServer.start()) {
      var endpoints = List.of(ours.endpoint(), postgres.endpoint());
      var table = new RatioTable(endpoints.stream().map(Endpoint::name).toList());
      for (var endpoint : endpoints) {
        try (var session = endpoint.session()) {
          session.exchange(Workloads.setup(), Workloads.SETUP_READIES);
        }
        warmUp(endpoint);
      }
      for (int count : COUNTS) {
        table.values(
            "pk select, " + count + " sessions in turn",
            each(endpoints, endpoint -> inTurn(endpoint, count)),
            "/s");
      }
      for (int count : COUNTS) {
        table.values(
            "pk select, " + count + " sessions at once",
            each(endpoints, endpoint -> atOnce(endpoint, count)),
            "/s");
      }
      var beside = new ArrayList<Samples>();
      for (var endpoint : endpoints) {
        beside.add(besideALongOne(endpoint));
      }
      for (double quantile : new double[] {0.5, 0.99}) {
        table.values(
            "pk select beside a long query, p" + Math.round(quantile * 100),
            beside.stream().mapToDouble(samples -> samples.quantile(quantile)).toArray(),
            "µs");
      }
      table.print();
    }
  }

  private interface Measurement {
    double at(Endpoint endpoint) throws Exception;
  }

  private static double[] each(List<Endpoint> endpoints, Measurement measurement) throws Exception {
    var values = new double[endpoints.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = measurement.at(endpoints.get(i));
    }
    return values;
  }

  /** Or the first rows would show HotSpot's compilers at work. */
  private void warmUp(Endpoint endpoint) throws Exception {
    try (var session = endpoint.session()) {
      until(System.nanoTime() + (long) (WARM_UP_FACTOR * seconds * 1e9), session);
    }
  }

  private static byte[] select(int number) {
    var messages = new Messages();
    Workloads.operations().get("pk select, unprepared").append(messages, number);
    return messages.toBytes();
  }

  private double inTurn(Endpoint endpoint, int count) throws Exception {
    var sessions = open(endpoint, count);
    try {
      double rate = 0;
      for (int round = 0; round < WARM_UP; round++) {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        int statements = 0;
        while (System.nanoTime() < end) {
          sessions.get(statements % count).exchange(select(statements), 1);
          statements++;
        }
        rate = statements / ((System.nanoTime() - start) / 1e9);
      }
      return rate;
    } finally {
      close(sessions);
    }
  }

  private double atOnce(Endpoint endpoint, int count) throws Exception {
    var sessions = open(endpoint, count);
    var threads = Executors.newFixedThreadPool(count);
    try {
      double rate = 0;
      for (int round = 0; round < WARM_UP; round++) {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        var results = new ArrayList<java.util.concurrent.Future<Integer>>();
        for (var session : sessions) {
          results.add(threads.submit(() -> until(end, session)));
        }
        int statements = 0;
        for (var result : results) {
          statements += result.get();
        }
        rate = statements / ((System.nanoTime() - start) / 1e9);
      }
      return rate;
    } finally {
      threads.shutdown();
      close(sessions);
    }
  }

  private static int until(long end, Session session) throws Exception {
    int statements = 0;
    while (System.nanoTime() < end) {
      session.exchange(select(statements), 1);
      statements++;
    }
    return statements;
  }

  private static Samples besideALongOne(Endpoint endpoint) throws Exception {
    var threads = Executors.newSingleThreadExecutor();
    try (var busy = endpoint.connect();
        var session = endpoint.session();
        var statement = busy.createStatement()) {
      threads.submit(() -> statement.execute(LONG));
      awaitActive(endpoint);
      var samples = new Samples();
      for (int i = 0; i < SHORT_QUERIES; i++) {
        samples.add(session.exchange(select(i), 1));
        TimeUnit.MILLISECONDS.sleep(5);
      }
      statement.cancel();
      return samples.last(SHORT_QUERIES * 3 / 4);
    } finally {
      threads.shutdown();
    }
  }

  private static void awaitActive(Endpoint endpoint) throws Exception {
    try (Connection connection = endpoint.connect();
        var statement = connection.createStatement()) {
      while (!isActive(statement)) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  private static boolean isActive(java.sql.Statement statement) throws SQLException {
    try (var rows =
        statement.executeQuery(
            "select from pg_stat_activity where state = 'active' and query like '%generate_series%'"
                + " and pid <> pg_backend_pid()")) {
      return rows.next();
    }
  }

  private static List<SocketSession> open(Endpoint endpoint, int count) throws Exception {
    var sessions = new ArrayList<SocketSession>();
    for (int i = 0; i < count; i++) {
      sessions.add(endpoint.session());
    }
    return sessions;
  }

  private static void close(List<SocketSession> sessions) throws Exception {
    for (var session : sessions) {
      session.close();
    }
  }
}
