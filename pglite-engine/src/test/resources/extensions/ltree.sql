CREATE EXTENSION ltree

SELECT subpath('Top.Child1.Child2', 1), nlevel('a.b.c'), index('a.b.c.d', 'c'), lca('1.2.3', '1.2.3.4.5.6'), 'a.b' || 'c'::ltree, text2ltree('x.y')

SELECT 'Top.Science' @> 'Top.Science.Astronomy'::ltree, 'a.b.c' ~ '*.b.*'::lquery, 'Europe.Russia' @ 'Europe & Russia'::ltxtquery, 'a.b' ~ 'a.b|c*@{1,2}'::lquery

SELECT 'a..b'::ltree

CREATE TABLE tree (path ltree)

INSERT INTO tree SELECT ('r.n' || i % 10 || '.m' || i % 7 || '.l' || i)::ltree FROM generate_series(1, 700) i

CREATE INDEX tree_gist ON tree USING gist (path)

CREATE INDEX tree_btree ON tree USING btree (path)

CREATE INDEX tree_hash ON tree USING hash (path)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT count(*) FROM tree WHERE path ~ '*.n3.m2.*'

SELECT count(*) FROM tree WHERE path ~ '*.n3.m2.*'

SELECT path FROM tree WHERE path <@ 'r.n3.m2' ORDER BY path LIMIT 3

SELECT count(*) FROM tree WHERE path ? ARRAY['*.n1.*', '*.m1.*']::lquery[]

SELECT path FROM tree WHERE path = 'r.n1.m1.l1'

DROP TABLE tree

DROP EXTENSION ltree
