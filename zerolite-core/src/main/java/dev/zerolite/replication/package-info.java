/**
 * How changes get from the cluster to replication connections: which of the two ways, and the test
 * that decides. Knows nothing of zero-cache nor of the wire server.
 */
package dev.zerolite.replication;
