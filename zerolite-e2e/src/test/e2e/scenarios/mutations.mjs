// Writes that go through Zero: shown at once, run by the endpoint on PostgreSQL, confirmed by the replication stream.
import assert from 'node:assert/strict';

export const mutations = {
  async 'mutator-is-confirmed'(run) {
    const client = run.connect();
    const mine = await client.rows('item', run.scope).complete();
    const others = await run.watch('item');
    const row = {id: run.id('a'), scope: run.scope, n: 1, note: 'by a mutator'};
    const started = performance.now();

    const inserted = await client.mutate('insert', {table: 'item', row});
    assert.equal(inserted.client.type, 'success');
    await mine.untilEqual([row]);
    assert.equal((await inserted.server).type, 'success');
    run.notes.confirmedMs = Math.round(performance.now() - started);
    assert.deepEqual([...(await run.sql`SELECT * FROM item WHERE scope = ${run.scope}`)], [row]);
    await others.untilEqual([row]);

    const updated = await client.mutate('update', {table: 'item', row: {id: row.id, n: 2}});
    assert.equal((await updated.server).type, 'success');
    await others.untilEqual([{...row, n: 2}]);

    const removed = await client.mutate('remove', {table: 'item', row: {id: row.id}});
    assert.equal((await removed.server).type, 'success');
    await others.until('the row is gone', rows => rows.length === 0);
    await mine.until('the row is gone', rows => rows.length === 0);
  },

  async 'mutator-does-not-flicker'(run) {
    const client = run.connect();
    const mine = await client.rows('item', run.scope).complete();
    const rows = Array.from({length: 20}, (_, n) => ({id: run.id(`m${n}`), scope: run.scope, n, note: null}));
    const confirmations = [];
    for (const row of rows) {
      confirmations.push((await client.mutate('insert', {table: 'item', row})).server);
    }
    for (const confirmation of confirmations) {
      assert.equal((await confirmation).type, 'success');
    }
    await mine.untilEqual(rows);
    const counts = mine.counts;
    assert.ok(
      counts.every((count, i) => i === 0 || count >= counts[i - 1]),
      `a row that was shown never goes away again: ${counts}`,
    );
  },

  async 'mutator-is-refused'(run) {
    const client = run.connect();
    const mine = await client.rows('item', run.scope).complete();
    const row = {id: run.id('a'), scope: run.scope, n: 1, note: null};
    const {client: here, server} = await client.mutate('refused', {table: 'item', row});
    assert.equal(here.type, 'success');
    const there = await server;
    assert.equal(there.type, 'error');
    assert.deepEqual(there.error, {type: 'app', message: 'refused by the server', details: {id: row.id}});
    await mine.until('the row is taken back', rows => rows.length === 0);
    assert.equal((await run.sql`SELECT FROM item WHERE scope = ${run.scope}`).length, 0);
  },

  async 'mutator-meets-a-database-error'(run) {
    const client = run.connect();
    const children = await client.rows('child', run.scope).complete();
    const row = {id: run.id('c'), scope: run.scope, parentId: 'nobody', name: 'orphan'};
    const {server} = await client.mutate('insert', {table: 'child', row});
    const result = await server;
    assert.equal(result.type, 'error');
    assert.match(result.error.message, /foreign key/);
    await children.until('the row is taken back', rows => rows.length === 0);
  },

  async 'mutator-writes-every-type'(run) {
    const client = run.connect();
    const others = await run.watch('typed');
    const row = {
      id: run.id('a'),
      scope: run.scope,
      flag: false,
      i2: -3,
      i4: 2147483647,
      i8: 9007199254740991,
      f8: 0.1,
      num: 12.75,
      txt: 'quote \' backslash \\ tab \t 三',
      uid: '6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f10',
      js: {b: [1, null], a: 'x'},
      jsb: {nested: {deep: [true, false]}},
      day: Date.UTC(2024, 1, 29),
      tstz: Date.UTC(2024, 1, 29, 12, 30, 15, 250),
      feel: 'happy',
      tags: ['one', 'two, with comma', ''],
      ints: [1, -2, 3],
      uids: ['6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f11'],
    };
    const {server} = await client.mutate('insert', {table: 'typed', row});
    assert.deepEqual(await server, {type: 'success'});
    const [shown] = await others.until('the row', rows => rows.length === 1);
    for (const [column, value] of Object.entries(row)) {
      assert.deepEqual(shown[column], value, column);
    }
  },
};
