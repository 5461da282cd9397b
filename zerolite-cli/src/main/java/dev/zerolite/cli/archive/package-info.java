/**
 * Makes the JVM's archive of classes (and, from JDK 25 on, of profiles) that lets the next start be
 * faster: in a JVM of its own with low priority, once everything runs. Must not know: what the
 * archive is used for; the launcher passes it to the JVM, which ignores it if it does not fit.
 */
package dev.zerolite.cli.archive;
