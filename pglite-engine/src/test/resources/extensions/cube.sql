CREATE EXTENSION cube

SELECT '(1,2),(3,4)'::cube, cube(1, 2), cube(ARRAY[1, 2], ARRAY[3, 4]), cube_dim('(1,2,3)')

SELECT cube_union('(0,0),(1,1)', '(2,2)'), cube_inter('(0,0),(2,2)', '(1,1),(3,3)'), cube_size('(0,0),(2,3)'), cube_enlarge('(1,1)', 2, 2)

SELECT cube_distance('(0,0)', '(3,4)'), '(0,0)'::cube <#> '(3,4)'::cube, '(0,0)'::cube <=> '(3,4)'::cube, '(1,2)'::cube ~> 2

SELECT '(1,2'::cube

CREATE TABLE point_t (c cube)

INSERT INTO point_t SELECT cube(ARRAY[i % 31, i % 47]) FROM generate_series(1, 1000) i

CREATE INDEX point_c ON point_t USING gist (c)

SET enable_seqscan = off

EXPLAIN (COSTS OFF) SELECT * FROM point_t WHERE c <@ '(3,3),(5,5)'

SELECT c, count(*) FROM point_t WHERE c <@ '(3,3),(5,5)' GROUP BY c ORDER BY c

SELECT c <-> '(10,10.25)' FROM point_t ORDER BY c <-> '(10,10.25)' LIMIT 5

DROP TABLE point_t

DROP EXTENSION cube
