/**
 * The {@code zerolite} command: flags in, readable output and exit codes out. Must not know: how
 * anything is started; that is {@link dev.zerolite.ZeroLite}'s.
 */
package dev.zerolite.cli;
