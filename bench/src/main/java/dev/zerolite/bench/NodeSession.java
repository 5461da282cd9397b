package dev.zerolite.bench;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** PGlite on Node.js in a child process, which takes the time itself. */
final class NodeSession implements Session {
  private final Process process;
  private final DataOutputStream out;
  private final DataInputStream in;

  NodeSession(NodeProgram node) throws IOException, InterruptedException {
    process = node.start("exec.mjs");
    out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    in = new DataInputStream(process.getInputStream());
    exchange(new Messages().query("select 1").toBytes(), 1);
  }

  @Override
  public long exchange(byte[] messages, int readies) throws IOException {
    out.writeInt(messages.length);
    out.write(messages);
    out.flush();
    long nanos = in.readLong();
    int seen = in.readInt();
    int errors = in.readInt();
    if (seen != readies || errors > 0) {
      throw new IllegalStateException("%d answers, %d errors".formatted(seen, errors));
    }
    return nanos;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
