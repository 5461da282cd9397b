import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import postgres from 'postgres';
import {startEndpoint} from '../app/endpoint.mjs';
import {scenarios} from '../scenarios/index.mjs';
import {reset} from './database.mjs';
import {Run} from './run.mjs';
import {startZeroCache} from './zero-cache.mjs';

const APP_ID = 'e2e';

/** Returns the exit code: 0 if every scenario passed. */
export async function main(args) {
  const {values: options, positionals: names} = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'pg': {type: 'string'},
      'zero-cache': {type: 'string'},
      'timeout': {type: 'string', default: '30000'},
      'keep-log': {type: 'boolean', default: false},
      'list': {type: 'boolean', default: false},
      'stdin': {type: 'boolean', default: false},
    },
  });
  if (options.list) {
    console.log(Object.keys(scenarios).join('\n'));
    return 0;
  }
  const unknown = names.filter(name => !(name in scenarios));
  if (!options.pg || unknown.length > 0) {
    console.error(unknown.length > 0 ? `unknown: ${unknown.join(', ')}; see --list` : '--pg URL is missing');
    return 2;
  }

  const stack = options['zero-cache']
    ? {url: options['zero-cache'], async stop() {}}
    : await startStack(options.pg);
  // zero-cache is in a process group of its own and would outlive a Ctrl-C.
  let stopping;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      stopping ??= stack.stop({keepLog: true}).finally(() => process.exit(130));
    });
  }
  let failed = 0;
  try {
    const wanted = options.stdin
      ? createInterface({input: process.stdin})
      : names.length > 0
        ? names
        : Object.keys(scenarios);
    for await (const name of wanted) {
      const result = await runScenario(name, options, stack.url);
      failed += result.ok ? 0 : 1;
      console.log(JSON.stringify(result));
    }
  } finally {
    await stack.stop({keepLog: options['keep-log'] || failed > 0});
  }
  return failed > 0 ? 1 : 0;
}

async function startStack(postgresUrl) {
  const sql = postgres(postgresUrl, {max: 1, onnotice: () => {}});
  try {
    await reset(sql, APP_ID);
  } finally {
    await sql.end({timeout: 5});
  }
  const endpoint = await startEndpoint({postgresUrl});
  const started = performance.now();
  const zeroCache = await startZeroCache({postgresUrl, endpointUrl: endpoint.url, appId: APP_ID});
  const ms = Math.round(performance.now() - started);
  console.error(`zero-cache is ready after ${ms} ms at ${zeroCache.url}; its log: ${zeroCache.log}`);
  return {
    url: zeroCache.url,
    async stop(how) {
      await zeroCache.stop(how);
      await endpoint.close();
    },
  };
}

async function runScenario(name, options, cacheUrl) {
  const run = new Run({
    name,
    postgresUrl: options.pg,
    cacheUrl,
    timeout: Number(options.timeout),
  });
  const started = performance.now();
  let error;
  try {
    await scenarios[name](run);
  } catch (thrown) {
    error = thrown;
  } finally {
    await run.close().catch(thrown => (error ??= thrown));
  }
  return {
    scenario: name,
    ok: error === undefined,
    ms: Math.round(performance.now() - started),
    ...(Object.keys(run.notes).length > 0 && {notes: run.notes}),
    ...(error !== undefined && {error: error.stack ?? String(error)}),
  };
}
