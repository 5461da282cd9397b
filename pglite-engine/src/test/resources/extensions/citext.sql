CREATE EXTENSION citext

CREATE TABLE nick (name citext PRIMARY KEY)

INSERT INTO nick VALUES ('Tom'), ('jane')

INSERT INTO nick VALUES ('TOM')

SELECT name, name = 'TOM', name LIKE 't%' FROM nick ORDER BY name

SELECT replace('AbAb'::citext, 'ab'::citext, 'x'), split_part('AxB'::citext, 'X'::citext, 1), regexp_replace('Thomas'::citext, '.[MN]a.', 'M')

SELECT max(name), min(name), citext_cmp('a', 'B'), citext_hash('ABC') = citext_hash('abc') FROM nick

SELECT 'Ä'::citext = 'ä'::citext

DROP TABLE nick

DROP EXTENSION citext
