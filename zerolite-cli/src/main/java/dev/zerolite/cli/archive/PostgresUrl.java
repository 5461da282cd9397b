package dev.zerolite.cli.archive;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The parts of {@code postgresql://user:password@host:port/database}, as pgjdbc wants them. */
record PostgresUrl(String jdbc, String user, String password) {

  static PostgresUrl parse(String url) {
    var uri = URI.create(url);
    var login = uri.getRawUserInfo().split(":", 2);
    return new PostgresUrl(
        "jdbc:postgresql://%s:%d%s".formatted(uri.getHost(), uri.getPort(), uri.getRawPath()),
        decode(login[0]),
        decode(login[1]));
  }

  private static String decode(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
