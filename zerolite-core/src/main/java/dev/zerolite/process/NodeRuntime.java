package dev.zerolite.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The Node.js on this machine, which runs zero-cache and our watchdog.
 *
 * @param node the executable
 * @param version for instance {@code 20.20.2}
 * @param searchPath the directories of PATH in which it was found
 */
public record NodeRuntime(Path node, String version, List<Path> searchPath) {
  private static final int OLDEST_MAJOR = 20;
  private static final Pattern VERSION = Pattern.compile("v((\\d+)\\.\\d+\\.\\d+\\S*)");
  private static final String INSTALL =
      "install Node.js %d or newer (https://nodejs.org) and make sure that `node` is on PATH"
          .formatted(OLDEST_MAJOR);

  public NodeRuntime {
    requireNonNull(node);
    requireNonNull(version);
    searchPath = List.copyOf(searchPath);
  }

  /**
   * Looks for Node.js as a shell would.
   *
   * @param environment the variables of this process
   * @throws MissingProgramException if there is none, or one that is too old
   * @throws InterruptedException if interrupted while Node.js tells its version
   */
  public static NodeRuntime find(Map<String, String> environment)
      throws MissingProgramException, InterruptedException {
    var searchPath =
        Arrays.stream(environment.getOrDefault("PATH", "").split(java.io.File.pathSeparator))
            .filter(directory -> !directory.isEmpty())
            .map(Path::of)
            .toList();
    var node =
        executable(searchPath, "node")
            .orElseThrow(() -> new MissingProgramException("Node.js was not found: " + INSTALL));
    var answer = versionOf(node);
    var version = VERSION.matcher(answer);
    if (!version.matches()) {
      throw new MissingProgramException(
          "%s --version said '%s' instead of a version: %s".formatted(node, answer, INSTALL));
    }
    if (Integer.parseInt(version.group(2)) < OLDEST_MAJOR) {
      throw new MissingProgramException(
          "%s is Node.js %s, which is too old for zero-cache: %s"
              .formatted(node, version.group(1), INSTALL));
    }
    return new NodeRuntime(node, version.group(1), searchPath);
  }

  /**
   * The npm beside this Node.js.
   *
   * @throws MissingProgramException if there is none
   */
  public Path npm() throws MissingProgramException {
    return executable(searchPath, "npm")
        .orElseThrow(
            () ->
                new MissingProgramException(
                    "npm was not found: install npm (it comes with Node.js %d or newer)"
                        .formatted(OLDEST_MAJOR)));
  }

  private static Optional<Path> executable(List<Path> searchPath, String name) {
    return searchPath.stream()
        .map(directory -> directory.resolve(name))
        .filter(Files::isRegularFile)
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String versionOf(Path node) throws MissingProgramException, InterruptedException {
    try {
      var process = new ProcessBuilder(node.toString(), "--version").start();
      try {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          throw new MissingProgramException(node + " --version does not answer: " + INSTALL);
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new MissingProgramException(
          "%s cannot be run (%s): %s".formatted(node, e.getMessage(), INSTALL));
    }
  }
}
