CREATE EXTENSION btree_gist

CREATE TABLE room (id int, during tsrange, EXCLUDE USING gist (id WITH =, during WITH &&))

INSERT INTO room VALUES (1, '[2020-01-01,2020-01-02)'), (2, '[2020-01-01,2020-01-02)')

INSERT INTO room VALUES (1, '[2020-01-01 12:00,2020-01-03)')

INSERT INTO room VALUES (1, '[2020-01-02,2020-01-03)')

CREATE TABLE gist_t (i int, f float8, t text, d date, u uuid)

INSERT INTO gist_t SELECT i, i / 3.0, 'x' || i, '2020-01-01'::date + i, md5(i::text)::uuid FROM generate_series(1, 500) i

CREATE INDEX gist_t_i ON gist_t USING gist (i)

CREATE INDEX gist_t_rest ON gist_t USING gist (f, t, d, u)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT i FROM gist_t ORDER BY i <-> 77 LIMIT 3

SELECT i, i <-> 77 FROM gist_t ORDER BY i <-> 77, i LIMIT 3

SELECT count(*) FROM gist_t WHERE f < 10 AND d > '2020-01-20'

SELECT i FROM gist_t WHERE t = 'x99'

SELECT i FROM gist_t WHERE u = md5('99')::uuid

CREATE TABLE era (id int, valid_at daterange, CONSTRAINT era_pk PRIMARY KEY (id, valid_at WITHOUT OVERLAPS))

INSERT INTO era VALUES (1, '[2020-01-01,2021-01-01)'), (1, '[2021-01-01,2022-01-01)')

INSERT INTO era VALUES (1, '[2020-06-01,2020-07-01)')

DROP TABLE room, gist_t, era

DROP EXTENSION btree_gist
