-- What the capture by triggers keeps in a database. Repeatable; run as superuser.
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS zerolite_replication;

-- The changes table. "relation" is the version of the table's description that was true then.
CREATE TABLE IF NOT EXISTS zerolite_replication.change (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind "char" NOT NULL, -- Insert, Update, Delete, Truncate, Message, message outside of its transaction
  relation int,
  old text,             -- of a message: its prefix
  new text,
  content bytea);
CREATE INDEX IF NOT EXISTS change_of_transaction ON zerolite_replication.change (xid, seq);

-- Transactions that have changes but no position yet; then those that have one.
CREATE TABLE IF NOT EXISTS zerolite_replication.pending (xid xid8 PRIMARY KEY);
CREATE TABLE IF NOT EXISTS zerolite_replication.transaction (
  lsn pg_lsn PRIMARY KEY, xid xid8 NOT NULL, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS zerolite_replication.position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), last pg_lsn NOT NULL);
INSERT INTO zerolite_replication.position VALUES (true, pg_current_wal_insert_lsn()) ON CONFLICT DO NOTHING;

-- "seen" is what the slot's first consumer copies, so the stream leaves it out.
CREATE TABLE IF NOT EXISTS zerolite_replication.slot (
  name text PRIMARY KEY, seen pg_snapshot, confirmed pg_lsn);

CREATE TABLE IF NOT EXISTS zerolite_replication.relation (
  version int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, relid oid NOT NULL, description jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS relation_by_oid ON zerolite_replication.relation (relid, version);

-- Once per transaction; a savepoint's rollback takes the row and the setting back together.
CREATE OR REPLACE FUNCTION zerolite_replication.announce() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  xid text := pg_current_xact_id()::text;
BEGIN
  IF current_setting('zerolite_replication.xid', true) IS DISTINCT FROM xid THEN
    PERFORM set_config('zerolite_replication.xid', xid, true);
    INSERT INTO zerolite_replication.pending VALUES (xid::xid8);
    PERFORM pg_notify('zerolite_replication', '');
  END IF;
END $$;

-- Values as the walsender's settings would write them. Its argument: the description's version.
CREATE OR REPLACE FUNCTION zerolite_replication.capture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' SET timezone = 'UTC' SET xmlbinary = 'base64' AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO zerolite_replication.change (kind, relation, new) VALUES ('I', TG_ARGV[0]::int, NEW::text);
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO zerolite_replication.change (kind, relation, old, new)
      VALUES ('U', TG_ARGV[0]::int, OLD::text, NEW::text);
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO zerolite_replication.change (kind, relation, old) VALUES ('D', TG_ARGV[0]::int, OLD::text);
  ELSE
    INSERT INTO zerolite_replication.change (kind, relation) VALUES ('T', TG_ARGV[0]::int);
  END IF;
  -- as announce() itself asks, but without the cost of calling it for each row
  IF current_setting('zerolite_replication.xid', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    PERFORM zerolite_replication.announce();
  END IF;
  RETURN NULL;
END $$;

-- Every table that a publication reaches, with what a stream of it needs to know.
CREATE OR REPLACE FUNCTION zerolite_replication.describe() RETURNS TABLE (relid oid, description jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  WITH published AS (
    SELECT p.*, t.relid, t.attrs, t.qual, c.relkind, c.relname, c.relreplident, n.nspname
    FROM pg_publication p, LATERAL pg_get_publication_tables(p.pubname::text) t
    JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'zerolite_replication'
  ), written AS (
    SELECT p.*, p.relid AS leaf FROM published p WHERE relkind = 'r'
    UNION ALL
    SELECT p.*, tree.relid::oid FROM published p, LATERAL pg_partition_tree(p.relid) tree
    JOIN pg_class c ON c.oid = tree.relid AND c.relkind = 'r' WHERE p.relkind = 'p'
  )
  SELECT leaf, jsonb_build_object(
    'columns', (SELECT jsonb_agg(attname ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = leaf AND attnum > 0 AND NOT attisdropped),
    'publications', jsonb_agg(jsonb_build_object(
      'name', pubname, 'insert', pubinsert, 'update', pubupdate, 'delete', pubdelete, 'truncate', pubtruncate,
      'filtered', qual IS NOT NULL, 'oid', w.relid::bigint, 'schema', nspname, 'table', relname,
      'identity', relreplident,
      'columns', (
        SELECT jsonb_agg(jsonb_build_object(
          'name', attname, 'type', atttypid::bigint, 'typmod', atttypmod,
          'key', CASE relreplident WHEN 'f' THEN true WHEN 'n' THEN false ELSE EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = w.relid AND i.indimmediate
              AND CASE relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END
              AND a.attnum = ANY (i.indkey)) END) ORDER BY attnum)
        FROM pg_attribute a WHERE attrelid = w.relid AND attnum = ANY (attrs))) ORDER BY w.relid = leaf, pubname))
  FROM written w GROUP BY leaf
$$;

-- Gives each published table triggers that name its present description.
CREATE OR REPLACE FUNCTION zerolite_replication.install_triggers() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET event_triggers = off AS $$
DECLARE
  t record;
  current_version int;
BEGIN
  FOR t IN
    SELECT d.relid, d.description, r.version FROM zerolite_replication.describe() d
    LEFT JOIN LATERAL (SELECT * FROM zerolite_replication.relation r WHERE r.relid = d.relid
                       ORDER BY version DESC LIMIT 1) r ON r.description = d.description
    WHERE r.version IS NULL
      OR NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = d.relid AND tgname = '!zerolite_rows')
  LOOP
    current_version := t.version;
    IF current_version IS NULL THEN
      INSERT INTO zerolite_replication.relation (relid, description) VALUES (t.relid, t.description)
        RETURNING version INTO current_version;
    END IF;
    -- the name comes before those of the tables' own triggers, which fire in the names' order
    EXECUTE format('CREATE OR REPLACE TRIGGER "!zerolite_rows" AFTER INSERT OR UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION zerolite_replication.capture(%s)',
                   t.relid::regclass, current_version);
    EXECUTE format('CREATE OR REPLACE TRIGGER "!zerolite_truncate" AFTER TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION zerolite_replication.capture(%s)',
                   t.relid::regclass, current_version);
  END LOOP;
  FOR t IN
    SELECT tgrelid, tgname FROM pg_trigger
    WHERE tgname IN ('!zerolite_rows', '!zerolite_truncate')
      AND tgrelid NOT IN (SELECT relid FROM zerolite_replication.describe())
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass);
    DELETE FROM zerolite_replication.relation r WHERE r.relid = t.tgrelid
      AND NOT EXISTS (SELECT FROM zerolite_replication.change c WHERE c.relation = r.version);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION zerolite_replication.after_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM zerolite_replication.install_triggers();
END $$;
DROP EVENT TRIGGER IF EXISTS zerolite_replication;
CREATE EVENT TRIGGER zerolite_replication ON ddl_command_end
  WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE SCHEMA', 'ALTER SCHEMA',
               'CREATE PUBLICATION', 'ALTER PUBLICATION', 'DROP PUBLICATION')
  EXECUTE FUNCTION zerolite_replication.after_ddl();

