// What zero-cache calls: ZERO_QUERY_URL and ZERO_MUTATE_URL.
import {mustGetMutator, mustGetQuery} from '@rocicorp/zero';
import {handleMutateRequest, handleQueryRequest} from '@rocicorp/zero/server';
import {zeroPostgresJS} from '@rocicorp/zero/server/adapters/postgresjs';
import {createServer} from 'node:http';
import postgres from 'postgres';
import {definitions} from './definitions.mjs';
import {base, extended} from './schema.mjs';

/** Serves on a port of 127.0.0.1 (0: any); resolves to `{url, close}` once it listens. */
export async function startEndpoint({postgresUrl, port = 0}) {
  const sql = postgres(postgresUrl, {max: 4, onnotice: () => {}});
  const db = zeroPostgresJS(base, sql);
  const {queries, mutators} = definitions(extended);
  const routes = {
    '/query': request =>
      handleQueryRequest({
        request,
        schema: extended,
        userID: null,
        handler: (name, args) => mustGetQuery(queries, name).fn({args}),
      }),
    '/mutate': request =>
      handleMutateRequest({
        request,
        userID: null,
        dbProvider: db,
        logLevel: 'error',
        handler: transact =>
          transact((tx, name, args) => mustGetMutator(mutators, name).fn({tx, args})),
      }),
  };

  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url, 'http://127.0.0.1');
    const route = routes[url.pathname];
    if (!route) {
      outgoing.writeHead(404).end();
      return;
    }
    try {
      const chunks = [];
      for await (const chunk of incoming) {
        chunks.push(chunk);
      }
      const request = new Request(url, {method: 'POST', body: Buffer.concat(chunks)});
      const answer = JSON.stringify(await route(request));
      outgoing.writeHead(200, {'content-type': 'application/json'}).end(answer);
    } catch (error) {
      console.error(error);
      outgoing.writeHead(500).end(String(error));
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await sql.end({timeout: 1});
    },
  };
}
