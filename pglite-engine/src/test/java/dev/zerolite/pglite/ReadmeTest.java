package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the program in pglite/README.md. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern OUTPUT = Pattern.compile("It prints `(.*?)`");

  @TempDir private Path directory;

  @Test
  void theProgramPrintsWhatTheReadmeSays() throws Exception {
    String readme = Files.readString(Path.of("../pglite/README.md"));
    Path source = directory.resolve("Example.java");
    Files.writeString(source, find(PROGRAM, readme));
    Path output = directory.resolve("output");
    // as a single source file, which the JVM compiles itself
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(program.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      program.destroyForcibly();
    }
    assertThat(Files.readString(output, UTF_8).strip()).isEqualTo(find(OUTPUT, readme));
    assertThat(program.exitValue()).isZero();
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertThat(matcher.find()).as("the README has " + pattern).isTrue();
    return matcher.group(1);
  }
}
