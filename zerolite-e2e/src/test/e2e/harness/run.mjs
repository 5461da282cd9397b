import postgres from 'postgres';
import {base} from '../app/schema.mjs';
import {Client} from './client.mjs';

/** What one scenario works with; everything that it opened is closed with it. */
export class Run {
  #cacheUrl;
  #clients = [];
  #sessions = [];
  /** Unique, so that a scenario sees only the rows of this run of it. */
  scope;
  postgresUrl;
  timeout;
  /** Measurements that go into the report. */
  notes = {};

  constructor({name, postgresUrl, cacheUrl, timeout}) {
    this.scope = `${name}-${Date.now().toString(36)}`;
    this.postgresUrl = postgresUrl;
    this.timeout = timeout;
    this.#cacheUrl = cacheUrl;
    this.sql = this.session();
  }

  /** A PostgreSQL session of its own. */
  session() {
    const sql = postgres(this.postgresUrl, {max: 1, onnotice: () => {}, idle_timeout: 0});
    this.#sessions.push(sql);
    return sql;
  }

  connect(schema = base) {
    const client = new Client({cacheUrl: this.#cacheUrl, schema, timeout: this.timeout});
    this.#clients.push(client);
    return client;
  }

  /** A client that shows the scope's rows of a table. */
  async watch(table, {schema = base, scope = this.scope} = {}) {
    return this.connect(schema).rows(table, scope).complete();
  }

  /** Rows in "item" under the scope, for the many scenarios that need no more. */
  async insertItem(id, {n = 0, note = null, sql = this.sql} = {}) {
    await sql`INSERT INTO item (id, scope, n, note) VALUES (${this.id(id)}, ${this.scope}, ${n}, ${note})`;
  }

  /** Item keys must not collide between runs. */
  id(name) {
    return `${this.scope}/${name}`;
  }

  async close() {
    await Promise.allSettled(this.#clients.map(client => client.close()));
    await Promise.allSettled(this.#sessions.map(sql => sql.end({timeout: 1})));
  }
}
