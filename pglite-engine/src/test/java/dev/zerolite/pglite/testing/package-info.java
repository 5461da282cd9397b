/**
 * What several proofs need: a native PostgreSQL as the reference, a client that shows every message
 * of either server, PostgreSQL's own source. Knows nothing of what is proved with it.
 */
package dev.zerolite.pglite.testing;
