// What the clients believe of the tables in db/migrations.
import {
  boolean,
  createSchema,
  enumeration,
  json,
  number,
  relationships,
  string,
  table,
} from '@rocicorp/zero';

const item = table('item')
  .columns({id: string(), scope: string(), n: number(), note: string().optional()})
  .primaryKey('id');

const emptied = table('emptied').columns({id: number(), scope: string()}).primaryKey('id');

const parent = table('parent')
  .columns({id: string(), scope: string(), name: string()})
  .primaryKey('id');

const child = table('child')
  .columns({id: string(), scope: string(), parentId: string().from('parent_id'), name: string()})
  .primaryKey('id');

const pair = table('pair')
  .columns({a: number(), b: string(), scope: string(), value: string().optional()})
  .primaryKey('a', 'b');

const whole = table('whole')
  .columns({id: string(), scope: string(), value: string().optional()})
  .primaryKey('id');

const typed = table('typed')
  .columns({
    id: string(),
    scope: string(),
    flag: boolean().optional(),
    i2: number().optional(),
    i4: number().optional(),
    i8: number().optional(),
    f4: number().optional(),
    f8: number().optional(),
    num: number().optional(),
    price: number().optional(),
    txt: string().optional(),
    vc: string().optional(),
    ch: string().optional(),
    uid: string().optional(),
    js: json().optional(),
    jsb: json().optional(),
    day: number().optional(),
    clock: number().optional(),
    ts: number().optional(),
    tstz: number().optional(),
    feel: enumeration().optional(),
    tags: json().optional(),
    ints: json().optional(),
    flags: json().optional(),
    uids: json().optional(),
    feels: json().optional(),
    grid: json().optional(),
    ip: string().optional(),
  })
  .primaryKey('id');

const beyond = table('beyond').columns({id: string(), scope: string(), i8: number()}).primaryKey('id');

const grownBefore = {id: string(), scope: string()};
const grown = table('grown').columns(grownBefore).primaryKey('id');
const grownAfter = table('grown')
  .columns({
    ...grownBefore,
    plain: string().optional(),
    counted: number().optional(),
    moment: number().optional(),
  })
  .primaryKey('id');

const born = table('born')
  .columns({id: string(), scope: string(), value: string().optional()})
  .primaryKey('id');

const family = [
  relationships(parent, ({many}) => ({
    children: many({sourceField: ['id'], destField: ['parentId'], destSchema: child}),
  })),
];
const unchanging = [item, emptied, parent, child, pair, whole, typed, beyond];

/** The tables as migrated. */
export const base = createSchema({tables: [...unchanging, grown], relationships: family});

/** After scenario add-column. */
export const withColumns = createSchema({tables: [...unchanging, grownAfter], relationships: family});

/** After scenario create-table. */
export const withTable = createSchema({tables: [...unchanging, grown, born], relationships: family});

/** What the endpoint answers for: every client's schema is a part of it. */
export const extended = createSchema({
  tables: [...unchanging, grownAfter, born],
  relationships: family,
});
