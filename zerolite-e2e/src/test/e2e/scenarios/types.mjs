// Values as they are written in SQL and as a Zero client must show them. The expectations are those that PostgreSQL
// 18.6 with zero-cache 1.9.0 fulfils.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {plain} from '../harness/client.mjs';

const utc = (...parts) => Date.UTC(...parts);
const U = '6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f10';
const V = '6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f11';

/** Column, SQL literal, what the client shows. */
const VALUES = [
  ['flag', 'true', true],
  ['flag', 'false', false],
  ['i2', '-32768', -32768],
  ['i4', '2147483647', 2147483647],
  ['i8', '9007199254740991', 9007199254740991],
  ['i8', '-9007199254740991', -9007199254740991],
  ['f4', '1.5', 1.5],
  ['f8', '0.1', 0.1],
  ['f8', '-1e300', -1e300],
  ['num', '12345.678', 12345.678],
  ['num', '-0.000001', -0.000001],
  ['num', '123456789012', 123456789012],
  ['price', '19.90', 19.9],
  ['txt', `''`, ''],
  ['txt', `E'it''s "quoted", {braced}, back\\\\slash,\\nnew line,\\ttab'`,
    `it's "quoted", {braced}, back\\slash,\nnew line,\ttab`],
  ['txt', `'Grüße, 三毛猫, 🐘'`, 'Grüße, 三毛猫, 🐘'],
  ['txt', `repeat('long ', 20000)`, 'long '.repeat(20000)],
  ['vc', `'varied'`, 'varied'],
  ['ch', `'ab'`, 'ab   '],
  ['uid', `'${U.toUpperCase()}'`, U],
  ['js', `'{"b": 1,  "a": [1, 2.50, "x", null, true]}'`, {b: 1, a: [1, 2.5, 'x', null, true]}],
  ['js', `'"text"'`, 'text'],
  ['jsb', `'{"b": 1, "a": {"deep": [[], {}, "\\u00e9"]}, "big": 1e3}'`, {a: {deep: [[], {}, 'é']}, b: 1, big: 1000}],
  ['jsb', `'[]'`, []],
  ['jsb', `'17'`, 17],
  ['jsb', `'false'`, false],
  ['day', `'2024-02-29'`, utc(2024, 1, 29)],
  ['day', `'1969-12-31'`, -86_400_000],
  ['clock', `'13:14:15.5'`, ((13 * 60 + 14) * 60 + 15.5) * 1000],
  ['ts', `'2024-02-29 12:30:15.25'`, utc(2024, 1, 29, 12, 30, 15, 250)],
  ['tstz', `'2024-02-29 12:30:15.123456+02'`, utc(2024, 1, 29, 10, 30, 15) + 123.456],
  ['tstz', `'1955-11-05 06:15:00+00'`, utc(1955, 10, 5, 6, 15)],
  ['feel', `'happy'`, 'happy'],
  ['tags', `ARRAY['one', 'two words', 'a,b', 'say "hi"', 'back\\slash', '{}', '']`,
    ['one', 'two words', 'a,b', 'say "hi"', 'back\\slash', '{}', '']],
  ['tags', `'{}'`, []],
  ['ints', `'{1,-2,2147483647}'`, [1, -2, 2147483647]],
  ['flags', `'{t,f,t}'`, [true, false, true]],
  ['uids', `'{${U},${V}}'`, [U, V]],
  ['feels', `'{sad,happy}'`, ['sad', 'happy']],
  ['grid', `'{{1,2},{3,4}}'`, [[1, 2], [3, 4]]],
  ['ip', `'10.0.0.1'`, '10.0.0.1'],
];

