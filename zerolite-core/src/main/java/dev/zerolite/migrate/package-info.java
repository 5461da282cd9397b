/**
 * Applies an app's SQL files to its database, each once and whole. Must not know: what PostgreSQL
 * it talks to, or that zero-cache exists; it is a client like any other.
 */
package dev.zerolite.migrate;
