CREATE EXTENSION hstore

SELECT 'a=>1, b=>NULL, "c d"=>"e\"f"'::hstore, hstore('a', 'b') || 'c=>d', 'a=>1,b=>2'::hstore -> 'b', 'a=>1,b=>2'::hstore - 'a'::text

SELECT akeys('b=>1,a=>2'), avals('b=>1,a=>2'), hstore_to_json('a=>1,b=>t'), hstore_to_jsonb_loose('a=>1,b=>t,c=>x'), hstore_to_matrix('a=>1'), slice('a=>1,b=>2,c=>3', ARRAY['a', 'c'])

SELECT * FROM each('a=>1,b=>2') ORDER BY key

SELECT 'a=>1'::hstore @> 'a=>1', 'a=>1'::hstore ? 'b', 'a=>1'::hstore ?| ARRAY['b', 'a'], defined('a=>NULL', 'a'), ('a=>1'::hstore)['a']

SELECT hstore(ROW(1, 'x')), populate_record(NULL::pg_description, 'objoid=>7, description=>"some text"')

SELECT 'a=>'::hstore

CREATE TABLE kv (id int, h hstore)

INSERT INTO kv SELECT i, hstore('k' || i % 10, i::text) || hstore('z', (i % 3)::text) FROM generate_series(1, 500) i

CREATE INDEX kv_gin ON kv USING gin (h)

CREATE INDEX kv_gist ON kv USING gist (h gist_hstore_ops(siglen = 32))

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT * FROM kv WHERE h @> 'k3=>13'

SELECT id, h FROM kv WHERE h @> 'k3=>13'

SELECT count(*) FROM kv WHERE h ? 'k4' AND h @> 'z=>1'

UPDATE kv SET h['new'] = 'x' WHERE id = 1 RETURNING h

SELECT count(DISTINCT h) FROM kv

DROP TABLE kv

DROP EXTENSION hstore
