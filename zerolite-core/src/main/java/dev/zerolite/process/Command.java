package dev.zerolite.process;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What to run.
 *
 * @param words the program and its arguments
 * @param directory where it runs
 * @param environment variables that replace or add to those of this process
 */
public record Command(List<String> words, Path directory, Map<String, String> environment) {
  public Command {
    words = List.copyOf(words);
    requireNonNull(directory);
    environment = Map.copyOf(environment);
    if (words.isEmpty()) {
      throw new IllegalArgumentException("a command needs a program");
    }
  }

  /** A command line as a user would type it. */
  public static Command shell(String line, Path directory, Map<String, String> environment) {
    return new Command(List.of("/bin/sh", "-c", line), directory, environment);
  }
}
