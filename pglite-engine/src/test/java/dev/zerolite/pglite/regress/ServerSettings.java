package dev.zerolite.pglite.regress;

import java.util.Map;

/** Settings that both servers get, so that plans, sizes and messages can be the same. */
final class ServerSettings {
  static final Map<String, String> COMMON =
      Map.ofEntries(
          Map.entry("autovacuum", "off"),
          Map.entry("shared_buffers", "16MB"),
          Map.entry("wal_buffers", "1MB"),
          Map.entry("wal_level", "logical"),
          Map.entry("max_wal_senders", "10"),
          Map.entry("max_replication_slots", "10"),
          Map.entry("max_connections", "100"),
          Map.entry("max_stack_depth", "2MB"),
          Map.entry("max_prepared_transactions", "2"),
          // the cluster has no workers
          Map.entry("io_method", "sync"),
          Map.entry("max_worker_processes", "0"),
          Map.entry("max_parallel_workers", "0"),
          Map.entry("max_parallel_workers_per_gather", "0"),
          Map.entry("max_parallel_maintenance_workers", "0"),
          Map.entry("temp_file_limit", "-1"),
          Map.entry("lc_messages", "C"),
          // as pg_regress has them
          Map.entry("timezone", "PST8PDT"),
          Map.entry("datestyle", "Postgres,MDY"),
          Map.entry("intervalstyle", "postgres_verbose"),
          Map.entry("log_timezone", "UTC"));

  private ServerSettings() {}
}
