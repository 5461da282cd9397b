/**
 * Logical replication without logical decoding: triggers on published tables fill a table of
 * changes, from which replication connections are served with the messages of pgoutput. Stands
 * between the wire server and the cluster as a {@link dev.zerolite.pglite.BackendStarter}; must not
 * know either's insides.
 */
package dev.zerolite.replication.triggers;
