CREATE EXTENSION pg_logicalinspect

SELECT pg_get_logical_snapshot_meta('0-40796E18.snap')

SELECT pg_get_logical_snapshot_info('nonsense')

SELECT count(*) FROM (SELECT pg_create_logical_replication_slot('inspected', 'pgoutput')) s

SELECT count(*) > 0 FROM pg_ls_logicalsnapdir()

SELECT m.version FROM pg_ls_logicalsnapdir() d, pg_get_logical_snapshot_meta(d.name) m LIMIT 1

SELECT state, in_slot_snapshot, committed_count FROM pg_ls_logicalsnapdir() d, pg_get_logical_snapshot_info(d.name) LIMIT 1

SELECT pg_drop_replication_slot('inspected')

DROP EXTENSION pg_logicalinspect
