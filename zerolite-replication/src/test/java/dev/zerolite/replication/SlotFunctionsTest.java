package dev.zerolite.replication;

import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slots, origins and WAL positions from SQL: the same answers and errors as a native server's. */
@Timeout(180)
class SlotFunctionsTest {
  private static final String GET = "SELECT count(*) FROM pg_logical_slot_";
  private static final String OPTIONS = ", 'proto_version', '1', 'publication_names', 'p')";
  private static final String SLOTS =
      "SELECT slot_name, plugin, slot_type, database, temporary, active, active_pid = pg_backend_pid(), xmin, wal_status,"
          + " safe_wal_size, two_phase, inactive_since IS NULL, conflicting, invalidation_reason, failover,"
          + " synced, confirmed_flush_lsn <= pg_current_wal_lsn(), restart_lsn <= confirmed_flush_lsn,"
          + " catalog_xmin IS NOT NULL, two_phase_at IS NULL FROM pg_replication_slots ORDER BY 1";

  private static final String[] STATEMENTS = {
    "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t",
    "SELECT slot_name, lsn > '0/0' FROM pg_create_logical_replication_slot('a', 'pgoutput')",
    "SELECT slot_name FROM pg_create_logical_replication_slot('a', 'pgoutput')",
    "SELECT slot_name FROM pg_create_logical_replication_slot('No', 'pgoutput')",
    "SELECT slot_name FROM pg_create_logical_replication_slot('b', 'nothing')",
    "SELECT slot_name FROM pg_create_logical_replication_slot('b', 'pgoutput', true, false, true)",
    "SELECT slot_name FROM pg_create_logical_replication_slot('b', 'pgoutput', true)",
    "SELECT slot_name FROM pg_create_logical_replication_slot('c', 'pgoutput', false, true, true)",
    "SELECT slot_name, lsn FROM pg_create_physical_replication_slot('d')",
    "SELECT slot_name, lsn > '0/0' FROM pg_create_physical_replication_slot('e', true)",
    SLOTS,
    "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 10) i",
    "BEGIN; UPDATE t SET v = 'y'; ROLLBACK",
    "UPDATE t SET id = id + 100 WHERE id > 5",
    GET + "peek_binary_changes('a', NULL, NULL" + OPTIONS,
    GET + "peek_binary_changes('a', NULL, 3" + OPTIONS,
    GET + "peek_binary_changes('a', '0/1', NULL" + OPTIONS,
    GET + "peek_changes('a', NULL, NULL" + OPTIONS,
    GET + "get_changes('a', NULL, NULL" + OPTIONS,
    GET + "get_binary_changes('a', NULL, 3" + OPTIONS,
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    GET + "get_binary_changes('a', NULL, NULL)",
    GET + "get_binary_changes('a', NULL, NULL, 'proto_version')",
    GET + "get_binary_changes('a', NULL, NULL, 'proto_version', NULL)",
    GET + "get_binary_changes('a', NULL, NULL, ARRAY[['a', 'b'], ['c', 'd']])",
    GET + "get_binary_changes(NULL, NULL, NULL)",
    GET + "get_binary_changes('nothing', NULL, NULL" + OPTIONS,
    GET + "get_binary_changes('d', NULL, NULL" + OPTIONS,
    "BEGIN; INSERT INTO t VALUES (1000)",
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    "SELECT slot_name FROM pg_create_logical_replication_slot('f', 'pgoutput')",
    "ROLLBACK",
    "INSERT INTO t VALUES (2000)",
    "SELECT slot_name, end_lsn <= pg_current_wal_lsn() FROM pg_replication_slot_advance('a', pg_current_wal_lsn())",
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    "SELECT slot_name FROM pg_replication_slot_advance('a', '0/1')",
    "SELECT slot_name FROM pg_replication_slot_advance('a', '0/0')",
    "SELECT slot_name FROM pg_replication_slot_advance('a', 'FFFFFFFF/0')",
    "SELECT slot_name FROM pg_replication_slot_advance('nothing', '1/0')",
    "SELECT slot_name FROM pg_replication_slot_advance('d', pg_current_wal_lsn())",
    "SELECT slot_name, lsn > '0/0' FROM pg_copy_logical_replication_slot('a', 'g')",
    "SELECT slot_name FROM pg_copy_logical_replication_slot('a', 'g')",
    "SELECT slot_name FROM pg_copy_logical_replication_slot('a', 'h', true)",
    "SELECT slot_name FROM pg_copy_logical_replication_slot('a', 'i', false, 'nothing')",
    "SELECT slot_name FROM pg_copy_logical_replication_slot('nothing', 'i')",
    "SELECT slot_name FROM pg_copy_logical_replication_slot('d', 'i')",
    "SELECT slot_name FROM pg_copy_physical_replication_slot('e', 'i')",
    "SELECT slot_name FROM pg_copy_physical_replication_slot('a', 'j')",
    SLOTS,
    "SELECT slot_name, spill_txns, spill_count, spill_bytes, stream_txns, stream_count, total_txns > 0,"
        + " total_bytes > 0, stats_reset FROM pg_stat_replication_slots ORDER BY 1",
    "SELECT pg_stat_reset_replication_slot('a')",
    "SELECT pg_stat_reset_replication_slot('nothing')",
    "SELECT total_txns, stats_reset IS NULL FROM pg_stat_replication_slots WHERE slot_name = 'a'",
    "SELECT count(*) FROM pg_stat_get_replication_slot('a')",
    "SELECT pg_sync_replication_slots()",
    "SELECT pg_replication_origin_create('o')",
    "SELECT pg_replication_origin_create('o')",
    "SELECT pg_replication_origin_create('pg_o')",
    "SELECT pg_replication_origin_oid('o'), pg_replication_origin_oid('none')",
    "SELECT pg_replication_origin_session_setup('none')",
    "SELECT pg_replication_origin_session_setup('o'), pg_replication_origin_session_is_setup()",
    "SELECT pg_replication_origin_session_setup('o')",
    "BEGIN; SELECT pg_replication_origin_xact_setup('0/AA', '2026-01-01'); INSERT INTO t VALUES (3000); COMMIT",
    "SELECT pg_replication_origin_session_progress(true), pg_replication_origin_progress('o', true)",
    "SELECT external_id, remote_lsn FROM pg_show_replication_origin_status()",
    GET
        + "get_binary_changes('a', NULL, NULL, 'proto_version', '1', 'publication_names', 'p', 'origin', 'none')",
    GET + "get_binary_changes('g', NULL, NULL" + OPTIONS,
    "SELECT pg_replication_origin_advance('o', '0/BB')",
    "SELECT pg_replication_origin_session_reset(), pg_replication_origin_session_is_setup()",
    "SELECT pg_replication_origin_advance('o', '0/BB'), pg_replication_origin_progress('o', false)",
    "SELECT pg_replication_origin_drop('o'), pg_replication_origin_drop('none')",
    "SELECT pg_replication_origin_drop('o')",
    "SELECT pg_logical_emit_message(true, 'p', 'text') > '0/0', pg_logical_emit_message(false, 'p', '\\x00'::bytea, true) > '0/0'",
    "SELECT pg_current_wal_lsn() <= pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn() <= pg_current_wal_insert_lsn()",
    "SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()",
    "SELECT length(pg_walfile_name('1/0')), pg_wal_lsn_diff('1/0', '0/0'), pg_walfile_name_offset('1/10')",
    "SELECT timeline_id, wal_level FROM pg_control_checkpoint(), pg_control_system(), current_setting('wal_level') wal_level",
    "SELECT pubname, schemaname, tablename, attnames, rowfilter FROM pg_publication_tables",
    "SELECT * FROM pg_get_publication_tables('p', 'nothing')",
    "SELECT count(*) FROM pg_stat_subscription",
    "SELECT pg_log_standby_snapshot() > '0/0', pg_switch_wal() > '0/0'",
    "DROP PUBLICATION p",
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    "INSERT INTO t VALUES (4000)",
    GET + "get_binary_changes('a', NULL, NULL" + OPTIONS,
    "CREATE PUBLICATION p FOR TABLE t WHERE (v = 'x') WITH (publish = 'insert, update')",
    "UPDATE t SET v = 'x' WHERE id = 4000",
    "CREATE PUBLICATION q FOR TABLE t (v)",
    "DELETE FROM t WHERE id = 4000",
    "CREATE PUBLICATION r FOR TABLE pg_class",
    "CREATE PUBLICATION r WITH (publish = 'nonsense')",
    "CREATE PUBLICATION r FOR TABLE t WHERE (random() > 0.5)",
    "CREATE PUBLICATION r FOR TABLES IN SCHEMA public, TABLE t (id)",
    "SELECT pg_drop_replication_slot('nothing')",
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
    SLOTS
  };

  @Test
  void answersAreTheSame() throws Exception {
    try (OurServer ours = OurServer.start(Map.of());
        NativeServer reference = NativeServer.start(Map.of());
        ServerPair pair = new ServerPair(ours, reference, "postgres")) {
      SoftAssertions all = new SoftAssertions();
      for (String statement : STATEMENTS) {
        try {
          pair.run(statement);
        } catch (AssertionError e) {
          all.fail(e.getMessage());
        }
      }
      all.assertAll();
    }
  }
}
