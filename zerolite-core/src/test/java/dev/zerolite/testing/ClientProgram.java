package dev.zerolite.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of this machine that tests run as a client, such as psql. */
public final class ClientProgram {
  private final Path executable;

  private ClientProgram(Path executable) {
    this.executable = executable;
  }

  /**
   * Finds a program on the PATH.
   *
   * @param debianPackage named in the message if it is missing
   */
  public static ClientProgram find(String name, String debianPackage) {
    for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
      Path candidate = Path.of(directory, name);
      if (Files.isExecutable(candidate)) {
        return new ClientProgram(candidate);
      }
    }
    throw new IllegalStateException(
        "This test needs " + name + ": run `apt-get install " + debianPackage + "` and try again");
  }

  /** What a program did. */
  public record Result(int exitCode, String stdout, String stderr) {}

  /** Runs the program to its end; kills it and throws if that takes longer than the timeout. */
  public Result run(
      Path directory, Map<String, String> environment, Duration timeout, List<String> arguments)
      throws IOException, InterruptedException {
    Path stdout = Files.createTempFile("client", ".out");
    Path stderr = Files.createTempFile("client", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(executable.toString());
      builder.command().addAll(arguments);
      builder.directory(directory.toFile());
      builder.environment().putAll(environment);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.redirectOutput(stdout.toFile()).redirectError(stderr.toFile());
      Process process = builder.start();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        throw new IllegalStateException(
            executable
                + " did not end within "
                + timeout
                + "; it wrote: "
                + read(stdout)
                + read(stderr));
      }
      return new Result(process.exitValue(), read(stdout), read(stderr));
    } finally {
      Files.delete(stdout);
      Files.delete(stderr);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, UTF_8);
  }
}
