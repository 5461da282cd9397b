CREATE EXTENSION pg_walinspect

CREATE TABLE walled AS SELECT pg_current_wal_insert_lsn() AS before

INSERT INTO walled SELECT pg_current_wal_insert_lsn() FROM generate_series(1, 1000)

SELECT count(*) > 0, bool_or(resource_manager = 'Heap' AND record_type LIKE 'INSERT%') FROM pg_get_wal_records_info((SELECT min(before) FROM walled), pg_current_wal_flush_lsn())

SELECT resource_manager FROM pg_get_wal_record_info((SELECT min(before) FROM walled)) LIMIT 0

SELECT count(*) > 0 FROM pg_get_wal_stats((SELECT min(before) FROM walled), pg_current_wal_flush_lsn(), true)

SELECT count(*) > 0 FROM pg_get_wal_block_info((SELECT min(before) FROM walled), pg_current_wal_flush_lsn())

DO $$ BEGIN PERFORM pg_get_wal_stats('FFFFFF/0', 'FFFFFF/1'); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', SQLERRM; END $$

DROP TABLE walled

DROP EXTENSION pg_walinspect
