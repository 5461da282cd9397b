CREATE EXTENSION file_fdw

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw

COPY (SELECT i, 'row ' || i FROM generate_series(1, 5) i) TO '/tmp/zerolite_file_fdw.csv' CSV

CREATE FOREIGN TABLE filed (i int, t text) SERVER files OPTIONS (filename '/tmp/zerolite_file_fdw.csv', format 'csv')

SELECT * FROM filed WHERE i > 2

SELECT count(*) FROM filed

CREATE FOREIGN TABLE missing (i int) SERVER files OPTIONS (filename '/tmp/zerolite_no_such_file')

SELECT * FROM missing

CREATE FOREIGN TABLE wrong (i int) SERVER files OPTIONS (nonsense 'x')

INSERT INTO filed VALUES (6, 'x')

DROP EXTENSION file_fdw CASCADE
