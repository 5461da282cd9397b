CREATE EXTENSION pg_visibility

CREATE TABLE visible (i int) WITH (autovacuum_enabled = off)

INSERT INTO visible SELECT generate_series(1, 500)

SELECT all_visible, all_frozen FROM pg_visibility_map_summary('visible')

VACUUM (FREEZE) visible

SELECT * FROM pg_visibility_map_summary('visible')

SELECT * FROM pg_visibility('visible')

SELECT * FROM pg_check_visible('visible'), pg_check_frozen('visible')

SELECT pg_truncate_visibility_map('visible')

SELECT * FROM pg_visibility_map('visible', 0)

SELECT pg_visibility_map('visible', -1)

DROP TABLE visible

DROP EXTENSION pg_visibility
