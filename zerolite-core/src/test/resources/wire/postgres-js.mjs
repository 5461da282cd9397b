// postgres.js, the client that zero-cache uses, against the wire server.
import assert from 'node:assert/strict';
import postgres from 'postgres';

const options = {
  host: 'localhost',
  port: Number(process.env.PGPORT),
  database: 'postgres',
  username: 'postgres',
  onnotice: () => {},
};

const sql = postgres({...options, password: process.env.PGPASSWORD, max: 5});
assert.deepEqual([...(await sql`select ${42}::int as answer, ${'ü'} as text`)], [
  {answer: 42, text: 'ü'},
]);

const pids = await Promise.all(
  Array.from({length: 5}, () => sql`select pg_backend_pid() as pid, pg_sleep(0.05)`),
);
assert.equal(new Set(pids.map(([row]) => row.pid)).size, 5);

await assert.rejects(
  sql.begin(async tx => {
    await tx`create table never (a int)`;
    await tx`select 1/0`;
  }),
  {code: '22012'},
);
assert.equal((await sql`select to_regclass('never') as never`)[0].never, null);

const heard = new Promise(resolve => void sql.listen('news', resolve, () => sql.notify('news', 'hello')));
assert.equal(await heard, 'hello');

const sleeping = sql`do $$ begin perform pg_sleep(600); end $$`.execute();
await sql`select pg_sleep(0.2)`;
sleeping.cancel();
await assert.rejects(sleeping, {code: '57014'});
await sql.end({timeout: 5});

const stranger = postgres({...options, password: 'wrong'});
await assert.rejects(stranger`select 1`, {
  code: '28P01',
  message: 'password authentication failed for user "postgres"',
});
await stranger.end({timeout: 5});
console.log('all well');
