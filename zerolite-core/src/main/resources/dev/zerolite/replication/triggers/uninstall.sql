-- Takes back all that install.sql has made; run as superuser.
SET client_min_messages = warning;
DROP FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text, boolean);
DROP FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, bytea, boolean);
ALTER FUNCTION pg_catalog.pg_logical_emit_message_to_wal(boolean, text, text, boolean)
  RENAME TO pg_logical_emit_message;
ALTER FUNCTION pg_catalog.pg_logical_emit_message_to_wal(boolean, text, bytea, boolean)
  RENAME TO pg_logical_emit_message;
DROP SCHEMA zerolite_replication CASCADE;
RESET client_min_messages;
