CREATE EXTENSION seg

SELECT '1..2'::seg, '5(+-)0.3'::seg, '~7'::seg, '<3'::seg, seg_size('1..4'), seg_union('1..2', '4..5'), '1..2'::seg && '1.5..3', '1..5'::seg @> '2..3'

SELECT 'x'::seg

CREATE TABLE seg_t (s seg)

INSERT INTO seg_t SELECT (i || ' .. ' || i + 2)::seg FROM generate_series(1, 300) i

CREATE INDEX seg_i ON seg_t USING gist (s)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT s FROM seg_t WHERE s && '10..11'

SELECT s FROM seg_t WHERE s && '10..11' ORDER BY s

DROP TABLE seg_t

DROP EXTENSION seg
