/**
 * What the generated PostgreSQL classes link against: flat linear memory with the main module's
 * globals.
 *
 * <p>Public only because generated code and the build tool refer to it by name; not an API for
 * users. It must know nothing of PostgreSQL.
 */
package dev.zerolite.pglite.wasm;
