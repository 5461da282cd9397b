/**
 * Replication as consumers see it, over TCP: every test runs against ours and, where there is
 * something to compare, against a native PostgreSQL of the same version.
 *
 * <p>Nothing here may know how ours works inside; the only class that names it is {@code
 * OurServer}.
 */
package dev.zerolite.replication;
