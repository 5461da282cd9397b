CREATE TABLE cp (id int, t text, n numeric, d date, b bytea, a int[]);
COPY cp FROM stdin;
1	one	1.5	2024-01-01	\\x01ff	{1,2}
2	tab\there\nand line\\	\N	\N	\N	\N
3		-1	infinity	\\x	{}
\.
COPY cp (id, t) FROM stdin WITH (FORMAT csv, HEADER match, NULL 'NULL', QUOTE '"', FORCE_NOT_NULL (t));
id,t
4,"quoted, ""comma"""
5,NULL
6,"multi
line"
\.
COPY cp (id, t) FROM stdin WITH (FORMAT csv, HEADER match);
id,wrong
1,x
\.
COPY cp (id, t) FROM stdin (DELIMITER '|', NULL '', DEFAULT '\D');
7|x|y
\.
COPY cp FROM stdin;
notanumber	x	1	2024-01-01	\N	\N
\.
COPY cp FROM stdin (ON_ERROR ignore, LOG_VERBOSITY verbose);
bad	x	1	2024-01-01	\N	\N
8	ok	1	2024-01-01	\N	\N
9	ok	1	2024-13-01	\N	\N
\.
COPY cp (id, d) FROM stdin (ON_ERROR ignore, REJECT_LIMIT 1);
x	2024-01-01
y	2024-01-01
\.
COPY cp (id) FROM stdin WHERE id > 10;
5
15
25
\.
SELECT * FROM cp ORDER BY id;
COPY cp TO stdout;
COPY cp TO stdout (FORMAT csv, HEADER, FORCE_QUOTE (t), NULL '~');
COPY (SELECT id, t FROM cp WHERE id < 4 ORDER BY id) TO stdout WITH DELIMITER ',';
COPY (SELECT id, n, a, t FROM cp WHERE id < 4 ORDER BY id) TO stdout (FORMAT binary);
COPY cp (id, t) TO stdout (ENCODING 'LATIN1');
COPY nosuch TO stdout;
COPY cp FROM stdin (FORMAT nosuch);
COPY cp (nocol) FROM stdin;
COPY cp FROM '/nosuch/file';
COPY cp TO PROGRAM 'cat';
COPY (INSERT INTO cp (id) VALUES (100) RETURNING id) TO stdout;
CREATE TABLE part_cp (id int, v text) PARTITION BY LIST (v);
CREATE TABLE part_a PARTITION OF part_cp FOR VALUES IN ('a');
CREATE TABLE part_b PARTITION OF part_cp FOR VALUES IN ('b');
COPY part_cp FROM stdin;
1	a
2	b
\.
COPY part_cp FROM stdin;
3	c
\.
SELECT tableoid::regclass, * FROM part_cp ORDER BY id;
COPY part_cp TO stdout;
BEGIN;
CREATE TABLE frozen (a int);
COPY frozen FROM stdin (FREEZE);
1
2
\.
SELECT * FROM frozen;
COMMIT;
COPY (SELECT g, md5(g::text) FROM generate_series(1, 3000) g) TO stdout;
COPY (SELECT chr(g) FROM generate_series(1, 300) g) TO stdout;
COPY (SELECT i / 7.0::float8, timestamptz '2024-01-01Z' + i * interval '1 day 1 s', 'x' = 'x', NULL FROM generate_series(1, 5) i) TO stdout (FORMAT csv);
