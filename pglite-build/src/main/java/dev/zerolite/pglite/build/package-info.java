/**
 * Makes the engine: PGlite's npm package in, JVM classes and PostgreSQL's files out. This package
 * only puts the steps in order; each step lives in a package of its own. It runs at build time and
 * must not be on anyone's runtime class path.
 */
package dev.zerolite.pglite.build;
