// node-postgres: parameters, types, pool, cursor, COPY streams, LISTEN, cancelling; PG… variables say where.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import pg from 'pg';
import copy from 'pg-copy-streams';
import Cursor from 'pg-cursor';

const client = new pg.Client();
const notices = [];
client.on('notice', notice => notices.push(notice.message));
await client.connect();
assert.equal(client.connection.stream.encrypted ?? false, 'PGSSLMODE' in process.env);

// values
const values = (
  await client.query('select $1::int8 as big, $2::jsonb as doc, $3::timestamptz as at, $4::text[] as words, $5::bytea as raw', [
    '9007199254740993', {a: [1, null, 'ü']}, new Date('2024-02-29T23:59:59.123Z'), ['a,b', '"', null], Buffer.from([0, 255]),
  ])
).rows[0];
assert.equal(values.big, '9007199254740993');
assert.deepEqual(values.doc, {a: [1, null, 'ü']});
assert.equal(values.at.toISOString(), '2024-02-29T23:59:59.123Z');
assert.deepEqual(values.words, ['a,b', '"', null]);
assert.deepEqual(values.raw, Buffer.from([0, 255]));

// several statements, several results
const results = await client.query("create temp table t (a int); insert into t values (1), (2); select * from t");
assert.deepEqual(results.map(r => `${r.command} ${r.rowCount}`), ['CREATE null', 'INSERT 2', 'SELECT 2']);

// a named statement is parsed once
for (let i = 0; i < 3; i++) {
  const {rows} = await client.query({name: 'twice', text: 'select $1::int * 2 as n', values: [i]});
  assert.equal(rows[0].n, 2 * i);
}
assert.equal((await client.query("select count(*)::int as n from pg_prepared_statements where name = 'twice'")).rows[0].n, 1);

// errors carry their fields, and the session goes on
await assert.rejects(client.query('insert into t values ($1)', ['x']), {code: '22P02'});
await assert.rejects(client.query('create temp table u (a int primary key); insert into u values (1), (1)'), error => {
  assert.equal(error.code, '23505');
  assert.equal(error.constraint, 'u_pkey');
  assert.equal(error.table, 'u');
  assert.equal(error.detail, 'Key (a)=(1) already exists.');
  return true;
});
await client.query("do $$ begin raise notice 'noticed'; end $$");
assert.deepEqual(notices, ['noticed']);

// a cursor
await client.query('begin');
const cursor = client.query(new Cursor('select n from generate_series(1, $1) n', [25]));
const portions = [];
for (let rows = await cursor.read(10); rows.length > 0; rows = await cursor.read(10)) {
  portions.push(rows.length);
}
assert.deepEqual(portions, [10, 10, 5]);
await cursor.close();
await client.query('commit');

// COPY both ways
await client.query('create temp table copied (a int, b text)');
const lines = Array.from({length: 5000}, (_, i) => `${i}\tline ${i}\n`);
await pipeline(Readable.from(lines), client.query(copy.from('copy copied from stdin')));
assert.equal(await text(client.query(copy.to('copy (select * from copied order by a) to stdout'))), lines.join(''));

// notifications
await client.query('listen news');
const other = new pg.Client();
await other.connect();
const [[message]] = await Promise.all([once(client, 'notification'), other.query("select pg_notify('news', 'hello')")]);
assert.equal(message.payload, 'hello');
await other.end();

// a pool, more clients than connections
const pool = new pg.Pool({max: 4});
const sums = await Promise.all(Array.from({length: 40}, (_, i) => pool.query('select $1::int + 1 as n', [i])));
assert.deepEqual(sums.map(r => r.rows[0].n), Array.from({length: 40}, (_, i) => i + 1));
await pool.end();

// a time-out of the server
const hurried = new pg.Client({statement_timeout: 100});
await hurried.connect();
await assert.rejects(hurried.query('select pg_sleep(60)'), {code: '57014'});
await hurried.end();

// what pg_terminate_backend does to a client
const victim = new pg.Client();
await victim.connect();
const errors = [];
victim.on('error', error => errors.push(error));
const end = new Promise(resolve => victim.on('end', resolve));
await client.query('select pg_terminate_backend($1)', [victim.processID]);
await end;
assert.equal(errors[0].code, '57P01');

await client.end();
console.log('all well');
