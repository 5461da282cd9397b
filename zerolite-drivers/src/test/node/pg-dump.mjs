// Runs the pg_dump of pglite-tools against a TCP port: node pg-dump.mjs HOST PORT CONNINFO [ARGUMENT…], dump on stdout.
//
// That pg_dump is WebAssembly without sockets. It sends through a function that has to return with the whole answer,
// so the socket lives in a worker and this thread sleeps until it has read enough.
import net from 'node:net';
import {MessageChannel, receiveMessageOnPort, Worker, isMainThread, workerData} from 'node:worker_threads';

function relay({port, arrived, host, tcpPort}) {
  const tell = message => {
    port.postMessage(message);
    Atomics.add(arrived, 0, 1);
    Atomics.notify(arrived, 0);
  };
  const socket = net.connect({host, port: tcpPort, noDelay: true});
  socket.on('data', tell);
  socket.on('error', error => tell(String(error)));
  socket.on('close', () => tell('closed'));
  port.on('message', bytes => (bytes ? socket.write(bytes) : socket.end()));
}

async function main() {
  const [host, tcpPort, conninfo, ...args] = process.argv.slice(2);
  const {pgDump} = await import('@electric-sql/pglite-tools/pg_dump');
  const connection = new SyncConnection(host, Number(tcpPort));
  const pg = {
    execProtocolRawStream: (bytes, {onRawData}) => connection.exchange(Buffer.from(bytes), onRawData),
    // what pgDump asks of PGlite itself, to keep its only session as it was
    query: async () => ({rows: [{search_path: 'public'}]}),
    exec: async () => [],
  };
  const file = await pgDump({pg, args: [`--dbname=${conninfo}`, ...args]});
  process.stdout.write(await file.text());
  connection.close();
}

/** Sends frontend messages and waits, without returning to the event loop, for what answers them. */
class SyncConnection {
  #arrived = new Int32Array(new SharedArrayBuffer(4));
  #port;
  #seen = 0;
  #sent = Buffer.alloc(0);
  #received = Buffer.alloc(0);
  #started = false;

  constructor(host, tcpPort) {
    const {port1, port2} = new MessageChannel();
    this.#port = port1;
    new Worker(new URL(import.meta.url), {
      workerData: {port: port2, arrived: this.#arrived, host, tcpPort},
      transferList: [port2],
    });
  }

  exchange(bytes, onData) {
    this.#port.postMessage(bytes);
    this.#sent = Buffer.concat([this.#sent, bytes]);
    let expectAnswer = false;
    for (let type = this.#takeSent(); type !== undefined; type = this.#takeSent()) {
      expectAnswer = 'startup Q p S F'.split(' ').includes(type);
    }
    for (let done = !expectAnswer; !done; ) {
      const data = this.#receive();
      onData(data);
      this.#received = Buffer.concat([this.#received, data]);
      done = this.#answered();
    }
  }

  close() {
    this.#port.postMessage(null);
    this.#port.close();
  }

  /** Takes the next whole message from what was sent; answers its type. */
  #takeSent() {
    const header = this.#started ? 5 : 4;
    if (this.#sent.length < header) return undefined;
    const end = this.#sent.readInt32BE(header - 4) + header - 4;
    if (this.#sent.length < end) return undefined;
    const type = this.#started ? String.fromCharCode(this.#sent[0]) : 'startup';
    this.#started = true;
    this.#sent = this.#sent.subarray(end);
    return type;
  }

  /** Whether ReadyForQuery or a request for authentication has come. */
  #answered() {
    let answered = false;
    while (this.#received.length >= 5) {
      const end = this.#received.readInt32BE(1) + 1;
      if (this.#received.length < end) break;
      const type = String.fromCharCode(this.#received[0]);
      const code = type === 'R' ? this.#received.readInt32BE(5) : 0;
      answered = type === 'Z' || (type === 'R' && code !== 0 && code !== 12);
      this.#received = this.#received.subarray(end);
    }
    return answered;
  }

  #receive() {
    while (true) {
      const message = receiveMessageOnPort(this.#port)?.message;
      if (typeof message === 'string') throw new Error(message);
      if (message !== undefined) {
        this.#seen++;
        return Buffer.from(message);
      }
      if (Atomics.wait(this.#arrived, 0, this.#seen, 60_000) === 'timed-out') {
        throw new Error('no answer within a minute');
      }
    }
  }
}

if (isMainThread) {
  await main();
} else {
  relay(workerData);
}
