package dev.zerolite.pglite.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStarter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A session that runs simple queries. */
final class TestSession {
  private final LinkedBlockingQueue<byte[]> answers = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private final Backend backend;

  TestSession(BackendStarter cluster) throws Exception {
    backend = cluster.start(Map.of("user", "postgres", "database", "postgres"), this::collect);
    answer();
  }

  private synchronized void collect(byte[] bytes, int offset, int length) {
    partial.write(bytes, offset, length);
    byte[] all = partial.toByteArray();
    int last = all.length - 6; // ReadyForQuery: 'Z', length 5, status
    if (last >= 0 && all[last] == 'Z' && all[last + 4] == 5) {
      partial.reset();
      answers.add(all);
    }
  }

  private byte[] answer() throws InterruptedException {
    byte[] answer = answers.poll(60, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer within a minute");
    }
    return answer;
  }

  /** The rows' first columns; an error becomes one line: "!", SQLSTATE, message. */
  List<String> query(String sql) throws InterruptedException {
    byte[] text = sql.getBytes(UTF_8);
    ByteBuffer message = ByteBuffer.allocate(text.length + 6);
    message.put((byte) 'Q').putInt(text.length + 5).put(text).put((byte) 0);
    backend.receive(message.array(), 0, message.capacity());
    List<String> rows = new ArrayList<>();
    ByteBuffer answer = ByteBuffer.wrap(answer());
    while (answer.hasRemaining()) {
      char type = (char) answer.get();
      ByteBuffer body = answer.slice(answer.position() + 4, answer.getInt() - 4);
      answer.position(answer.position() + body.capacity());
      if (type == 'D') {
        body.getShort();
        int length = body.getInt();
        byte[] value = new byte[Math.max(length, 0)];
        body.get(value);
        rows.add(length < 0 ? null : new String(value, UTF_8));
      } else if (type == 'E') {
        rows.add(error(body));
      }
    }
    return rows;
  }

  private static String error(ByteBuffer body) {
    String state = "";
    String message = "";
    for (String field : UTF_8.decode(body).toString().split("\0")) {
      if (field.startsWith("C")) {
        state = field.substring(1);
      } else if (field.startsWith("M")) {
        message = field.substring(1);
      }
    }
    return "!" + state + " " + message;
  }

  void close() throws InterruptedException {
    backend.disconnect();
    backend.awaitEnd(Duration.ofSeconds(30));
  }
}
