/**
 * Child processes that cannot be left behind: each runs below a watchdog that ends it, and all that
 * it started, when we ask or when we are gone. Must not know: what any child is for.
 */
package dev.zerolite.process;
