/**
 * Proves the cluster's sessions: PostgreSQL's own isolation specs and random schedules, each also
 * run on a native server. Knows the cluster only as a client does, through the wire protocol.
 */
package dev.zerolite.pglite.isolation;
