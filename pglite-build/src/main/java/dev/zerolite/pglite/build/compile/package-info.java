/**
 * WebAssembly to JVM classes: Endive's compiler, then a pass over the classes that makes them use
 * our linear memory and keeps every method small. It must not know where modules come from.
 */
package dev.zerolite.pglite.build.compile;
