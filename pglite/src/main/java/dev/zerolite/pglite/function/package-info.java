/**
 * SQL functions written in Java.
 *
 * <p>A {@link dev.zerolite.pglite.function.FunctionLibrary} names functions with the types of their
 * arguments and results. Given to a cluster's options, it is there as a dynamic library in {@code
 * $libdir}; its {@code declarations()} make the functions known to a database.
 *
 * <p>It must know nothing of sessions and scheduling; calls into the backend go through {@code
 * dev.zerolite.pglite.server}.
 */
package dev.zerolite.pglite.function;
