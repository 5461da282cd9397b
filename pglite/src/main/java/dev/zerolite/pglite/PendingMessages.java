package dev.zerolite.pglite;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The frontend messages that a backend has not finished with, as far as one can tell from what it
 * has answered (PostgreSQL documentation, "Message Flow"). So a client knows for how many
 * ReadyForQuery it may wait: not for those of a Sync that is read in the middle of a COPY
 * (copyfromparse.c), nor of a Query that is skipped after an error (postgres.c, {@code
 * ignore_till_sync}).
 *
 * <p>Not thread-safe.
 */
final class PendingMessages {
  private static final String EXTENDED = "PBDEC";

  /** Those that end with ReadyForQuery, or with the session. */
  private static final String CYCLES = "QSFX";

  /** Flush, and what is sent in a COPY and ignored outside one. */
  private static final String UNANSWERED = "Hdcf";

  /** What is read in a COPY without ending it. */
  private static final String DATA = "dSH";

  private static final String END_OF_DATA = "cf";

  private final Deque<Character> sent = new ArrayDeque<>();

  /** How many of those sent are {@link #CYCLES}. */
  private int cycles;

  /** Whether a COPY asks for data, and its end has not been sent. */
  private boolean copyIn;

  /** Whether the backend reads up to a Sync that has not been sent. */
  private boolean skipping;

  /** The startup packet, which is answered like a query. */
  PendingMessages() {
    add('Q');
  }

  private void add(char type) {
    sent.add(type);
    if (CYCLES.indexOf(type) >= 0) {
      cycles++;
    }
  }

  private char remove() {
    char type = sent.remove();
    removed(type);
    return type;
  }

  private void removed(char type) {
    if (CYCLES.indexOf(type) >= 0) {
      cycles--;
    }
  }

  private boolean nextIsOneOf(String types) {
    return !sent.isEmpty() && types.indexOf(sent.peek()) >= 0;
  }

  /** A message is about to be sent. */
  void send(char type) {
    if (copyIn) {
      if (END_OF_DATA.indexOf(type) >= 0) {
        copyIn = false;
      } else if (DATA.indexOf(type) < 0) {
        add(type); // the backend ends the session
        copyIn = false;
      }
    } else if (!skipping || type == 'S' || type == 'X') {
      skipping = false;
      add(type);
      dropUnanswered();
    }
  }

  /** A backend message of this type has arrived. */
  void receive(char type) {
    switch (type) {
      case '1' -> done("P");
      case '2' -> done("B");
      case '3' -> done("C");
      case 'T', 'n' -> done("D");
      case 'C', 'I', 's' -> done("E");
      case 'E' -> fail();
      case 'G' -> askForData();
      case 'Z' -> {
        while (!sent.isEmpty() && CYCLES.indexOf(remove()) < 0) {
          // answered without a word
        }
        copyIn = false;
        dropUnanswered();
      }
      default -> {}
    }
  }

  private void done(String type) {
    if (nextIsOneOf(type)) {
      remove();
      dropUnanswered();
    }
  }

  private void dropUnanswered() {
    while (nextIsOneOf(UNANSWERED)) {
      remove();
    }
  }

  private void fail() {
    copyIn = false;
    if (!nextIsOneOf(EXTENDED)) {
      return;
    }
    while (!sent.isEmpty() && !nextIsOneOf("SX")) {
      remove();
    }
    skipping = sent.isEmpty();
  }

  /** What has been sent already is read as the COPY's data. */
  private void askForData() {
    Iterator<Character> rest = sent.iterator();
    if (rest.hasNext()) {
      rest.next(); // the Query or Execute
    }
    while (rest.hasNext()) {
      char type = rest.next();
      boolean ends = END_OF_DATA.indexOf(type) >= 0;
      if (!ends && DATA.indexOf(type) < 0) {
        return;
      }
      rest.remove();
      removed(type);
      if (ends) {
        return;
      }
    }
    copyIn = true;
  }

  /** Whether there is nothing to wait for: no ReadyForQuery will come before the client speaks. */
  boolean areAnswered() {
    return copyIn || cycles == 0;
  }
}
