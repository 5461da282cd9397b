package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import java.io.IOException;

/** A cluster with some of the bytes that it sends replaced. */
record DamagedOutput(BackendStarter cluster, String text, String by) implements BackendStarter {
  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    return cluster.connect(
        client,
        new ClientOutput() {
          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            byte[] damaged =
                new String(bytes, offset, length, ISO_8859_1)
                    .replace(text, by)
                    .getBytes(ISO_8859_1);
            output.write(damaged, 0, damaged.length);
          }

          @Override
          public void end() {
            output.end();
          }
        });
  }
}
