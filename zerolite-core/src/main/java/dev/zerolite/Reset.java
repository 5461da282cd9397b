package dev.zerolite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.directory.DataDirectoryException;
import dev.zerolite.zerocache.ReplicaFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes what an app's zerolite has kept of its databases, so that the next start is the first.
 */
public final class Reset {
  private final Path dataDirectory;
  private final ReplicaFiles replica;

  private Reset(Path dataDirectory, ReplicaFiles replica) {
    this.dataDirectory = requireNonNull(dataDirectory);
    this.replica = requireNonNull(replica);
  }

  /**
   * For what {@link ZeroLite#start(ZeroLiteConfig)} with this configuration keeps.
   *
   * @throws ZeroLiteException if it keeps nothing
   */
  public static Reset of(ZeroLiteConfig config) throws ZeroLiteException {
    var directory =
        config
            .dataDirectory()
            .orElseThrow(
                () ->
                    new ZeroLiteException(
                        Reason.ENVIRONMENT,
                        "The database is kept in memory (ephemeral): there is nothing to reset."));
    return new Reset(directory, new ReplicaFiles(config.replicaFile().orElseThrow()));
  }

  /** What there is to remove: the databases' directory, and the files of zero-cache's replica. */
  public List<Path> found() throws ZeroLiteException {
    try {
      var found = new ArrayList<Path>();
      if (Files.exists(dataDirectory)) {
        found.add(dataDirectory);
      }
      found.addAll(replica.all());
      return found;
    } catch (IOException e) {
      throw failed(e.getMessage(), e);
    }
  }

  /**
   * Removes it.
   *
   * @throws ZeroLiteException if a zerolite is running on it, or it is no database; nothing was
   *     removed then
   */
  public void remove() throws ZeroLiteException {
    try {
      // First, since it is refused while somebody uses it.
      DataDirectory.remove(dataDirectory);
      replica.delete();
    } catch (DataDirectoryException e) {
      throw failed(e.getMessage(), e);
    } catch (IOException e) {
      throw failed("The replica cannot be removed: " + e.getMessage(), e);
    }
  }

  private static ZeroLiteException failed(String message, Exception cause) {
    return new ZeroLiteException(Reason.ENVIRONMENT, message, cause);
  }
}
