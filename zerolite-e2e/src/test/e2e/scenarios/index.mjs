// Every scenario by name, in the order in which a full run takes them. Those that change tables come last.
import {bulk} from './bulk.mjs';
import {changes} from './changes.mjs';
import {ddl} from './ddl.mjs';
import {mutations} from './mutations.mjs';
import {pools} from './pools.mjs';
import {transactions} from './transactions.mjs';
import {types} from './types.mjs';

export const scenarios = {...changes, ...transactions, ...types, ...mutations, ...bulk, ...pools, ...ddl};
