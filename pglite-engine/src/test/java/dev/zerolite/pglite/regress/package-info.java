/**
 * Proves the engine: the same SQL, statement by statement, on the cluster and on a native server of
 * the same version, with the answers compared message by message. Knows both only as a client does,
 * through the wire protocol.
 */
package dev.zerolite.pglite.regress;
