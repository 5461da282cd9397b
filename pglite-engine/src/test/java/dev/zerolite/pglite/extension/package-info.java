/**
 * What is loaded into the engine besides PostgreSQL itself: extensions, conversions between
 * encodings, functions written in Java. The reference is a native server wherever it has the same.
 */
package dev.zerolite.pglite.extension;
