// The two endpoints that zero-cache calls: what a named query means, and the authoritative run of a mutator.
import {mustGetMutator, mustGetQuery} from '@rocicorp/zero';
import {handleMutateRequest, handleQueryRequest} from '@rocicorp/zero/server';
import {zeroPostgresJS} from '@rocicorp/zero/server/adapters/postgresjs';
import {mutators} from '../shared/mutators.js';
import {queries} from '../shared/queries.js';
import {schema} from '../shared/schema.js';

// There is no login in this example: everybody is the same, logged-out user.
const userID = null;

export function zeroEndpoints(sql) {
  const db = zeroPostgresJS(schema, sql);
  return {
    query: request =>
      handleQueryRequest({
        request,
        schema,
        userID,
        handler: (name, args) => mustGetQuery(queries, name).fn({args, ctx: undefined}),
      }),
    mutate: request =>
      handleMutateRequest({
        request,
        userID,
        dbProvider: db,
        handler: transact =>
          transact((tx, name, args) => mustGetMutator(mutators, name).fn({tx, args, ctx: undefined})),
      }),
  };
}
