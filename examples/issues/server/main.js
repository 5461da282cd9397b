// One HTTP server: the page, and the endpoints that zero-cache is told of (ZERO_QUERY_URL, ZERO_MUTATE_URL).
import {createServer} from 'node:http';
import postgres from 'postgres';
import {config} from './config.js';
import {page} from './page.js';
import {zeroEndpoints} from './zero-endpoints.js';

const sql = postgres(config.databaseUrl);
const zero = zeroEndpoints(sql);
const files = await page(config);

const routes = {
  'POST /api/zero/query': zero.query,
  'POST /api/zero/mutate': zero.mutate,
};

const server = createServer(async (incoming, outgoing) => {
  const url = new URL(incoming.url, `http://${config.host}:${config.port}`);
  const route = routes[`${incoming.method} ${url.pathname}`];
  const file = incoming.method === 'GET' && files.get(url.pathname);
  try {
    if (route) {
      const answer = JSON.stringify(await route(await toRequest(url, incoming)));
      outgoing.writeHead(200, {'content-type': 'application/json'}).end(answer);
    } else if (file) {
      outgoing.writeHead(200, {'content-type': file.type, 'cache-control': 'no-store'}).end(file.body);
    } else {
      outgoing.writeHead(404, {'content-type': 'text/plain'}).end('not found\n');
    }
  } catch (error) {
    console.error(`${incoming.method} ${url.pathname}:`, error);
    outgoing.writeHead(500, {'content-type': 'text/plain'}).end('internal error\n');
  }
});

/** Zero's handlers take a Fetch API Request. */
async function toRequest(url, incoming) {
  const chunks = [];
  for await (const chunk of incoming) {
    chunks.push(chunk);
  }
  return new Request(url, {
    method: incoming.method,
    headers: {'content-type': 'application/json'},
    body: Buffer.concat(chunks),
  });
}

server.listen(config.port, config.host, () => {
  console.log(`issues: open http://localhost:${server.address().port}/`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close();
    server.closeAllConnections();
    await sql.end({timeout: 1});
    process.exit(0);
  });
}
