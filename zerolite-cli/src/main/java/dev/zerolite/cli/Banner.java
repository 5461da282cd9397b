package dev.zerolite.cli;

import dev.zerolite.ZeroLite;

/** What a user needs when everything is ready: the addresses. */
final class Banner {
  private Banner() {}

  static String of(ZeroLite zerolite, Terminal terminal) {
    var text = new StringBuilder("\n");
    zerolite.appUrl().ifPresent(url -> line(text, terminal, "app", url));
    line(text, terminal, "PostgreSQL", zerolite.postgresUrl());
    zerolite.zeroCacheUrl().ifPresent(url -> line(text, terminal, "zero-cache", url));
    zerolite.s3Url().ifPresent(url -> line(text, terminal, "S3", url + s3Keys(zerolite)));
    line(
        text,
        terminal,
        "data",
        zerolite
            .dataDirectory()
            .map(directory -> "in " + directory)
            .orElse("in memory: it ends with zerolite"));
    text.append('\n').append("  ").append(terminal.dim("Ctrl-C stops everything.")).append("\n\n");
    return text.toString();
  }

  private static String s3Keys(ZeroLite zerolite) {
    return zerolite
        .s3()
        .map(s3 -> s3.anonymous() ? "  any keys" : "  " + s3.accessKey() + " / " + s3.secretKey())
        .orElse("");
  }

  private static void line(StringBuilder text, Terminal terminal, String what, String url) {
    text.append("  %-12s".formatted(what)).append(terminal.bold(url)).append('\n');
  }
}
