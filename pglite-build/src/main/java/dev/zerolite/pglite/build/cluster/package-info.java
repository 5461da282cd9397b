/**
 * The template cluster: runs PostgreSQL's own initdb, on the JVM, with the engine that was just
 * compiled. It must not know how that was done.
 */
package dev.zerolite.pglite.build.cluster;
