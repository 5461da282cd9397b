/**
 * A small model of WebAssembly binaries: sections, functions, and instructions as a tree, with a
 * reader and a writer. It covers the features that PGlite uses and refuses everything else. It must
 * not know what is in the modules or what is done with them.
 */
package dev.zerolite.pglite.build.wasm;
