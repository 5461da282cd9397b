/**
 * Makes big functions small: wasm in, equivalent wasm out, so that every function becomes a method
 * that HotSpot is willing to compile. It must not know PostgreSQL, Endive or the rest of the build.
 */
package dev.zerolite.pglite.build.split;
