CREATE EXTENSION pg_freespacemap

CREATE TABLE spacious (t text) WITH (autovacuum_enabled = off)

INSERT INTO spacious SELECT repeat('x', 100) FROM generate_series(1, 200)

DELETE FROM spacious WHERE ctid >= '(1,1)'

VACUUM (TRUNCATE off) spacious

SELECT * FROM pg_freespace('spacious')

SELECT pg_freespace('spacious', 1)

SELECT pg_freespace('spacious', -1)

DROP TABLE spacious

DROP EXTENSION pg_freespacemap
