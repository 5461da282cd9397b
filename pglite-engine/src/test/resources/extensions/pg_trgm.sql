CREATE EXTENSION pg_trgm

SELECT show_trgm('word'), similarity('word', 'two words'), word_similarity('word', 'two words'), strict_word_similarity('word', 'two words'), show_limit(), set_limit(0.2), 'word' % 'two words', 'word' <-> 'wurd'

CREATE TABLE words (id int, t text)

INSERT INTO words SELECT i, md5(i::text) || ' word' || i FROM generate_series(1, 1000) i

CREATE INDEX words_gin ON words USING gin (t gin_trgm_ops)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT id FROM words WHERE t LIKE '%word77%'

SELECT id FROM words WHERE t LIKE '%word77%' ORDER BY id

SELECT count(*) FROM words WHERE t ~ 'c4c[a-f]+.*9$'

SELECT count(*) FROM words WHERE t ILIKE '%ABC%'

DROP INDEX words_gin

CREATE INDEX words_gist ON words USING gist (t gist_trgm_ops(siglen = 32))

EXPLAIN (COSTS OFF) SELECT t FROM words ORDER BY t <-> 'word500' LIMIT 2

SELECT id, t <-> 'word500' FROM words ORDER BY t <-> 'word500', id LIMIT 3

SELECT id FROM words WHERE 'word99' <% t ORDER BY id

SELECT similarity('größe', 'grösse'), show_trgm('ñandú')

DROP TABLE words

DROP EXTENSION pg_trgm
