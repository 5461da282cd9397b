// Single changes, as any client of PostgreSQL makes them, and what a watching Zero client shows.
import assert from 'node:assert/strict';
import {plain} from '../harness/client.mjs';

export const changes = {
  async 'initial-rows'(run) {
    const client = run.connect();
    const items = await client.rows('item', 'initial').complete();
    await items.untilEqual([
      {id: 'initial-1', scope: 'initial', n: 1, note: 'one'},
      {id: 'initial-2', scope: 'initial', n: 2, note: null},
      {id: 'initial-3', scope: 'initial', n: 3, note: 'drei – tri – 三'},
    ]);
  },

  async insert(run) {
    const items = await run.watch('item');
    assert.deepEqual(items.now, []);
    const started = performance.now();
    await run.insertItem('a', {n: 7, note: 'first'});
    await items.untilEqual([{id: run.id('a'), scope: run.scope, n: 7, note: 'first'}]);
    run.notes.insertToClientMs = Math.round(performance.now() - started);
  },

  async update(run) {
    const items = await run.watch('item');
    await run.insertItem('a', {n: 1});
    await run.insertItem('b', {n: 1});
    await items.until('both are there', rows => rows.length === 2);
    await run.sql`UPDATE item SET n = 2, note = 'changed' WHERE id = ${run.id('a')}`;
    await items.untilEqual([
      {id: run.id('a'), scope: run.scope, n: 2, note: 'changed'},
      {id: run.id('b'), scope: run.scope, n: 1, note: null},
    ]);
    await run.sql`UPDATE item SET note = NULL WHERE id = ${run.id('a')}`;
    await items.until('the note is gone', rows =>
      rows.some(row => row.id === run.id('a') && row.n === 2 && row.note === null),
    );
  },

  async delete(run) {
    const items = await run.watch('item');
    await run.insertItem('a');
    await run.insertItem('b');
    await items.until('both are there', rows => rows.length === 2);
    await run.sql`DELETE FROM item WHERE id = ${run.id('a')}`;
    await items.untilEqual([{id: run.id('b'), scope: run.scope, n: 0, note: null}]);
  },

  async 'primary-key-change'(run) {
    const items = await run.watch('item');
    await run.insertItem('old', {n: 5, note: 'kept'});
    await items.until('the row is there', rows => rows.length === 1);
    await run.sql`UPDATE item SET id = ${run.id('new')} WHERE id = ${run.id('old')}`;
    await items.untilEqual([{id: run.id('new'), scope: run.scope, n: 5, note: 'kept'}]);
    const since = items.counts.slice(items.counts.indexOf(1));
    assert.ok(since.every(count => count === 1), `never two rows, never none: ${since}`);
  },

  async 'composite-key'(run) {
    const pairs = await run.watch('pair');
    const a = Date.now() % 1_000_000_000;
    await run.sql`INSERT INTO pair VALUES (${a}, 'x', ${run.scope}, 'one'), (${a}, 'y', ${run.scope}, 'two')`;
    await pairs.until('both are there', rows => rows.length === 2);
    await run.sql`UPDATE pair SET b = 'z', value = 'moved' WHERE a = ${a} AND b = 'x'`;
    await run.sql`DELETE FROM pair WHERE a = ${a} AND b = 'y'`;
    await pairs.untilEqual([{a, b: 'z', scope: run.scope, value: 'moved'}]);
  },

  async 'replica-identity-full'(run) {
    const rows = await run.watch('whole');
    const [a, b] = [run.id('a'), run.id('b')];
    await run.sql`INSERT INTO whole VALUES (${a}, ${run.scope}, 'one'), (${b}, ${run.scope}, NULL)`;
    await rows.until('both are there', now => now.length === 2);
    await run.sql`UPDATE whole SET value = 'two' WHERE id = ${a}`;
    await run.sql`DELETE FROM whole WHERE id = ${b}`;
    await rows.untilEqual([{id: a, scope: run.scope, value: 'two'}]);
  },

  async truncate(run) {
    const client = run.connect();
    const rows = await client.rows('emptied', run.scope).complete();
    await run.sql`TRUNCATE emptied`;
    await run.sql`INSERT INTO emptied SELECT i, ${run.scope} FROM generate_series(1, 50) i`;
    await rows.until('fifty are there', now => now.length === 50);
    await run.sql`TRUNCATE emptied`;
    await rows.until('none is there', now => now.length === 0);
    await run.sql`INSERT INTO emptied VALUES (7, ${run.scope})`;
    await rows.untilEqual([{id: 7, scope: run.scope}]);
    assert.ok(rows.counts.every(count => [0, 1, 50].includes(count)), `counts seen: ${rows.counts}`);
  },

  async 'cascade-and-related'(run) {
    const families = await run.connect().families(run.scope).complete();
    const p = run.id('p');
    await run.sql`INSERT INTO parent VALUES (${p}, ${run.scope}, 'parent')`;
    await run.sql`INSERT INTO child SELECT ${run.scope} || '/c' || i, ${run.scope}, ${p}, 'child ' || i
                  FROM generate_series(1, 3) i`;
    await families.until('three children', now => now[0]?.children.length === 3);
    assert.deepEqual(plain(families.now[0].children).map(c => c.name), ['child 1', 'child 2', 'child 3']);

    // Both foreign key actions are other tables' changes, made by triggers inside the same statement.
    await run.sql`UPDATE parent SET id = ${run.id('q')} WHERE id = ${p}`;
    await families.until(
      'the children follow',
      now => now.length === 1 && now[0].id === run.id('q') && now[0].children.length === 3,
    );
    const since = families.states.slice(families.states.findIndex(s => s[0]?.children.length === 3));
    assert.ok(since.every(s => s.length === 1 && s[0].children.length === 3), 'the family is never torn');
    await run.sql`DELETE FROM parent WHERE id = ${run.id('q')}`;
    await families.until('all are gone', now => now.length === 0);
    const children = await run.watch('child');
    await children.until('no child is left', now => now.length === 0);
  },

  async 'every-way-to-write'(run) {
    const items = await run.watch('item');
    const {sql, scope} = run;
    await run.insertItem('upsert', {n: 1});
    await sql`INSERT INTO item VALUES (${run.id('upsert')}, ${scope}, 1) ON CONFLICT (id) DO UPDATE SET n = item.n + 1`;
    await sql.unsafe(`DO $$ BEGIN INSERT INTO item VALUES ('${run.id('do')}', '${scope}', 3); END $$`);
    await sql`WITH moved AS (INSERT INTO item VALUES (${run.id('cte')}, ${scope}, 4) RETURNING n)
              INSERT INTO item SELECT ${run.id('cte2')}, ${scope}, n + 1 FROM moved`;
    await sql`MERGE INTO item USING (VALUES (${run.id('merge')}, 6)) AS new (id, n) ON item.id = new.id
              WHEN MATCHED THEN UPDATE SET n = 0 WHEN NOT MATCHED THEN INSERT VALUES (new.id, ${scope}, new.n)`;
    const copy = await sql`COPY item (id, scope, n) FROM STDIN`.writable();
    copy.end(`${run.id('copy1')}\t${scope}\t7\n${run.id('copy2')}\t${scope}\t8\n`);
    await new Promise((resolve, reject) => copy.on('finish', resolve).on('error', reject));
    await items.untilEqual(
      [['upsert', 2], ['do', 3], ['cte', 4], ['cte2', 5], ['merge', 6], ['copy1', 7], ['copy2', 8]].map(
        ([name, n]) => ({id: run.id(name), scope, n, note: null}),
      ),
    );
  },

  async 'two-clients'(run) {
    const first = await run.watch('item');
    await run.insertItem('before');
    await first.until('the first row', rows => rows.length === 1);
    const second = await run.watch('item');
    await second.until('the first row', rows => rows.length === 1);
    await run.insertItem('after');
    await Promise.all([first, second].map(view => view.until('both rows', rows => rows.length === 2)));
  },
};
