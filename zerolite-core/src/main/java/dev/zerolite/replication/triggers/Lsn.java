package dev.zerolite.replication.triggers;

/** Positions as PostgreSQL writes them: two hexadecimal halves. */
final class Lsn {
  private Lsn() {}

  /**
   * @throws NumberFormatException if it is none
   */
  static long parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 1) {
      throw new NumberFormatException(text);
    }
    return Long.parseLong(text.substring(0, slash), 16) << 32
        | Long.parseLong(text.substring(slash + 1), 16);
  }

  static String format(long lsn) {
    return "%X/%X".formatted(lsn >>> 32, lsn & 0xffffffffL);
  }
}
