package dev.zerolite.s3.awssdk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** So many bytes of an open file, from where it stands; closes it. */
final class RangeInputStream extends InputStream {
  private final SeekableByteChannel file;
  private long left;

  RangeInputStream(SeekableByteChannel file, long length) {
    this.file = file;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    int count = file.read(ByteBuffer.wrap(buffer, offset, (int) Math.min(length, left)));
    left -= Math.max(count, 0);
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
