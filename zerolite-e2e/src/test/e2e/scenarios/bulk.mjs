import assert from 'node:assert/strict';

const ROWS = 5_000;

export const bulk = {
  async 'five-thousand-rows-at-once'(run) {
    const items = await run.watch('item');
    const timed = async (name, write, arrived) => {
      const started = performance.now();
      await write();
      const written = performance.now();
      await items.until(name, arrived);
      run.notes[`${name}Ms`] = {
        write: Math.round(written - started),
        arrive: Math.round(performance.now() - written),
      };
    };
    await timed(
      'insert',
      () => run.sql`INSERT INTO item (id, scope, n) SELECT ${run.scope} || '/' || i, ${run.scope}, 1
                    FROM generate_series(1, ${ROWS}) i`,
      rows => rows.length === ROWS,
    );
    await timed(
      'update',
      () => run.sql`UPDATE item SET n = 2 WHERE scope = ${run.scope}`,
      rows => rows[0].n === 2,
    );
    await timed(
      'delete',
      () => run.sql`DELETE FROM item WHERE scope = ${run.scope}`,
      rows => rows.length === 0,
    );
    assert.ok(
      items.counts.every(count => count === 0 || count === ROWS),
      `counts seen: ${items.counts}`,
    );
    for (const state of items.states) {
      assert.equal(new Set(state.map(row => row.n)).size, Math.min(1, state.length), 'a half-done update');
    }
  },

  async 'five-thousand-statements-in-one-transaction'(run) {
    const items = await run.watch('item');
    await run.sql.begin(async sql => {
      for (let i = 0; i < ROWS; i += 100) {
        await Promise.all(
          Array.from({length: 100}, (_, k) => run.insertItem(String(i + k), {n: i + k, sql})),
        );
      }
    });
    await items.until('all rows', rows => rows.length === ROWS);
    assert.ok(items.counts.every(count => count === 0 || count === ROWS), `counts seen: ${items.counts}`);
  },

  async 'many-small-transactions'(run) {
    const items = await run.watch('item');
    const sessions = [run.session(), run.session(), run.session(), run.session()];
    const started = performance.now();
    await Promise.all(
      sessions.map(async (sql, s) => {
        for (let i = 0; i < 50; i++) {
          await run.insertItem(`${s}-${i}`, {n: i, sql});
        }
      }),
    );
    await items.until('two hundred rows', rows => rows.length === 200);
    run.notes.ms = Math.round(performance.now() - started);
    // Each session committed its rows one after the other: none may be shown before its predecessor.
    for (const state of items.states) {
      for (let s = 0; s < sessions.length; s++) {
        const seen = state.filter(row => row.id.startsWith(`${run.scope}/${s}-`));
        assert.equal(Math.max(-1, ...seen.map(row => row.n)), seen.length - 1, 'a gap in a session’s rows');
      }
    }
  },
};
