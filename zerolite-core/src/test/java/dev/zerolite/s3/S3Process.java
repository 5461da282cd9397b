package dev.zerolite.s3;

import java.nio.file.Path;

/** An endpoint in a process of its own: prints its address, and stops when its input ends. */
final class S3Process {
  private S3Process() {}

  public static void main(String[] args) throws Exception {
    try (var server = S3Server.start(TestConfig.in(Path.of(args[0])).build())) {
      System.out.println(server.url());
      while (System.in.read() >= 0) {
        continue;
      }
    }
  }
}
