package dev.zerolite.pglite;

import java.util.function.ToIntFunction;

/** Addresses of PostgreSQL's variables in linear memory that the cluster reads or writes. */
final class Symbols {
  private final ToIntFunction<String> addressOf;

  // on hot paths
  final int errno;
  final int interruptPending;
  final int interruptHoldoffCount;
  final int critSectionCount;
  final int numHeldLwlocks;
  final int myBackendType;
  final int myReplicationSlot;

  Symbols(ToIntFunction<String> addressOf) {
    this.addressOf = addressOf;
    errno = addressOf.applyAsInt("errno");
    interruptPending = addressOf.applyAsInt("InterruptPending");
    interruptHoldoffCount = addressOf.applyAsInt("InterruptHoldoffCount");
    critSectionCount = addressOf.applyAsInt("CritSectionCount");
    numHeldLwlocks = addressOf.applyAsInt("num_held_lwlocks");
    myBackendType = addressOf.applyAsInt("MyBackendType");
    myReplicationSlot = addressOf.applyAsInt("MyReplicationSlot");
  }

  /** The address of any variable that the build has found, by its name in C. */
  int of(String variable) {
    return addressOf.applyAsInt(variable);
  }
}
