package dev.zerolite.pglite;

import java.util.function.ToIntFunction;

/** Addresses of PostgreSQL's variables in linear memory that the cluster reads or writes. */
record Symbols(
    int dsmControl,
    int errno,
    int interruptPending,
    int interruptHoldoffCount,
    int critSectionCount,
    int numHeldLwlocks) {

  static Symbols of(ToIntFunction<String> addressOf) {
    return new Symbols(
        addressOf.applyAsInt("dsm_control"),
        addressOf.applyAsInt("errno"),
        addressOf.applyAsInt("InterruptPending"),
        addressOf.applyAsInt("InterruptHoldoffCount"),
        addressOf.applyAsInt("CritSectionCount"),
        addressOf.applyAsInt("num_held_lwlocks"));
  }
}
