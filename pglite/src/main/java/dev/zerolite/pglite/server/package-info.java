/**
 * Calls between Java and the C code of one backend: calling its functions, being called by it, and
 * raising its errors.
 *
 * <p>It must not know what is called for which purpose, nor of sessions and scheduling.
 */
package dev.zerolite.pglite.server;
