/**
 * PostgreSQL as a JVM library: a {@link dev.zerolite.pglite.Cluster} of databases, and a {@link
 * dev.zerolite.pglite.Backend} per session, spoken to in PostgreSQL's frontend/backend protocol.
 *
 * <p>This is the public face of the module. It knows nothing of sockets, passwords or zero-cache.
 */
package dev.zerolite.pglite;
