// postgres.js: pipelining over few connections, cursors, COPY streams, LISTEN, cancelling; PG… variables say where.
import assert from 'node:assert/strict';
import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import postgres from 'postgres';

const sql = postgres({max: 3, onnotice: () => {}});

const [row] = await sql`select ${'9007199254740993'}::int8 as big, ${sql.json({a: [1, null]})}::jsonb as doc,
  ${new Date('2024-02-29T23:59:59.123Z')}::timestamptz as at, ${['a,b', '"']}::text[] as words, ${Buffer.from([0, 255])}::bytea as raw`;
assert.equal(row.big, '9007199254740993');
assert.deepEqual(row.doc, {a: [1, null]});
assert.equal(row.at.toISOString(), '2024-02-29T23:59:59.123Z');
assert.deepEqual(row.words, ['a,b', '"']);
assert.deepEqual(row.raw, Buffer.from([0, 255]));

// hundreds of queries in flight on three connections, errors among them
const answers = await Promise.allSettled(Array.from({length: 300}, (_, i) => (i % 10 === 3 ? sql`select 1 / (${i}::int - ${i}::int)` : sql`select ${i}::int * 2 as n`)));
answers.forEach((answer, i) => {
  if (i % 10 === 3) {
    assert.equal(answer.reason.code, '22012');
  } else {
    assert.equal(answer.value[0].n, 2 * i);
  }
});

await sql`create table item (id serial primary key, name text unique, tags text[])`;
const inserted = await sql`insert into item ${sql([{name: 'a', tags: ['x']}, {name: 'ü', tags: []}], 'name', 'tags')} returning id`;
assert.deepEqual(inserted.map(r => r.id), [1, 2]);
await assert.rejects(sql`insert into item (name) values ('a')`, {code: '23505', constraint_name: 'item_name_key'});

// transactions with savepoints
const names = await sql.begin(async tx => {
  await tx`insert into item (name) values ('in')`;
  await tx.savepoint(sp => sp`insert into item (name) values ('a')`).catch(error => assert.equal(error.code, '23505'));
  return tx`select name from item order by id`;
});
assert.deepEqual(names.map(r => r.name), ['a', 'ü', 'in']);
await assert.rejects(sql.begin(async tx => {
  await tx`delete from item`;
  throw new Error('changed my mind');
}), /changed my mind/);
assert.equal((await sql`select count(*)::int as n from item`)[0].n, 3);

// a cursor, left early and read to its end
const sizes = [];
for await (const rows of sql`select generate_series(1, 25)`.cursor(10)) {
  sizes.push(rows.length);
}
assert.deepEqual(sizes, [10, 10, 5]);
for await (const [first] of sql`select n from generate_series(1, 1000000) n`.cursor()) {
  assert.equal(first.n, 1);
  break;
}

// a description without execution
const description = await sql`select id, name from item where id = ${1}`.describe();
assert.deepEqual(description.columns.map(c => [c.name, c.type]), [['id', 23], ['name', 25]]);
assert.deepEqual(description.types, [23]);

// COPY both ways
await sql`create table copied (a int, b text)`;
const lines = Array.from({length: 5000}, (_, i) => `${i}\tline ${i}\n`);
await pipeline(Readable.from(lines), await sql`copy copied from stdin`.writable());
assert.equal(await text(await sql`copy (select * from copied order by a) to stdout`.readable()), lines.join(''));

// with a new client: on connections used as above this driver sometimes does not send what comes next, to any server
const fresh = postgres({max: 3, onnotice: () => {}});

// notifications
const heard = new Promise(resolve => fresh.listen('news', resolve, () => fresh.notify('news', 'hello')));
assert.equal(await heard, 'hello');

// cancelling
// by clients of their own, or the question might be pipelined behind the sleep
const sleeper = postgres({max: 1});
const sleeping = sleeper`select pg_sleep(60)`.execute();
while (!(await fresh`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' and query = 'select pg_sleep(60)'`).length);
sleeping.cancel();
await assert.rejects(sleeping, {code: '57014'});
await sleeper.end({timeout: 5});

// a file of statements
await fresh.unsafe("create table many (a int); insert into many values (1); do $$ begin raise notice 'x'; end $$").simple();
assert.equal((await fresh`select a from many`)[0].a, 1);

await fresh.end({timeout: 5});
await sql.end({timeout: 1});
console.log('all well');
