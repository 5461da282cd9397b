/**
 * Many sessions at once under load, and JVMs killed in the midst of it: nothing may be lost,
 * doubled or seen half, and no page may be wrong afterwards.
 */
package dev.zerolite.pglite.stress;
