CREATE EXTENSION autoinc

CREATE EXTENSION insert_username

CREATE EXTENSION moddatetime

CREATE EXTENSION refint

CREATE SEQUENCE next_id START 5

CREATE TABLE ids (id int, name text, who text, at timestamp)

CREATE TRIGGER ids_id BEFORE INSERT OR UPDATE ON ids FOR EACH ROW EXECUTE FUNCTION autoinc(id, next_id)

CREATE TRIGGER ids_who BEFORE INSERT OR UPDATE ON ids FOR EACH ROW EXECUTE FUNCTION insert_username(who)

CREATE TRIGGER ids_at BEFORE UPDATE ON ids FOR EACH ROW EXECUTE FUNCTION moddatetime(at)

INSERT INTO ids VALUES (0, 'a'), (NULL, 'b'), (77, 'c')

SELECT id, name, who, at FROM ids

UPDATE ids SET name = 'x' WHERE id = 77

SELECT id, name, at IS NOT NULL FROM ids ORDER BY id

CREATE TABLE parent (a int PRIMARY KEY)

CREATE TABLE child (a int)

CREATE TRIGGER child_check BEFORE INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION check_primary_key('a', 'parent', 'a')

CREATE TRIGGER parent_check BEFORE DELETE OR UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION check_foreign_key(1, 'cascade', 'a', 'child', 'a')

INSERT INTO parent VALUES (1), (2)

INSERT INTO child VALUES (1), (2)

INSERT INTO child VALUES (3)

DELETE FROM parent WHERE a = 1

SELECT * FROM child

DROP TABLE ids, parent, child

DROP SEQUENCE next_id

DROP EXTENSION autoinc, insert_username, moddatetime, refint
