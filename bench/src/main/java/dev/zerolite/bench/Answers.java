package dev.zerolite.bench;

/** Counts what matters in a stream of backend messages, cut at any place. */
final class Answers {
  private static final int HEADER = 5;

  private final byte[] header = new byte[HEADER];
  private int inHeader;
  private int bodyLeft;
  private int readies;
  private int errors;

  /**
   * @return how many ReadyForQuery messages began in these bytes
   */
  int scan(byte[] bytes, int offset, int length) {
    int before = readies;
    int position = offset;
    int end = offset + length;
    while (position < end) {
      if (bodyLeft > 0) {
        int step = Math.min(bodyLeft, end - position);
        position += step;
        bodyLeft -= step;
        continue;
      }
      header[inHeader++] = bytes[position++];
      if (inHeader == HEADER) {
        inHeader = 0;
        bodyLeft = length(header) - 4;
        if (header[0] == 'Z') {
          readies++;
        } else if (header[0] == 'E') {
          errors++;
        }
      }
    }
    return readies - before;
  }

  int errors() {
    return errors;
  }

  private static int length(byte[] header) {
    return (header[1] & 0xff) << 24
        | (header[2] & 0xff) << 16
        | (header[3] & 0xff) << 8
        | header[4] & 0xff;
  }
}
