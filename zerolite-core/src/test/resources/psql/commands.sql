create database m1;
\c m1
create schema shop;
create type shop.state as enum ('open', 'paid');
create domain shop.email as text check (value like '%@%');
create table shop.customer (id int primary key, email shop.email not null unique);
create table shop.purchase (
  id bigint generated always as identity primary key,
  customer_id int not null references shop.customer on delete cascade,
  state shop.state default 'open', amount numeric(12,2) check (amount > 0), tags text[], at timestamptz default now());
create index on shop.purchase using gin (tags);
create view shop.paid as select * from shop.purchase where state = 'paid';
create materialized view shop.mv as select count(*) from shop.purchase;
create function shop.total(int) returns numeric language sql as 'select sum(amount) from shop.purchase where customer_id = $1';
create function shop.trg() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger t before insert on shop.purchase for each row execute function shop.trg();
create procedure shop.p(a int, inout b text) language plpgsql as $$ begin b := a::text; end $$;
create aggregate shop.mysum(int) (sfunc=int4pl, stype=int);
create role reader; grant select on shop.purchase to reader;
create role grp nologin; grant grp to reader;
alter role reader in database m1 set work_mem = '5MB';
alter database m1 set statement_timeout='1min';
create publication pub for table shop.purchase (id, state) where (id > 0), shop.customer;
create publication puball for all tables;
create sequence shop.sq;
create table shop.part (a int, b text) partition by range (a);
create table shop.part1 partition of shop.part for values from (0) to (10);
create table shop.part2 partition of shop.part default;
create statistics shop.st on customer_id, state from shop.purchase;
alter table shop.customer enable row level security;
create policy pol on shop.customer for select using (id > 1);
create rule r as on update to shop.part do nothing;
comment on table shop.part is 'a comment';
create event trigger et on ddl_command_start execute function pg_catalog.event_trigger_x();
alter default privileges in schema shop grant select on tables to reader;
create foreign data wrapper fdw;
create server srv foreign data wrapper fdw;
create foreign table shop.ft (a int) server srv;
create text search configuration shop.tsc (copy = english);
create operator shop.=== (leftarg=int, rightarg=int, procedure=int4eq);
create collation shop.coll from "C";
create cast (shop.state as int) with inout;
create extension if not exists pgcrypto;
\l
\c m1
\d
\d+
\d shop.*
\d+ shop.purchase
\d+ shop.paid
\d+ shop.mv
\d+ shop.part
\d+ shop.part1
\d+ shop.ft
\d shop.sq
\dt+ shop.*
\di+ shop.*
\dv+ shop.*
\dm+ shop.*
\ds+ shop.*
\dE+ shop.*
\dP+ shop.*
\df+ shop.*
\dfn shop.*
\dft shop.*
\dfp shop.*
\da shop.*
\dT+ shop.*
\dD+ shop.*
\dC
\dn+
\du+
\dg reader
\drg
\dp shop.*
\z shop.purchase
\ddp
\dRp
\dRp+
\dRs
\dx
\dx+
\dy
\dA+
\dAc
\dAf
\dAo btree
\dAp btree
\dconfig work_mem
\drds
\dF
\dF+ shop.tsc
\dFd
\dFp
\dFt
\dL+
\do shop.*
\dO+ shop.*
\dO
\dX shop.*
\des+
\det+
\deu+
\dew+
\dl
\lo_list
\dS pg_class
\dS+ pg_stat_activity
\sf+ shop.trg
\sv shop.paid
\encoding
\conninfo
select 1 as a, 'x'::text as b, null::shop.state, 1.5::numeric(5,2), now()::timestamp(3) \gdesc
select 1 \gx
select 'shop.customer' as t \gset
\echo :t
select 1 \; select 2 \;
select format('select %s', i) from generate_series(1,3) i \gexec
values (1,'a',10),(2,'b',20),(1,'b',30) \crosstabview
\errverbose
select 1/0;
\errverbose
insert into shop.customer values (1, 'nope');
\errverbose
insert into shop.customer values (1, 'a@b'), (2, 'b@c');
\copy shop.customer to 'c.csv' csv header
\copy shop.customer from 'c.csv' csv header
\copy (select * from shop.customer) to stdout
truncate shop.customer cascade;
\copy shop.customer from 'c.csv' csv header
\copy shop.customer from stdin
3	x@y
4	z@y
\.
copy shop.customer to stdout with (format csv, header);
copy shop.customer from stdin;
5	fail
\.
\set ON_ERROR_ROLLBACK on
begin;
select 1/0;
select 1;
commit;
\unset ON_ERROR_ROLLBACK
\set AUTOCOMMIT off
insert into shop.part values (1,'x');
rollback;
\set AUTOCOMMIT on
\set FETCH_COUNT 2
select * from generate_series(1,5);
select 1/(3-i) from generate_series(1,5) i;
\unset FETCH_COUNT
\lo_import 'c.csv'
\lo_list
\echo :LASTOID
\lo_export :LASTOID 'd.csv'
\! cmp c.csv d.csv && echo same
\lo_unlink :LASTOID
\set VERBOSITY verbose
select 'a'::int;
do $$ begin raise notice 'hi' using hint='h', detail='d'; raise warning 'w'; end $$;
\set VERBOSITY sqlstate
select 'a'::int;
\set VERBOSITY default
listen ch; notify ch, 'hello';
select 1;
select 1 \g | cat
\o out.txt
table shop.customer;
\o
\! cat out.txt
\pset format html
values ('<&>', null);
\pset format csv
values ('a,b', '"');
\pset format aligned
\pset null '(null)'
select null as n \gx
\prompt 'name? ' x
\i nothing.sql
create table many as select i, repeat('x', 1000) as t from generate_series(1, 3000) i;
\copy many to 'many.bin' with (format binary)
\copy many from 'many.bin' with (format binary)
select count(*), sum(length(t)) from many;
\copy many from program 'echo 1; exit 3'
\copy many to 'no/such/directory'
\copy nowhere from 'many.bin'
prepare q (int) as select $1 + 1;
execute q (41);
\unset nothing
\if true
\echo yes
\else
\echo no
\endif
\c postgres
drop database m1;
\l m1
drop role reader, grp;
\c nowhere
\echo psql ends before this
