package dev.zerolite.pglite.host;

/**
 * A function implemented in Java that wasm code can call.
 *
 * <p>Arguments come as 64-bit values whatever their type: an i32 is in the low half (cast it to
 * int), an f64 is its raw bits. The result goes the same way and is ignored where the function is
 * void. {@link LongJump} and {@link ProcessExit}, which come out of calls back into wasm, must pass
 * through untouched.
 */
@FunctionalInterface
public interface HostFunction {
  long call(long[] arguments);
}
