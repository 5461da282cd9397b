CREATE EXTENSION intarray

SELECT icount('{1,2,3}'::int[]), sort('{3,1,2}'), sort('{1,3,2}', 'desc'), uniq('{1,1,2}'), idx('{5,6,7}', 6), subarray('{1,2,3,4}', 2, 2), intset(5), '{1,2}'::int[] + 3, '{1,2,3}'::int[] - '{2}', '{1,2}'::int[] | '{2,3}', '{1,2}'::int[] & '{2,3}'

SELECT '{1,2,3}'::int[] @@ '1&(2|4)&!7'::query_int, '1&2'::query_int, '1&'::query_int

SELECT '1&2|!3'::query_int

CREATE TABLE tags (id int, t int[])

INSERT INTO tags SELECT i, ARRAY[i % 7, i % 11, i % 13] FROM generate_series(1, 1000) i

CREATE INDEX tags_gin ON tags USING gin (t gin__int_ops)

CREATE INDEX tags_gist ON tags USING gist (t gist__intbig_ops)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT count(*) FROM tags WHERE t @@ '3&(5|6)'

SELECT count(*) FROM tags WHERE t @@ '3&(5|6)'

SELECT count(*) FROM tags WHERE t && '{12}'

DROP INDEX tags_gin

SELECT count(*) FROM tags WHERE t @> '{2,3}'

CREATE INDEX tags_small ON tags USING gist (t gist__int_ops)

SELECT count(*) FROM tags WHERE t = '{1,1,1}'

DROP TABLE tags

DROP EXTENSION intarray
