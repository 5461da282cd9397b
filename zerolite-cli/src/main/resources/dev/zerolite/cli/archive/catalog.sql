-- The kind of questions that zero-cache and object-relational mappers ask about a database.
begin isolation level repeatable read read only;
set local statement_timeout = 0;
select b.oid, b.typarray from pg_catalog.pg_type a left join pg_catalog.pg_type b on b.oid = a.typelem
where a.typcategory = 'A' group by b.oid, b.typarray order by b.oid;
select nspname from pg_namespace where nspname in ('train', 'public');
select pubname, schemaname, tablename, attnames, rowfilter from pg_publication_tables;
select pubname, pubinsert, pubupdate, pubdelete, pubtruncate from pg_publication;
with columns as (
  select c.oid, c.relname, a.attname, a.attnum, t.typname, pg_get_expr(d.adbin, d.adrelid) as default_value
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where n.nspname = 'public' and c.relkind in ('r', 'p')
)
select json_object_agg(relname, column_list)
from (select relname, json_agg(json_build_object('name', attname, 'type', typname, 'default', default_value)
                               order by attnum) as column_list
      from columns group by relname) as tables;
select i.indexrelid::regclass, i.indisunique, array_agg(a.attname order by k.position)
from pg_index i
cross join unnest(i.indkey) with ordinality as k(attribute, position)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute
where i.indrelid in ('issue'::regclass, 'comment'::regclass)
group by i.indexrelid, i.indisunique;
select conname, contype, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'comment'::regclass;
select greatest(reltuples, 0)::float8, pg_table_size(oid)::float8 from pg_class where oid = 'issue'::regclass;
commit;

select slot_name, restart_lsn, wal_status, active_pid from pg_replication_slots;
select extract(epoch from (setting || unit)::interval) * 1000 from pg_settings where name = 'wal_sender_timeout';
select table_name, column_name, data_type from information_schema.columns where table_schema = 'public';
