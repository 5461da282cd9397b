CREATE EXTENSION lo

CREATE TABLE image (title text, raster lo)

CREATE TRIGGER t_raster BEFORE UPDATE OR DELETE ON image FOR EACH ROW EXECUTE FUNCTION lo_manage(raster)

INSERT INTO image VALUES ('x', lo_from_bytea(0, 'picture'))

SELECT convert_from(lo_get(raster), 'UTF8') FROM image

SELECT count(*) FROM pg_largeobject_metadata

DELETE FROM image

SELECT count(*) FROM pg_largeobject_metadata

DROP TABLE image

DROP EXTENSION lo
