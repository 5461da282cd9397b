-- Takes back all that install.sql has made. Repeatable; run as superuser.
SET client_min_messages = warning;
CREATE OR REPLACE FUNCTION pg_catalog.pg_logical_emit_message(
  transactional boolean, prefix text, message text, flush boolean DEFAULT false)
RETURNS pg_lsn LANGUAGE internal STRICT VOLATILE AS 'pg_logical_emit_message_text';
ALTER FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text, boolean) SECURITY INVOKER RESET ALL;
CREATE OR REPLACE FUNCTION pg_catalog.pg_logical_emit_message(
  transactional boolean, prefix text, message bytea, flush boolean DEFAULT false)
RETURNS pg_lsn LANGUAGE internal STRICT VOLATILE AS 'pg_logical_emit_message_bytea';
ALTER FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, bytea, boolean) SECURITY INVOKER RESET ALL;
DROP SCHEMA IF EXISTS zerolite_replication CASCADE;
RESET client_min_messages;
