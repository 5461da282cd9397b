/**
 * What the command tells on stderr while it runs: a provider for SLF4J, since a start would wait
 * longer for any other one than for PostgreSQL's first session. Must not know: what is logged.
 */
package dev.zerolite.cli.log;