-- Logical messages are changes too; they would otherwise be in the WAL only.
CREATE OR REPLACE FUNCTION zerolite_replication.message(transactional boolean, prefix text, content bytea)
RETURNS pg_lsn LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO zerolite_replication.change (kind, old, content)
    VALUES (CASE WHEN transactional THEN 'M' ELSE 'm' END, prefix, content);
  PERFORM zerolite_replication.announce();
  RETURN pg_current_wal_insert_lsn();
END $$;
-- A built-in function's OID leads to its code whatever pg_proc says, so it makes way for another one.
DO $$ BEGIN
  IF to_regprocedure('pg_catalog.pg_logical_emit_message_to_wal(boolean, text, text, boolean)') IS NULL THEN
    ALTER FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text, boolean)
      RENAME TO pg_logical_emit_message_to_wal;
    ALTER FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, bytea, boolean)
      RENAME TO pg_logical_emit_message_to_wal;
  END IF;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_logical_emit_message(
  transactional boolean, prefix text, message text, flush boolean DEFAULT false)
RETURNS pg_lsn LANGUAGE sql STRICT VOLATILE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT zerolite_replication.message($1, $2, convert_to($3, getdatabaseencoding())) $$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_logical_emit_message(
  transactional boolean, prefix text, message bytea, flush boolean DEFAULT false)
RETURNS pg_lsn LANGUAGE sql STRICT VOLATILE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT zerolite_replication.message($1, $2, $3) $$;

-- Gives positions to the transactions that have been committed meanwhile, and tells up to where all
-- have one. The order of their last changes is one in which they can have happened: who changed a
-- row after another did so after the other's commit.
CREATE OR REPLACE FUNCTION zerolite_replication.assign_positions() RETURNS pg_lsn
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  previous pg_lsn;
  committed xid8[];
  base pg_lsn;
BEGIN
  SELECT last INTO previous FROM zerolite_replication.position FOR UPDATE;
  SELECT array_agg(xid ORDER BY (SELECT max(seq) FROM zerolite_replication.change c WHERE c.xid = p.xid))
    INTO committed FROM zerolite_replication.pending p;
  -- after the snapshot above: whoever is in it, and not in a slot's, comes after the slot's position
  base := greatest(pg_current_wal_insert_lsn(), previous + 8);
  IF committed IS NOT NULL THEN
    INSERT INTO zerolite_replication.transaction
      SELECT base + 8 * n, xid, clock_timestamp() FROM unnest(committed) WITH ORDINALITY AS u (xid, n);
    DELETE FROM zerolite_replication.pending WHERE xid = ANY (committed);
    base := base + 8 * cardinality(committed);
    UPDATE zerolite_replication.position SET last = base;
    base := base + 8;
  END IF;
  RETURN base;
END $$;

-- The slots that are still there; a slot is dropped with PostgreSQL's own functions.
CREATE OR REPLACE VIEW zerolite_replication.live_slot AS
  SELECT s.*, r.wal_status FROM zerolite_replication.slot s JOIN pg_replication_slots r ON r.slot_name = s.name;

-- Removes what no slot needs any more.
CREATE OR REPLACE FUNCTION zerolite_replication.clean_up() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  needed pg_lsn;
BEGIN
  PERFORM zerolite_replication.assign_positions();
  DELETE FROM zerolite_replication.slot
    WHERE name NOT IN (SELECT slot_name FROM pg_replication_slots);
  SELECT coalesce(min(coalesce(confirmed, '0/0')), 'FFFFFFFF/FFFFFFFF') INTO needed
    FROM zerolite_replication.live_slot WHERE wal_status <> 'lost';
  WITH gone AS (DELETE FROM zerolite_replication.transaction WHERE lsn < needed RETURNING xid)
  DELETE FROM zerolite_replication.change c USING gone WHERE c.xid = gone.xid;
END $$;
SELECT zerolite_replication.install_triggers();
RESET client_min_messages;
