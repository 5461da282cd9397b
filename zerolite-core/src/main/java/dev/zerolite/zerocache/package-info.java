/**
 * Runs an unmodified zero-cache: finds or installs it, tells it where everything is, keeps it
 * alive. Must not know: what PostgreSQL it is connected to, or how that is made.
 */
package dev.zerolite.zerocache;
