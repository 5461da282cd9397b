CREATE EXTENSION tablefunc

SELECT count(*), avg(n) BETWEEN 3 AND 7 FROM normal_rand(1000, 5, 3) n

CREATE TABLE ct (id int, rowid text, attribute text, value text)

INSERT INTO ct VALUES (1, 'test1', 'att1', 'val1'), (2, 'test1', 'att2', 'val2'), (3, 'test1', 'att3', 'val3'), (4, 'test2', 'att1', 'val5'), (5, 'test2', 'att3', 'val7')

SELECT * FROM crosstab('SELECT rowid, attribute, value FROM ct ORDER BY 1, 2') AS ct (row_name text, a text, b text, c text)

SELECT * FROM crosstab('SELECT rowid, attribute, value FROM ct ORDER BY 1', 'SELECT DISTINCT attribute FROM ct ORDER BY 1') AS ct (row_name text, a text, b text, c text)

SELECT * FROM crosstab2('SELECT rowid, attribute, value FROM ct ORDER BY 1, 2')

CREATE TABLE tree (keyid text, parent text, pos int)

INSERT INTO tree VALUES ('r', NULL, 0), ('a', 'r', 0), ('b', 'r', 0), ('c', 'a', 0), ('d', 'c', 0)

SELECT * FROM connectby('tree', 'keyid', 'parent', 'r', 0, '~') AS t (keyid text, parent text, level int, branch text)

SELECT * FROM crosstab('SELECT 1') AS x (a int)

DROP TABLE ct, tree

DROP EXTENSION tablefunc
