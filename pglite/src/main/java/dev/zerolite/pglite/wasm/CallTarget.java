package dev.zerolite.pglite.wasm;

/**
 * A function of the main module's table, as an object whose virtual methods call it.
 *
 * <p>The build generates the subclasses. To HotSpot a virtual call is one jump through the object's
 * class, where a switch over hundreds of functions becomes a chain of comparisons: it asks first
 * for what was frequent when the method was compiled, whatever is frequent later. Objects are made
 * only for functions that are called often, see {@link CallTable}.
 */
public abstract class CallTarget {
  protected CallTarget() {}
}
