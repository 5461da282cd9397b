// The endpoint as a process of its own: `PORT=… DATABASE_URL=… node app/main.mjs`.
import {startEndpoint} from './endpoint.mjs';

const endpoint = await startEndpoint({
  postgresUrl: process.env.DATABASE_URL ?? process.env.ZERO_UPSTREAM_DB,
  port: Number(process.env.PORT),
});
console.log(`listening at ${endpoint.url}`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => endpoint.close().finally(() => process.exit(0)));
}
