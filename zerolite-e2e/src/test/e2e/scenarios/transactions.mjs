// What a client must never see: parts of a transaction, a rolled-back one, an open one.
//
// "Never" is shown with a marker: a row committed after the forbidden one. Changes arrive in commit order, so when the
// marker is there, everything before it has arrived or never will.
import assert from 'node:assert/strict';

const named = (run, name) => row => row.id === run.id(name);

export const transactions = {
  async 'rolled-back'(run) {
    const items = await run.watch('item');
    await run.sql.begin(async sql => {
      await run.insertItem('forbidden', {sql});
      throw new RollBack();
    }).catch(ignoreRollBack);
    await run.insertItem('marker');
    await items.until('the marker', rows => rows.some(named(run, 'marker')));
    assert.ok(!items.everShowed(named(run, 'forbidden')));
  },

  async 'rolled-back-by-error'(run) {
    const items = await run.watch('item');
    await run.insertItem('taken');
    await assert.rejects(
      run.sql.begin(async sql => {
        await run.insertItem('forbidden', {sql});
        await run.insertItem('taken', {sql});
      }),
      {code: '23505'},
    );
    await run.insertItem('marker');
    await items.until('the marker', rows => rows.some(named(run, 'marker')));
    assert.ok(!items.everShowed(named(run, 'forbidden')));
    assert.equal(items.now.length, 2);
  },

  async 'rolled-back-savepoint'(run) {
    const items = await run.watch('item');
    await run.sql.begin(async sql => {
      await run.insertItem('kept', {sql});
      await sql.savepoint(async inner => {
        await run.insertItem('forbidden', {sql: inner});
        throw new RollBack();
      }).catch(ignoreRollBack);
      await run.insertItem('marker', {sql});
    });
    await items.until('the marker', rows => rows.some(named(run, 'marker')));
    assert.ok(!items.everShowed(named(run, 'forbidden')));
    assert.deepEqual(items.counts.filter(count => count === 1), [], 'both rows come in one step');
  },

  async 'open-until-commit'(run) {
    const items = await run.watch('item');
    const other = run.session();
    await other.begin(async sql => {
      await run.insertItem('open', {sql});
      await run.insertItem('marker');
      await items.until('the marker', rows => rows.some(named(run, 'marker')));
      assert.ok(!items.everShowed(named(run, 'open')));
    });
    await items.until('the committed row', rows => rows.some(named(run, 'open')));
  },

  async 'interleaved'(run) {
    const items = await run.watch('item');
    const [first, second] = [run.session(), run.session()];
    await first.begin(async a => {
      await run.insertItem('a1', {sql: a});
      await second.begin(async b => {
        await run.insertItem('b1', {sql: b});
        await run.insertItem('a2', {sql: a});
        await run.insertItem('b2', {sql: b});
      });
      await items.until('the second transaction', rows => rows.length === 2);
      assert.ok(items.now.every(row => row.id.includes('/b')), 'only what is committed');
      await run.insertItem('a3', {sql: a});
    });
    await items.until('the first transaction', rows => rows.length === 5);
    assert.ok(items.counts.every(count => [0, 2, 5].includes(count)), `counts seen: ${items.counts}`);
  },

  async 'transfer-keeps-its-sum'(run) {
    const items = await run.watch('item');
    await run.sql`INSERT INTO item (id, scope, n) SELECT ${run.scope} || '/' || i, ${run.scope}, 100
                  FROM generate_series(1, 10) i`;
    await items.until('ten accounts', rows => rows.length === 10);
    const sessions = [run.session(), run.session(), run.session()];
    await Promise.all(
      sessions.map(async (session, s) => {
        for (let i = 0; i < 20; i++) {
          // Always the lower key first, so that the three never deadlock.
          const [from, to] = [1 + ((i + s) % 9), 10].map(k => run.id(String(k)));
          await session.begin(async sql => {
            await sql`UPDATE item SET n = n - 1 WHERE id = ${from}`;
            await sql`UPDATE item SET n = n + 1 WHERE id = ${to}`;
          });
        }
      }),
    );
    await items.until('all sixty transfers', rows => rows.find(named(run, '10')).n === 160);
    const sums = items.states.filter(s => s.length > 0).map(s => s.reduce((sum, row) => sum + row.n, 0));
    assert.ok(sums.every(sum => sum === 1000), `sums seen: ${[...new Set(sums)]}`);
    run.notes.statesSeen = items.states.length;
  },
};

class RollBack extends Error {}

function ignoreRollBack(error) {
  if (!(error instanceof RollBack)) {
    throw error;
  }
}
