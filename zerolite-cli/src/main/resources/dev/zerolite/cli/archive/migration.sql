-- An app's schema, and what zero-cache adds to a database: publications, event triggers, functions.
create type priority as enum ('low', 'medium', 'high');

create table issue (
  id integer primary key,
  title text not null,
  body text not null default '',
  priority priority not null default 'medium',
  closed boolean not null default false,
  labels text[] not null default '{}',
  details jsonb not null default '{}',
  effort numeric(10, 2),
  modified timestamptz not null default now()
);
create index issue_modified on issue (modified desc);

create table comment (
  id bigint generated always as identity primary key,
  issue integer not null references issue on delete cascade,
  body text not null,
  unique (issue, id)
);

create function touch() returns trigger language plpgsql as $$
begin
  new.modified := now();
  return new;
end $$;
create trigger touch before update on issue for each row execute function touch();

create schema train;
create table train.schema_version (version integer, schema json);

create function train.schemas() returns json language sql as $$
  select json_agg(json_build_object('table', c.relname, 'oid', c.oid::int8, 'columns', (
    select json_object_agg(attname, json_build_object('type', atttypid::regtype::text, 'not null', attnotnull)
                           order by attnum)
    from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)))
  from pg_publication_tables p
  join pg_class c on c.relname = p.tablename
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = p.schemaname
$$;

create function train.ddl_end() returns event_trigger language plpgsql as $$
declare
  command record;
begin
  perform pg_advisory_xact_lock(1);
  for command in select * from pg_event_trigger_ddl_commands() loop
    perform pg_logical_emit_message(true, 'train', json_build_object(
      'tag', tg_tag, 'object', command.object_identity, 'schemas', train.schemas())::text);
  end loop;
exception when others then
  raise warning '%', sqlerrm;
end $$;

create publication train for tables in schema public with (publish_via_partition_root = true);
create event trigger train on ddl_command_end execute function train.ddl_end();

alter table issue add column author text;
create index issue_author on issue (author) where author is not null;

insert into issue (id, title, details, effort)
select i, 'issue ' || i, jsonb_build_object('n', i, 'tags', array['x', 'y']), i * 1.5
from generate_series(1, 1000) i;
insert into comment (issue, body) select 1 + i % 1000, repeat('word ', 20) from generate_series(1, 1000) i;
analyze;
