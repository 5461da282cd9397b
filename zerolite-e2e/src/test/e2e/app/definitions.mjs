// Queries and mutators, for whichever schema the client or the endpoint has.
import {
  ApplicationError,
  createBuilder,
  defineMutator,
  defineMutators,
  defineQueries,
  defineQuery,
} from '@rocicorp/zero';

export function definitions(schema) {
  const zql = createBuilder(schema);
  const queries = defineQueries({
    /** All rows of a table that belong to a scope. */
    rows: defineQuery(({args: {table, scope}}) => zql[table].where('scope', scope)),
    /** The same with a filter, which goes wrong if a type is announced wrongly. */
    rowsWhere: defineQuery(({args: {table, scope, column, value}}) =>
      zql[table].where('scope', scope).where(column, value),
    ),
    families: defineQuery(({args: {scope}}) =>
      zql.parent.where('scope', scope).related('children', q => q.orderBy('name', 'asc')),
    ),
  });
  const mutators = defineMutators({
    insert: defineMutator(async ({tx, args: {table, row}}) => {
      await tx.mutate[table].insert(row);
    }),
    update: defineMutator(async ({tx, args: {table, row}}) => {
      await tx.mutate[table].update(row);
    }),
    remove: defineMutator(async ({tx, args: {table, row}}) => {
      await tx.mutate[table].delete(row);
    }),
    /** Succeeds on the client; the server refuses after it has written. */
    refused: defineMutator(async ({tx, args: {table, row}}) => {
      await tx.mutate[table].insert(row);
      if (tx.location === 'server') {
        throw new ApplicationError('refused by the server', {details: {id: row.id}});
      }
    }),
  });
  return {queries, mutators};
}
