/**
 * Fixtures for tests of several packages: a native PostgreSQL to compare with or to put behind the
 * wire server, and the programs that tests run as clients.
 *
 * <p>It must not know the packages under test, only the interfaces of {@code dev.zerolite.pglite}.
 */
package dev.zerolite.testing;
