/**
 * PostgreSQL as a JVM library: {@link dev.zerolite.pglite.PGlite} to begin with, a {@link
 * dev.zerolite.pglite.Cluster} of databases, and a {@link dev.zerolite.pglite.Backend} per session,
 * spoken to in PostgreSQL's frontend/backend protocol.
 *
 * <p>This is the public face of the module. It knows nothing of zero-cache, nor of sockets but for
 * {@link dev.zerolite.pglite.PGlite#jdbcUrl() the one on the loopback interface}.
 */
package dev.zerolite.pglite;
