CREATE EXTENSION btree_gin

CREATE TABLE gin_t (i int, t text, ts timestamp, n numeric, u uuid, b bool)

INSERT INTO gin_t SELECT i, 't' || i, '2020-01-01'::timestamp + i * interval '1 hour', i / 4.0, md5(i::text)::uuid, i % 2 = 0 FROM generate_series(1, 500) i

CREATE INDEX gin_t_all ON gin_t USING gin (i, t, ts, n, u, b)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT * FROM gin_t WHERE i < 3

SELECT i, t FROM gin_t WHERE i < 5 ORDER BY i

SELECT i FROM gin_t WHERE t = 't77'

SELECT count(*) FROM gin_t WHERE ts >= '2020-01-10' AND b

SELECT count(*) FROM gin_t WHERE n BETWEEN 10 AND 11.5

SELECT i FROM gin_t WHERE u = md5('200')::uuid

DROP TABLE gin_t

DROP EXTENSION btree_gin
