CREATE EXTENSION pg_buffercache

CREATE TABLE cached AS SELECT i FROM generate_series(1, 1000) i

SELECT count(*) > 0, bool_and(pinning_backends >= 0) FROM pg_buffercache WHERE relfilenode = pg_relation_filenode('cached') AND relforknumber = 0

SELECT buffers_used > 0, buffers_unused >= 0, usagecount_avg > 0 FROM pg_buffercache_summary()

SELECT count(*) FROM pg_buffercache_usage_counts()

SELECT buffer_evicted FROM pg_buffercache_evict_relation('cached') AS t(buffer_evicted, a, b)

SELECT count(*) FROM cached

SELECT pg_buffercache_evict(-1)

DROP TABLE cached

DROP EXTENSION pg_buffercache
