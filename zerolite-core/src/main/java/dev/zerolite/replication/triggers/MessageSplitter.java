package dev.zerolite.replication.triggers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds the messages in bytes that arrive cut at any place. */
final class MessageSplitter {
  /** PQ_LARGE_MESSAGE_LIMIT of libpq/libpq.h; what is said to be longer is not a message. */
  private static final int LONGEST = 0x3fffffff;

  private byte[] rest = new byte[0];
  private boolean startup;

  /**
   * @param startup whether the first message is a packet without a type
   */
  MessageSplitter(boolean startup) {
    this.startup = startup;
  }

  /**
   * @throws IOException if the bytes are not messages
   */
  List<Message> split(byte[] bytes, int offset, int length) throws IOException {
    byte[] all = Arrays.copyOf(rest, rest.length + length);
    System.arraycopy(bytes, offset, all, rest.length, length);
    List<Message> messages = new ArrayList<>();
    int position = 0;
    while (true) {
      int header = startup ? 4 : 5;
      if (all.length - position < header) {
        break;
      }
      int size = ByteBuffer.wrap(all).getInt(position + header - 4);
      if (size < 4 || size > LONGEST) {
        throw new IOException("a message of " + size + " bytes");
      }
      int end = position + header - 4 + size;
      if (end > all.length) {
        break;
      }
      char type = startup ? 0 : (char) all[position];
      messages.add(new Message(type, Arrays.copyOfRange(all, position + header, end)));
      startup = false;
      position = end;
    }
    rest = Arrays.copyOfRange(all, position, all.length);
    return messages;
  }
}
