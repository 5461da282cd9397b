/**
 * PGlite's npm package: fetched, checked against its pinned checksum, unpacked. It must not know
 * what its files are used for.
 */
package dev.zerolite.pglite.build.npm;
