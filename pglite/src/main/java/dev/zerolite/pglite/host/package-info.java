/**
 * An emscripten host: runs the compiled PostgreSQL (or initdb) as a process image of its own, with
 * linear memory, descriptors, environment, dynamic libraries and the system calls it imports.
 *
 * <p>It must know nothing of sessions, scheduling or the frontend/backend protocol; what a patched
 * wait point means is told to it by {@link dev.zerolite.pglite.host.ProcessHooks}. Nothing here is
 * static and mutable: one engine serves any number of processes on any number of threads.
 */
package dev.zerolite.pglite.host;
