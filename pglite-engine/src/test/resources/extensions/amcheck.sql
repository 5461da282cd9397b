CREATE EXTENSION amcheck

CREATE TABLE checked (id int PRIMARY KEY, v text, j jsonb)

INSERT INTO checked SELECT i, repeat(md5(i::text), 1 + i % 9), jsonb_build_object('k', i % 7) FROM generate_series(1, 3000) i

DELETE FROM checked WHERE id % 3 = 0

CREATE INDEX checked_v ON checked (v)

CREATE INDEX checked_j ON checked USING gin (j)

SELECT bt_index_check('checked_pkey', true), bt_index_parent_check('checked_v', true, true)

SELECT bt_index_check('checked_pkey', true, true)

SELECT gin_index_check('checked_j')

SELECT * FROM verify_heapam('checked')

SELECT count(bt_index_check(c.oid, true)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam WHERE m.amname = 'btree' AND i.indisvalid AND c.relpersistence = 'p' AND c.relnamespace = 'pg_catalog'::regnamespace AND c.relname LIKE 'pg_class%'

SELECT bt_index_check('checked')

DROP EXTENSION amcheck

DROP TABLE checked
