// Runs a command and outlives it by no more than it takes to clear up.
//
//   node -e <this> OWNER GRACE_MS COMMAND ARGUMENT...
//
// Its stdin is a pipe from zerolite and never carries data: the end of it says "stop", whether zerolite closed it or
// was killed. Every process of the command carries ZEROLITE_OWNER=OWNER in its environment, and that is how they are
// found again: zero-cache's workers are in process groups of their own, and orphans have lost their parents' ids.
const {spawn, execFileSync} = require('node:child_process');
const fs = require('node:fs');

const [owner, graceMs, command, ...args] = process.argv.slice(1);
// How long the kernel may take to carry out SIGKILL, on a machine that is busy.
const LAST_WAIT_MS = 2000;
const mark = `ZEROLITE_OWNER=${owner}`;

function owned() {
  try {
    return fs
      .readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && environmentOf(name).includes(mark))
      .map(Number);
  } catch (noProcFileSystem) {
    const listing = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], {encoding: 'utf8'});
    return listing.split('\n').filter(line => line.includes(mark)).map(line => parseInt(line, 10));
  }
}

function environmentOf(pid) {
  try {
    const [name] = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(')').slice(-1);
    if (name.startsWith(' Z')) {
      return ''; // a zombie only waits to be reaped
    }
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch (goneOrForeign) {
    return '';
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (gone) {
    // it ended by itself
  }
}

function killOwned() {
  // Twice, for what a dying process may have started in between.
  for (let round = 0; round < 2; round++) {
    owned().forEach(pid => signal(pid, 'SIGKILL'));
  }
}

killOwned(); // what an earlier watchdog of the same owner could not clear up

const child = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true, // a session of its own: Ctrl-C in the terminal must reach only zerolite, which stops things in order
  env: {...process.env, ZEROLITE_OWNER: owner},
});

let stopping = false;

function stop() {
  if (stopping) {
    return;
  }
  stopping = true;
  signal(-child.pid, 'SIGTERM');
  setTimeout(killOwned, Number(graceMs));
}

// The command's first process has ended: the others may still be draining if we asked it to stop; else they are
// orphans. Leaves when they are gone, since whoever started us may want their ports at once.
function finish(code) {
  const patience = stopping ? Number(graceMs) : 0;
  const ended = Date.now();
  const leave = () => {
    const waited = Date.now() - ended;
    if (owned().length === 0 || waited > patience + LAST_WAIT_MS) {
      process.exit(code);
    }
    if (waited >= patience) {
      killOwned();
    }
    setTimeout(leave, 10);
  };
  leave();
}

child.on('error', error => {
  console.error(`${command} cannot be run: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, name) => finish(code ?? 128 + require('node:os').constants.signals[name]));

process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop);
for (const name of ['SIGINT', 'SIGHUP']) {
  process.on(name, () => {});
}