export const types = {
  async 'initial-types'(run) {
    // This row came by zero-cache's initial copy, which reads another format than the stream.
    const rows = await run.watch('typed', {scope: 'initial'});
    await rows.untilEqual([
      {
        id: 'initial',
        scope: 'initial',
        flag: true,
        i2: -32768,
        i4: 2147483647,
        i8: 9007199254740991,
        f4: 1.5,
        f8: 0.1,
        num: 12345.678,
        price: 19.9,
        txt: `it's "quoted",\nGrüße, 三毛猫, 🐘`,
        vc: 'varied',
        ch: 'ab   ',
        uid: U,
        js: {b: 1, a: [1, 2.5]},
        jsb: {a: {deep: [null]}, b: 1},
        day: utc(2024, 1, 29),
        clock: ((13 * 60 + 14) * 60 + 15.5) * 1000,
        ts: utc(2024, 1, 29, 12, 30, 15, 250),
        tstz: utc(2024, 1, 29, 10, 30, 15) + 123.456,
        feel: 'happy',
        tags: ['one', 'a,b', ''],
        ints: [1, -2],
        flags: [true, false],
        uids: [V],
        feels: ['sad', 'happy'],
        grid: [[1, 2], [3, 4]],
        ip: null,
      },
    ]);
  },

  async 'types-arrive-equal'(run) {
    const rows = await run.watch('typed');
    for (const [i, [column, literal]] of VALUES.entries()) {
      await run.sql.unsafe(
        `INSERT INTO typed (id, scope, ${column}) VALUES ('${run.id(i)}', '${run.scope}', ${literal})`,
      );
    }
    await rows.until('all rows', now => now.length === VALUES.length);
    const shown = new Map(plain(rows.now).map(row => [row.id, row]));
    const wrong = [];
    for (const [i, [column, literal, expected]] of VALUES.entries()) {
      const {id, scope, ...columns} = shown.get(run.id(i));
      const others = Object.entries(columns).filter(([name, value]) => name !== column && value !== null);
      try {
        assert.deepEqual(columns[column], expected);
        assert.deepEqual(others, []);
      } catch {
        wrong.push(`${column} ${literal}: ${JSON.stringify(columns[column])}`);
      }
    }
    assert.deepEqual(wrong, []);
    run.notes.values = VALUES.length;
  },

  async 'types-survive-an-update'(run) {
    const rows = await run.watch('typed');
    await run.sql.unsafe(
      `INSERT INTO typed (id, scope, flag, i8, num, txt, jsb, tstz, feel, tags, uids) VALUES
       ('${run.id('a')}', '${run.scope}', true, 9007199254740991, 0.5,
        -- Random text does not compress, so it is stored out of line and an update that leaves it sends "unchanged".
        (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i),
        '{"a": 1}', '2024-02-29 12:30:15+00', 'ok', '{a,b}', '{${U}}')`,
    );
    const [before] = await rows.until('the row', now => now.length === 1);
    assert.equal(before.txt.length, 32_000);
    await run.sql`UPDATE typed SET i4 = 1 WHERE id = ${run.id('a')}`;
    const [after] = await rows.until('the update', now => now[0].i4 === 1);
    assert.deepEqual(plain(after), {...plain(before), i4: 1});
    await run.sql`UPDATE typed SET flag = false, jsb = NULL, tags = '{}', feel = 'sad' WHERE id = ${run.id('a')}`;
    const [last] = await rows.until('the second update', now => now[0].flag === false);
    assert.deepEqual(plain(last), {...plain(after), flag: false, jsb: null, tags: [], feel: 'sad'});
  },

  async 'types-can-be-filtered'(run) {
    const client = run.connect();
    const {scope} = run;
    const views = [
      ['flag', true],
      ['flag', false],
      ['i8', 9007199254740991],
      ['num', 0.5],
      ['feel', 'happy'],
      ['uid', U],
      ['tstz', utc(2024, 1, 29)],
    ].map(([column, value]) => ({column, value, view: client.rowsWhere('typed', scope, column, value)}));
    await Promise.all(views.map(({view}) => view.complete()));
    await run.sql.unsafe(
      `INSERT INTO typed (id, scope, flag, i8, num, feel, uid, tstz) VALUES
       ('${run.id('yes')}', '${scope}', true, 9007199254740991, 0.5, 'happy', '${U}', '2024-02-29 00:00+00'),
       ('${run.id('no')}', '${scope}', false, 1, 1, 'sad', '${V}', '2024-02-28 00:00+00')`,
    );
    for (const {column, value, view} of views) {
      const expected = value === false ? 'no' : 'yes';
      await view.until(`${column} = ${value}`, rows => rows.length === 1 && rows[0].id === run.id(expected));
    }
  },

  async 'int8-beyond-2-to-the-53'(run) {
    // zero-cache stores it exactly and then refuses to turn it into a number: it stops every client that is connected
    // while it passes, whatever that client watches, with the value in the message.
    const {sql, scope} = run;
    const stopped = /value 9007199254740993 .* is outside of supported bounds/;
    const watching = run.connect();
    await watching.rows('beyond', scope).complete();
    await sql`INSERT INTO beyond VALUES (${run.id('a')}, ${scope}, 9007199254740993)`;
    assert.match(await watching.failed(), stopped);

    // Clients that come when the row has gone again are served; who comes before its end has passed is stopped, too.
    await sql`DELETE FROM beyond WHERE scope = ${scope}`;
    const deadline = Date.now() + run.timeout;
    for (;;) {
      try {
        const items = await run.watch('item');
        await run.insertItem(`after-${randomUUID()}`);
        await items.until('a later row', rows => rows.some(row => row.id.includes('/after-')));
        return;
      } catch (error) {
        if (!stopped.test(error.message) || Date.now() > deadline) {
          throw error;
        }
      }
    }
  },
};
