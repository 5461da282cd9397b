// Ordinary clients of PostgreSQL in numbers, beside zero-cache. (pgjdbc's part is a Java test.)
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import postgres from 'postgres';

const CLIENTS = 20;

export const pools = {
  async 'postgres-js-pool-of-20'(run) {
    const items = await run.watch('item');
    const sql = postgres(run.postgresUrl, {max: CLIENTS, onnotice: () => {}});
    try {
      const pids = await Promise.all(Array.from({length: CLIENTS}, () => sql.begin(backendPid)));
      assert.equal(new Set(pids).size, CLIENTS, 'each connection is a backend of its own');

      await Promise.all(Array.from({length: CLIENTS}, (_, k) => worker(run, sql, k)));
      await items.until('what the pool has committed', rows => rows.length === CLIENTS * 3);
      assert.ok(!items.everShowed(row => row.note === 'forbidden'));
    } finally {
      await sql.end({timeout: 5});
    }
  },

  async 'psql-20-processes'(run) {
    const items = await run.watch('item');
    await Promise.all(Array.from({length: CLIENTS}, (_, k) => psql(run, k)));
    await items.until('what psql has committed', rows => rows.length === CLIENTS * 2);
    assert.ok(!items.everShowed(row => row.note === 'forbidden'));
  },
};

/** Holds its connection until all connections are in use, so that the pool really opens them all. */
async function backendPid(tx) {
  const [{pid}] = await tx`SELECT pg_backend_pid() AS pid, pg_sleep(0.2)`;
  return pid;
}

async function worker(run, pool, k) {
  // Extended protocol, prepared and used again.
  for (let i = 0; i < 5; i++) {
    const [{sum}] = await pool`SELECT ${k}::int4 + ${i}::int4 AS sum`;
    assert.equal(sum, k + i);
  }
  // Simple protocol, several statements.
  const results = await pool.unsafe(`SELECT ${k} AS a; SELECT 'two' AS b`).simple();
  assert.deepEqual([results[0][0].a, results[1][0].b], [k, 'two']);

  await run.insertItem(`pool-${k}`, {n: k, sql: pool});
  await pool.begin(async tx => {
    await run.insertItem(`tx-${k}-1`, {n: k, sql: tx});
    await run.insertItem(`tx-${k}-2`, {n: k, sql: tx});
  });
  await assert.rejects(
    pool.begin(async tx => {
      await run.insertItem(`no-${k}`, {note: 'forbidden', sql: tx});
      await tx`SELECT 1 / 0`;
    }),
    {code: '22012', severity: 'ERROR'},
  );
  await assert.rejects(run.insertItem(`pool-${k}`, {sql: pool}), {
    code: '23505',
    constraint_name: 'item_pkey',
    table_name: 'item',
  });
  await assert.rejects(pool`SELECT * FROM no_such_table`, {code: '42P01'});
  await assert.rejects(pool`SELECT ${'x'}::int4`, {code: '22P02'});
  await assert.rejects(pool.unsafe('SELEC 1'), {code: '42601', position: '1'});
  const [{alive}] = await pool`SELECT true AS alive`;
  assert.equal(alive, true);
}

async function psql(run, k) {
  const script = `
    \\set VERBOSITY sqlstate
    INSERT INTO item (id, scope, n) VALUES ('${run.id(`psql-${k}`)}', '${run.scope}', ${k});
    BEGIN;
    INSERT INTO item (id, scope, n) VALUES ('${run.id(`psql-tx-${k}`)}', '${run.scope}', ${k});
    SAVEPOINT s;
    SELECT 1 / 0;
    ROLLBACK TO s;
    COMMIT;
    BEGIN;
    INSERT INTO item (id, scope, note) VALUES ('${run.id(`psql-no-${k}`)}', '${run.scope}', 'forbidden');
    SELECT no_such_column;
    SELECT 'not reached';
    ROLLBACK;
    PREPARE sum (int4, int4) AS SELECT $1 + $2;
    EXECUTE sum (${k}, 1);
    COPY (SELECT generate_series(1, 3)) TO STDOUT;`;
  const child = promisify(execFile)('psql', ['-XAtq', run.postgresUrl, '-f', '-'], {timeout: run.timeout * 2});
  child.child.stdin.on('error', () => {}).end(script.replace(/^ +/gm, ''));
  const {stdout, stderr} = await child.catch(error => {
    throw error.code === 'ENOENT' ? new Error('psql is missing: apt-get install postgresql-client') : error;
  });
  assert.equal(stdout, `${k + 1}\n1\n2\n3\n`);
  assert.deepEqual(
    stderr.trim().split('\n').map(line => line.slice(-5)),
    ['22012', '42703', '25P02'],
  );
}
