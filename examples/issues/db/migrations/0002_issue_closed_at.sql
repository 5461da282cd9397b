-- Kept by the database, so that every writer gets it right: a mutator, psql, a script.
ALTER TABLE issue ADD COLUMN closed_at timestamptz;

CREATE FUNCTION issue_set_closed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.open THEN
    NEW.closed_at := NULL;
  ELSIF TG_OP = 'INSERT' OR OLD.open THEN
    NEW.closed_at := now();
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER issue_closed_at BEFORE INSERT OR UPDATE OF open ON issue
  FOR EACH ROW EXECUTE FUNCTION issue_set_closed_at();
