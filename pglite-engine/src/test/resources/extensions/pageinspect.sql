CREATE EXTENSION pageinspect

CREATE TABLE inspected (id int PRIMARY KEY, t text, a int[], r int4range) WITH (autovacuum_enabled = off)

INSERT INTO inspected SELECT i, 'v' || i, ARRAY[i, i % 5], int4range(i, i + 3) FROM generate_series(1, 20) i

CREATE INDEX inspected_gin ON inspected USING gin (a) WITH (fastupdate = off)

CREATE INDEX inspected_gist ON inspected USING gist (r)

CREATE INDEX inspected_brin ON inspected USING brin (id)

CREATE INDEX inspected_hash ON inspected USING hash (id)

SELECT lower, upper, special, pagesize, version, prune_xid = 0 FROM page_header(get_raw_page('inspected', 0))

SELECT lp, lp_off, lp_flags, lp_len, t_ctid, t_infomask2, t_hoff, t_bits FROM heap_page_items(get_raw_page('inspected', 0)) LIMIT 3

SELECT lp, t_attrs FROM heap_page_item_attrs(get_raw_page('inspected', 0), 'inspected') LIMIT 2

SELECT magic, version, root, level, fastroot, fastlevel FROM bt_metap('inspected_pkey')

SELECT blkno, type, live_items, dead_items, avg_item_size, page_size, free_size, btpo_prev, btpo_next, btpo_level, btpo_flags FROM bt_page_stats('inspected_pkey', 1)

SELECT itemoffset, ctid, itemlen, nulls, vars, data, dead, htid FROM bt_page_items('inspected_pkey', 1) LIMIT 3

SELECT pending_head, n_total_pages, n_entry_pages, n_data_pages, n_entries, version FROM gin_metapage_info(get_raw_page('inspected_gin', 0))

SELECT flags FROM gist_page_opaque_info(get_raw_page('inspected_gist', 0))

SELECT itemoffset, ctid, itemlen, dead, keys FROM gist_page_items(get_raw_page('inspected_gist', 0), 'inspected_gist') LIMIT 2

SELECT * FROM brin_page_items(get_raw_page('inspected_brin', 2), 'inspected_brin')

SELECT brin_page_type(get_raw_page('inspected_brin', 0)), hash_page_type(get_raw_page('inspected_hash', 0))

SELECT magic, version, ntuples, ffactor, bsize FROM hash_metapage_info(get_raw_page('inspected_hash', 0))

SELECT * FROM fsm_page_contents(get_raw_page('inspected', 'fsm', 0)) LIMIT 1

SELECT get_raw_page('inspected', 77)

SELECT get_raw_page('inspected', 'nonsense', 0)

SELECT heap_page_items('short')

DROP TABLE inspected

DROP EXTENSION pageinspect
