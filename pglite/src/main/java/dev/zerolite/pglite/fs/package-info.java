/**
 * The virtual file system that PostgreSQL's processes see: one tree per cluster, a descriptor table
 * per process, with POSIX semantics and emscripten's errno values.
 *
 * <p>It must know nothing of wasm, PostgreSQL or threads. A tree has no locks: all processes of a
 * cluster share it and touch it only while they hold the cluster's interpreter lock.
 */
package dev.zerolite.pglite.fs;
