CREATE TABLE author (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE FUNCTION shout(words text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  -- a semicolon inside; of a body
  RETURN upper(words) || '!';
END
$$;
INSERT INTO author (name) VALUES ('${first}');
