/**
 * Measurements. Each program prints one table: ours and its peers, taken in one run, with the
 * ratios. Must not know: how anything is made; only public interfaces and the command are used.
 */
package dev.zerolite.bench;
