#!/usr/bin/env node
// Runs end-to-end scenarios and prints one line of JSON for each.
//
//   npm ci                               once, in this directory
//   node run.mjs --list                  prints the names of all scenarios
//   node run.mjs --pg URL [scenario …]   against any PostgreSQL: makes the tables anew in that database, starts its own
//                                        zero-cache (which inherits ZERO_… variables), runs all or the named scenarios
//   … --zero-cache URL                   against a running stack, which has the tables, zero-cache and the endpoint
//   … --stdin                            reads names of scenarios from stdin, one per line
//
// --timeout MS bounds each single wait (default 30000); --keep-log keeps zero-cache's log.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

// Zero's client needs the WebSocket that Node has had since 22; the npm package "node" brings one.
if (Number(process.versions.node.split('.')[0]) < 22) {
  const node = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/node/bin/node');
  if (!existsSync(node)) {
    console.error(`Node 22 or newer is needed, this is ${process.version}; run "npm ci" here to get one`);
    process.exit(2);
  }
  const child = spawn(node, process.argv.slice(1), {stdio: 'inherit'});
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => child.kill(signal));
  }
  const [status] = await once(child, 'exit');
  process.exit(status ?? 1);
}
const {main} = await import('./harness/main.mjs');
process.exit(await main(process.argv.slice(2)));
