const env = process.env;

export const config = {
  databaseUrl:
    env.DATABASE_URL ?? env.ZERO_UPSTREAM_DB ?? 'postgres://postgres:postgres@localhost:5432/postgres',
  port: Number(env.PORT ?? 3000),
  host: env.HOST ?? '127.0.0.1',
  // Where the browser finds zero-cache.
  zeroCacheUrl: env.ZERO_CACHE_URL ?? 'http://localhost:4848',
};
