package dev.zerolite.cli;

import dev.zerolite.config.ConfigException;
import dev.zerolite.config.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Which app is meant when none is named. */
final class AppChoice {
  private static final Path EXAMPLE = Path.of("examples", "issues");

  private AppChoice() {}

  static Path choose(Optional<Path> named, Path currentDirectory) throws ConfigException {
    if (named.isPresent()) {
      var app = currentDirectory.resolve(named.get()).normalize();
      if (!Files.isDirectory(app)) {
        throw new ConfigException("--app: no such directory: " + app);
      }
      return app;
    }
    if (isApp(currentDirectory)) {
      return currentDirectory;
    }
    var example = currentDirectory.resolve(EXAMPLE);
    if (isApp(example)) {
      return example;
    }
    throw new ConfigException(
        "%s is not an app: it has neither package.json nor %s. Go to your app's directory, or name it: zerolite start --app DIR"
            .formatted(currentDirectory, ConfigFile.NAME));
  }

  private static boolean isApp(Path directory) {
    return Files.exists(directory.resolve("package.json"))
        || Files.exists(directory.resolve(ConfigFile.NAME));
  }
}
