package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.Set;

/**
 * How a directory on disk is used by the tree that it is mounted in.
 *
 * @param forced whether fsync means that the operating system writes to the device. Without it
 *     everything still survives the end of this process, however it ends, but not that of the
 *     machine.
 * @param seal a file that vouches for all others, by its path below the directory: before it is
 *     written, whatever has been written to the others and not been forced yet is forced
 * @param reserve what is kept free on the device for the files that need it most
 * @param scratch names of directories whose files need never be forced, wherever they are
 * @param hidden names in the directory itself that the tree does not show. A process that makes
 *     such a file gets one in memory.
 */
public record DiskOptions(
    boolean forced,
    Optional<String> seal,
    DiskReserve reserve,
    Set<String> scratch,
    Set<String> hidden) {

  public DiskOptions {
    requireNonNull(seal);
    requireNonNull(reserve);
    scratch = Set.copyOf(scratch);
    hidden = Set.copyOf(hidden);
  }

  /** fsync forces the file that it is called for, and nothing is special. */
  public static DiskOptions plain() {
    return new DiskOptions(true, Optional.empty(), DiskReserve.none(), Set.of(), Set.of());
  }
}
