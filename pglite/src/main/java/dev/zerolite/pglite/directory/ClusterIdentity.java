package dev.zerolite.pglite.directory;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.RegularFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What tells a cluster from all others, and its users' missing passwords from each other: the
 * system identifier and mock_authentication_nonce. initdb makes both (BootStrapXLOG in xlog.c), but
 * here all new clusters come from the one that the build made, so each gets its own before it runs
 * for the first time.
 */
public final class ClusterIdentity {
  private static final int NONCE_BYTES = 32;

  /** access/xlog_internal.h: XLogPageHeaderData.xlp_info, XLogLongPageHeaderData.xlp_sysid. */
  private static final int WAL_PAGE_INFO = 2;

  private static final int WAL_SYSTEM_IDENTIFIER = 24;
  private static final int XLP_LONG_HEADER = 2;

  private ClusterIdentity() {}

  /**
   * Gives a cluster that does not run another identity: in its control file, and in its WAL, whose
   * segments each begin with the identifier of the system that they belong to.
   */
  public static void renew(FileTree files, String dataDirectory) {
    RegularFile control = (RegularFile) files.find(dataDirectory + "/" + ControlFile.PATH);
    byte[] bytes = files.readFile(dataDirectory + "/" + ControlFile.PATH);
    long old = ControlFile.systemIdentifier(bytes);
    SecureRandom random = new SecureRandom();
    long identifier = newSystemIdentifier(random);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    ControlFile.setIdentity(bytes, identifier, nonce);
    control.write(0, bytes, 0, bytes.length);
    Directory wal = files.directory(dataDirectory + "/pg_wal");
    for (String name : wal.names()) {
      if (wal.entry(name) instanceof RegularFile segment) {
        renewSegment(segment, old, identifier);
      }
    }
  }

  private static void renewSegment(RegularFile segment, long old, long identifier) {
    ByteBuffer header =
        ByteBuffer.allocate(WAL_SYSTEM_IDENTIFIER + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    segment.read(0, header.array(), 0, header.capacity());
    if ((header.getShort(WAL_PAGE_INFO) & XLP_LONG_HEADER) != 0
        && header.getLong(WAL_SYSTEM_IDENTIFIER) == old) {
      header.putLong(WAL_SYSTEM_IDENTIFIER, identifier);
      segment.write(WAL_SYSTEM_IDENTIFIER, header.array(), WAL_SYSTEM_IDENTIFIER, Long.BYTES);
    }
  }

  /** Seconds, microseconds and 12 more bits, which are the process id in initdb's. */
  private static long newSystemIdentifier(SecureRandom random) {
    Instant now = Instant.now();
    long micros = now.truncatedTo(ChronoUnit.MICROS).getNano() / 1000;
    return now.getEpochSecond() << 32 | micros << 12 | random.nextInt(1 << 12);
  }
}
