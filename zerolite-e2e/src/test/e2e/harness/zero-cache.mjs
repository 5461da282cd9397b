// The unmodified zero-cache as a child process, for a PostgreSQL that has nobody else to run one.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createWriteStream} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

const READY_WITHIN_MS = 120_000;
const STOPPED_WITHIN_MS = 10_000;

/** Starts zero-cache and resolves to `{url, log, stop}` once it answers. */
export async function startZeroCache({postgresUrl, endpointUrl, appId}) {
  const directory = await mkdtemp(join(tmpdir(), 'zerolite-e2e-'));
  const port = await freePair();
  const log = join(directory, 'zero-cache.log');
  const child = spawn(process.execPath, [zeroCacheScript()], {
    detached: true,
    env: {
      ...process.env,
      NODE_ENV: 'development',
      ZERO_UPSTREAM_DB: postgresUrl,
      ZERO_APP_ID: appId,
      ZERO_PORT: String(port),
      ZERO_REPLICA_FILE: join(directory, 'replica.db'),
      ZERO_QUERY_URL: `${endpointUrl}/query`,
      ZERO_MUTATE_URL: `${endpointUrl}/mutate`,
      ZERO_NUM_SYNC_WORKERS: '1',
      ZERO_LOG_FORMAT: 'text',
      DO_NOT_TRACK: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(log);
  child.stdout.pipe(file, {end: false});
  child.stderr.pipe(file, {end: false});

  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child);
      const state = child.exitCode === null ? 'does not answer' : `exited with ${child.exitCode}`;
      throw new Error(`zero-cache ${state}; its log: ${log}`);
    }
  }
  return {
    url,
    log,
    async stop({keepLog}) {
      await stop(child);
      if (!keepLog) {
        await rm(directory, {recursive: true, force: true});
      }
    },
  };
}

function zeroCacheScript() {
  const entry = createRequire(import.meta.url).resolve('@rocicorp/zero');
  return join(dirname(entry), 'cli.js');
}

async function answers(url) {
  const pause = new Promise(resolve => setTimeout(resolve, 100));
  try {
    return (await fetch(`${url}/keepalive`, {signal: AbortSignal.timeout(2000)})).ok;
  } catch {
    await pause;
    return false;
  }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // It forks workers; they are in its process group, which is ours to end.
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), STOPPED_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}

/** zero-cache takes its port and the next one. */
async function freePair() {
  for (;;) {
    const first = await listen(0);
    const {port} = first.address();
    const second = await listen(port + 1).catch(() => undefined);
    await close(first);
    if (second) {
      await close(second);
      return port;
    }
  }
}

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server) {
  return new Promise(resolve => server.close(resolve));
}
