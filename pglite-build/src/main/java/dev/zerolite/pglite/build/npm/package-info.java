/**
 * PGlite's npm packages: fetched, checked against their pinned checksums, unpacked. It must not
 * know what their files are used for.
 */
package dev.zerolite.pglite.build.npm;
