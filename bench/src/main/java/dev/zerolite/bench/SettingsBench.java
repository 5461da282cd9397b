package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the sizes of PostgreSQL's shared memory buy and cost: shared_buffers, the SLRU caches and
 * max_connections. Each size has a cluster of its own; all of them run in turn, several rounds.
 */
final class SettingsBench {
  private static final int ROUNDS = 6;

  /** Rows of about 1 kB, so about 50 MB: more than the smaller caches hold. */
  private static final int WIDE_ROWS = 50_000;

  /** So many that their SLRU pages (2 048 to a page) are more than PostgreSQL's default holds. */
  private static final int SUBTRANSACTIONS = 60_000;

  private static final String BUFFERS_SETUP =
      "create table wide as select i id, repeat(md5(i::text), 30) v from generate_series(1, "
          + WIDE_ROWS
          + ") i; alter table wide add primary key (id); analyze wide";

  private static final String SLRU_SETUP =
      """
      create table deep (id int primary key, v int);
      insert into deep select i, 0 from generate_series(1, %d) i;
      analyze deep;
      create procedure many() language plpgsql as $$
      begin
        for i in 1 .. %d loop
          begin
            update deep set v = v + 1 where id = i;
          exception when division_by_zero then null;
          end;
        end loop;
      end $$"""
          .formatted(SUBTRANSACTIONS, SUBTRANSACTIONS);

  private final Engine engine = Engine.load();
  private final Path scratch;

  SettingsBench() throws Exception {
    scratch = Files.createTempDirectory("zerolite-settings-");
  }

  void run() throws Exception {
    try {
      sharedBuffers();
      slruCaches();
      connections();
    } finally {
      deleteScratch();
    }
  }

  private void sharedBuffers() throws Exception {
    for (boolean onDisk : List.of(false, true)) {
      List<Setting> settings = new ArrayList<>();
      for (String size : List.of("8MB", "16MB", "64MB", "256MB")) {
        settings.add(new Setting("shared_buffers " + size, Map.of("shared_buffers", size), onDisk));
      }
      compare(
          onDisk ? "50 MB on disk (fsync on)" : "50 MB in memory",
          settings,
          BUFFERS_SETUP,
          List.of(
              new Step("count all", "select count(*), sum(length(v)) from wide"),
              new Step(
                  "2 000 by key",
                  "select count(v) from generate_series(1, 2000) i"
                      + " join lateral (select v from wide where id = i * 7919 % 50000) w on true"),
              new Step("update 5 000", "update wide set v = v where id % 10 = 3")));
    }
  }

  private void slruCaches() throws Exception {
    Map<String, String> large = new TreeMap<>();
    for (String cache :
        List.of(
            "subtransaction_buffers",
            "transaction_buffers",
            "multixact_member_buffers",
            "multixact_offset_buffers",
            "serializable_buffers",
            "notify_buffers")) {
      large.put(cache, "128");
    }
    compare(
        "60 000 subtransactions of an open transaction",
        List.of(
            new Setting("SLRU caches as PostgreSQL has them", Map.of(), false),
            new Setting("128 pages (1 MB) each", large, false)),
        SLRU_SETUP,
        List.of(
            new Step("write them", "begin; call many()"),
            new Step("read beside them", "select sum(v) from deep", true),
            new Step("end them", "rollback"),
            new Step(
                "lock 60 000 rows", "begin; select count(*) from (select from deep for share) x"),
            new Step(
                "lock them twice", "select count(*) from (select from deep for share) x", true),
            new Step("update them", "commit; update deep set v = v + 1"),
            new Step("", "vacuum deep")));
  }

  private void connections() throws Exception {
    System.out.println("| max_connections | start | live heap |\n|---|---|---|");
    for (String count : List.of("20", "60", "100", "200", "500")) {
      var starts = new Samples();
      double heap = 0;
      for (int round = 0; round < ROUNDS; round++) {
        double before = Memory.liveMegabytes();
        long begun = System.nanoTime();
        try (var cluster = Cluster.start(engine, options(Map.of("max_connections", count), null));
            var session = new InProcessSession(cluster)) {
          session.exchange(new Messages().query("select 1").toBytes(), 1);
          starts.add(System.nanoTime() - begun);
          heap = Memory.liveMegabytes() - before;
        }
      }
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f ms | %.1f MB |%n",
          count,
          starts.last(ROUNDS / 2).quantile(0.5) / 1e3,
          heap);
    }
  }

  private record Setting(String name, Map<String, String> values, boolean onDisk) {}

  /**
   * @param name empty for what is not timed
   * @param beside whether a second session does it
   */
  private record Step(String name, String sql, boolean beside) {
    Step(String name, String sql) {
      this(name, sql, false);
    }
  }

  private void compare(String title, List<Setting> settings, String setup, List<Step> steps)
      throws Exception {
    List<Cluster> clusters = new ArrayList<>();
    List<InProcessSession> sessions = new ArrayList<>();
    List<List<Samples>> times = new ArrayList<>();
    try {
      for (Setting setting : settings) {
        Path directory =
            setting.onDisk() ? Files.createTempDirectory(scratch, "data-").resolve("data") : null;
        var cluster = Cluster.start(engine, options(setting.values(), directory));
        clusters.add(cluster);
        sessions.add(new InProcessSession(cluster));
        sessions.add(new InProcessSession(cluster));
        sessions.get(sessions.size() - 2).exchange(new Messages().query(setup).toBytes(), 1);
        times.add(steps.stream().map(step -> new Samples()).toList());
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < settings.size(); i++) {
          for (int step = 0; step < steps.size(); step++) {
            var session = sessions.get(2 * i + (steps.get(step).beside() ? 1 : 0));
            byte[] query = new Messages().query(steps.get(step).sql()).toBytes();
            times.get(i).get(step).add(session.exchange(query, 1));
          }
        }
      }
    } finally {
      sessions.forEach(InProcessSession::close);
      clusters.forEach(Cluster::close);
    }
    print(title, settings, steps, times);
  }

  private static void print(
      String title, List<Setting> settings, List<Step> steps, List<List<Samples>> times) {
    var header = new StringBuilder("| ").append(title).append(" |");
    steps.stream()
        .filter(step -> !step.name().isEmpty())
        .forEach(step -> header.append(' ').append(step.name()).append(" |"));
    System.out.println(header);
    System.out.println(header.toString().replaceAll("[^|]+", "---"));
    for (int i = 0; i < settings.size(); i++) {
      var row = new StringBuilder("| ").append(settings.get(i).name()).append(" |");
      for (int step = 0; step < steps.size(); step++) {
        if (!steps.get(step).name().isEmpty()) {
          double median = times.get(i).get(step).last(ROUNDS / 2).quantile(0.5) / 1e3;
          row.append(String.format(Locale.ROOT, " %.0f ms |", median));
        }
      }
      System.out.println(row);
    }
    System.out.println();
  }

  /**
   * @param directory null for a cluster in memory
   */
  private static ClusterOptions options(Map<String, String> settings, Path directory) {
    ClusterOptions options =
        directory == null ? ClusterOptions.inMemory() : ClusterOptions.onDisk(directory);
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    return options.withSetting("autovacuum", "off");
  }

  private void deleteScratch() throws Exception {
    try (Stream<Path> files = Files.walk(scratch)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
