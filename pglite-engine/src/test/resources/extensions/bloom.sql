CREATE EXTENSION bloom

CREATE TABLE bloomed (a int, b int, c text)

INSERT INTO bloomed SELECT i % 10, i % 13, (i % 17)::text FROM generate_series(1, 2000) i

CREATE INDEX bloomed_index ON bloomed USING bloom (a, b, c) WITH (length = 80, col1 = 2, col2 = 2, col3 = 4)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT count(*) FROM bloomed WHERE a = 3 AND b = 5

SELECT count(*) FROM bloomed WHERE a = 3 AND b = 5

SELECT count(*) FROM bloomed WHERE c = '7'

DELETE FROM bloomed WHERE a = 3

VACUUM bloomed

SELECT count(*) FROM bloomed WHERE b = 5

DROP EXTENSION bloom

DROP EXTENSION bloom CASCADE

DROP TABLE bloomed
