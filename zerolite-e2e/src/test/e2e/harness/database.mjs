import {readFile, readdir} from 'node:fs/promises';
import {join} from 'node:path';

const directory = join(import.meta.dirname, '..', 'db');

/** Makes the tables of db/ anew and takes away what earlier zero-caches of this app id left. */
export async function reset(sql, appId) {
  await sql.unsafe(`DROP SCHEMA IF EXISTS "${appId}", "${appId}_0", "${appId}_0/cdc", "${appId}_0/cvr" CASCADE`);
  for (const {pubname} of await sql`SELECT pubname FROM pg_publication WHERE pubname ~ ${`^_${appId}_`}`) {
    await sql`DROP PUBLICATION ${sql(pubname)}`;
  }
  await sql`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
            WHERE slot_name ~ ${`^${appId}_0_`} AND NOT active`;
  await sql.unsafe(
    `DROP TABLE IF EXISTS born, child, parent, item, emptied, pair, whole, grown, typed, beyond CASCADE;
     DROP TYPE IF EXISTS mood`,
  );
  const migrations = join(directory, 'migrations');
  for (const name of (await readdir(migrations)).sort()) {
    await sql.unsafe(await readFile(join(migrations, name), 'utf8'));
  }
  await sql.unsafe(await readFile(join(directory, 'seed.sql'), 'utf8'));
}
