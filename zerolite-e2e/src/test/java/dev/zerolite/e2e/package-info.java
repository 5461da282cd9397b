/**
 * Everything together, as a user's app meets it: a PostgreSQL, the real zero-cache, the real Zero
 * client in Node.js, and ordinary PostgreSQL clients in numbers. The scenarios themselves are in
 * {@code src/test/e2e}.
 *
 * <p>It must not know how anything inside works: only URLs.
 */
package dev.zerolite.e2e;
