// A Zero client whose views remember every state that they have shown.
import {Zero} from '@rocicorp/zero';
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {definitions} from '../app/definitions.mjs';

export class Client {
  #zero;
  #queries;
  #mutators;
  #timeout;
  #failure;
  #waiting = new Set();

  constructor({cacheUrl, schema, timeout}) {
    const {queries, mutators} = definitions(schema);
    this.#queries = queries;
    this.#mutators = mutators;
    this.#timeout = timeout;
    this.#zero = new Zero({
      cacheURL: cacheUrl,
      schema,
      mutators,
      kvStore: 'mem',
      // A client group of its own: what stops one client must not stop the others of the scenario.
      storageKey: randomUUID(),
      logSink: {log() {}},
      onUpdateNeeded: reason => this.#fail(`${reason.type}: ${reason.message ?? ''}`),
    });
    this.#zero.connection.state.subscribe(state => {
      if (state.name === 'error' || state.name === 'closed') {
        this.#fail(`connection ${state.name}: ${state.reason}`);
      }
    });
  }

  /** Why the client has stopped, if it has. */
  get failure() {
    return this.#failure;
  }

  /** Resolves with the reason when the client stops. */
  failed() {
    return this.#wait(() => this.#failure !== undefined, () => 'the client still runs', true).then(
      () => this.#failure,
    );
  }

  /** All rows of a scope in a table. */
  rows(table, scope) {
    return this.#view(this.#queries.rows({table, scope}), table);
  }

  rowsWhere(table, scope, column, value) {
    return this.#view(this.#queries.rowsWhere({table, scope, column, value}), table);
  }

  families(scope) {
    return this.#view(this.#queries.families({scope}), 'parent');
  }

  /** Runs a mutator; resolves to what the client and then the server said. */
  async mutate(name, args) {
    const mutation = this.#zero.mutate(this.#mutators[name](args));
    const server = this.#bounded(mutation.server, `${name} on the server`);
    // A scenario that fails before it looks at this must not end the whole program.
    server.catch(() => {});
    return {client: await this.#bounded(mutation.client, `${name} on the client`), server};
  }

  async close() {
    this.#waiting.clear();
    await this.#zero.close();
  }

  #view(query, name) {
    const view = this.#zero.materialize(query, {ttl: 'none'});
    const live = new View(name, (condition, describe) => this.#wait(condition, describe));
    view.addListener((data, resultType) => {
      live.add(structuredClone(data), resultType === 'complete');
      this.#wake();
    });
    return live;
  }

  #fail(reason) {
    this.#failure ??= reason;
    this.#wake();
  }

  #wake() {
    for (const check of [...this.#waiting]) {
      check();
    }
  }

  #wait(condition, describe, failureIsFine = false) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        settle(value);
      };
      const check = () => {
        try {
          if (condition()) {
            end(resolve);
          } else if (this.#failure !== undefined && !failureIsFine) {
            end(reject, new Error(`the client has stopped: ${this.#failure}; ${describe()}`));
          }
        } catch (error) {
          end(reject, error);
        }
      };
      const timer = setTimeout(
        () => end(reject, new Error(`not within ${this.#timeout} ms: ${describe()}`)),
        this.#timeout,
      );
      this.#waiting.add(check);
      check();
    });
  }

  #bounded(promise, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not within ${this.#timeout} ms: the result of ${what}`)),
        this.#timeout,
      );
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

/** What one query has shown, from the first state to the present one. */
export class View {
  #name;
  #wait;
  #complete = false;
  /** Every state that a listener was called with. */
  states = [];

  constructor(name, wait) {
    this.#name = name;
    this.#wait = wait;
  }

  add(data, complete) {
    this.states.push(data);
    this.#complete = complete;
  }

  get now() {
    return this.states.at(-1) ?? [];
  }

  /** How many rows each state had. */
  get counts() {
    return this.states.map(state => state.length);
  }

  /** True if a row like this was ever shown. */
  everShowed(predicate) {
    return this.states.some(state => state.some(predicate));
  }

  /** Waits until the server has answered the query in full. */
  async complete() {
    await this.#wait(() => this.#complete, () => `${this.#name} is complete`);
    return this;
  }

  /** Waits until the present state satisfies the condition. */
  async until(what, condition) {
    await this.#wait(
      () => this.states.length > 0 && condition(this.now),
      () => `${this.#name}: ${what}; now ${excerpt(this.now)}`,
    );
    return this.now;
  }

  /** Waits until the present state has exactly these rows, in any order. */
  async untilEqual(expected) {
    const sorted = rows => [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const same = rows => {
      try {
        assert.deepEqual(sorted(plain(rows)), sorted(plain(expected)));
        return true;
      } catch {
        return false;
      }
    };
    return this.until(`equals ${excerpt(expected)}`, same);
  }
}

/** Zero's rows carry symbols of its own; a comparison wants only the columns. */
export function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

function excerpt(value) {
  const text = JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}… (${value.length} rows)` : text;
}
