package dev.zerolite;

import dev.zerolite.ZeroLiteException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The app's own {@code .zerolite} directory, which keeps itself out of version control.
 *
 * @param app the app's directory
 */
record WorkDirectory(Path app) {

  private Path path() {
    return app.resolve(".zerolite");
  }

  /** Makes it, unless it is there. */
  Path make() throws ZeroLiteException {
    var directory = path();
    try {
      Files.createDirectories(directory);
      var ignore = directory.resolve(".gitignore");
      if (!Files.exists(ignore)) {
        Files.writeString(ignore, "*\n");
      }
      return directory;
    } catch (IOException e) {
      throw new ZeroLiteException(
          Reason.ENVIRONMENT, "%s cannot be written: %s".formatted(directory, e.getMessage()), e);
    }
  }

  /** Makes it if something is to be put into it. */
  void makeFor(Path file) throws ZeroLiteException {
    if (file.startsWith(path())) {
      make();
    }
  }
}
