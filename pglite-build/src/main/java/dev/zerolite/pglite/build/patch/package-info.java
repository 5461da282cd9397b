/**
 * Small changes to PostgreSQL's wasm so that several backends can share a cluster: where functions
 * and variables are found, what is put into them and why. It must not know how the module is split
 * or compiled afterwards.
 */
package dev.zerolite.pglite.build.patch;
