package dev.zerolite.pglite.build.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShellCommandTest {
  @Test
  void splitsWords() {
    assertThat(ShellCommand.words("postgres  --boot -d 5"))
        .containsExactly("postgres", "--boot", "-d", "5");
    assertThat(ShellCommand.words("")).isEmpty();
  }

  @Test
  void honoursQuotes() {
    assertThat(ShellCommand.words("\"/a b/postgres\" -c 'x=\"y\" z' pre\"mid dle\"post ''"))
        .containsExactly("/a b/postgres", "-c", "x=\"y\" z", "premid dlepost", "");
    assertThat(ShellCommand.words("\"a\\\"b\" c\\ d 'e\\f'"))
        .containsExactly("a\"b", "c d", "e\\f");
  }

  @Test
  void stopsAtRedirections() {
    assertThat(ShellCommand.words("postgres -V < /dev/null > /dev/null 2>&1"))
        .containsExactly("postgres", "-V");
  }
}
