// Tables change while they are replicated. zero-cache learns of it from its event triggers' messages in the stream.
import assert from 'node:assert/strict';
import {withColumns, withTable} from '../app/schema.mjs';

export const ddl = {
  async 'add-column'(run) {
    const {sql, scope} = run;
    const before = await run.watch('grown');
    await sql`ALTER TABLE grown DROP COLUMN IF EXISTS plain, DROP COLUMN IF EXISTS counted,
              DROP COLUMN IF EXISTS moment`;
    await sql`INSERT INTO grown (id, scope) VALUES (${run.id('old')}, ${scope})`;
    await before.untilEqual([{id: run.id('old'), scope}]);

    await sql`ALTER TABLE grown ADD COLUMN plain text`;
    await sql`INSERT INTO grown (id, scope, plain) VALUES (${run.id('plain')}, ${scope}, 'filled')`;
    // Several columns and a default, in a transaction together with rows.
    await sql.begin(async tx => {
      await tx`ALTER TABLE grown ADD COLUMN counted int8 NOT NULL DEFAULT 7, ADD COLUMN moment timestamptz`;
      await tx`INSERT INTO grown VALUES (${run.id('all')}, ${scope}, 'x', 8, '2024-02-29 12:00+00')`;
    });
    await before.until('an old client goes on', rows => rows.length === 3);

    const after = await run.watch('grown', {schema: withColumns});
    const moment = Date.UTC(2024, 1, 29, 12);
    await after.untilEqual([
      {id: run.id('old'), scope, plain: null, counted: 7, moment: null},
      {id: run.id('plain'), scope, plain: 'filled', counted: 7, moment: null},
      {id: run.id('all'), scope, plain: 'x', counted: 8, moment},
    ]);
    await sql`UPDATE grown SET plain = 'live', counted = counted + 1 WHERE id = ${run.id('old')}`;
    await after.until('a live update of new columns', rows =>
      rows.some(row => row.id === run.id('old') && row.plain === 'live' && row.counted === 8),
    );
  },

  async 'create-table'(run) {
    const {sql, scope} = run;
    const items = await run.watch('item');
    await sql`DROP TABLE IF EXISTS born`;
    await sql.begin(async tx => {
      await tx`CREATE TABLE born (id text PRIMARY KEY, scope text NOT NULL, value text)`;
      await tx`INSERT INTO born VALUES (${run.id('first')}, ${scope}, 'with its table')`;
    });
    await run.insertItem('marker');
    await items.until('an old client goes on', rows => rows.length === 1);

    const rows = await run.watch('born', {schema: withTable});
    await rows.untilEqual([{id: run.id('first'), scope, value: 'with its table'}]);
    await sql`INSERT INTO born VALUES (${run.id('second')}, ${scope}, 'live')`;
    await sql`UPDATE born SET value = 'changed' WHERE id = ${run.id('first')}`;
    await rows.untilEqual([
      {id: run.id('first'), scope, value: 'changed'},
      {id: run.id('second'), scope, value: 'live'},
    ]);
  },

  async 'rolled-back-ddl'(run) {
    const {sql, scope} = run;
    const rows = await run.watch('grown');
    await assert.rejects(
      sql.begin(async tx => {
        await tx`ALTER TABLE grown ADD COLUMN never text`;
        await tx`INSERT INTO grown (id, scope, never) VALUES (${run.id('never')}, ${scope}, 'x')`;
        throw new Error('roll back');
      }),
      /roll back/,
    );
    await sql`INSERT INTO grown (id, scope) VALUES (${run.id('marker')}, ${scope})`;
    const [marker] = await rows.until('the marker', now => now.some(row => row.id === run.id('marker')));
    assert.ok(!('never' in marker));
    assert.ok(!rows.everShowed(row => row.id === run.id('never')));
  },
};
