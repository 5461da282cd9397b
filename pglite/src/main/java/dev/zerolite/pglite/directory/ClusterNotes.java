package dev.zerolite.pglite.directory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is remembered of a cluster beside its files, so that a start need not ask PostgreSQL. Losing
 * it costs time, and {@link DataDirectory#remove} refuses then.
 */
public final class ClusterNotes {
  /** Every cluster that was made here has this file, and no other. */
  static final String SUPERUSER = "zerolite.superuser";

  /** A sum of {@link SharedCatalogs}, and the databases that there are, a line each. */
  private static final String DATABASES = "zerolite.databases";

  private final Path path;
  private final Optional<String> catalogs;

  /**
   * @param catalogs the sum of {@link SharedCatalogs} when the directory was opened; empty if
   *     nothing is sure of them
   */
  ClusterNotes(Path path, Optional<String> catalogs) {
    this.path = path;
    this.catalogs = catalogs;
  }

  /** The superuser's name as it was remembered; nobody can log in to ask for it. */
  public Optional<String> superuser() throws DataDirectoryException {
    return remembered(0);
  }

  /** What PostgreSQL stored of the superuser's password when it was last set or compared. */
  public Optional<String> verifier() throws DataDirectoryException {
    return remembered(1);
  }

  private Optional<String> remembered(int line) throws DataDirectoryException {
    Path file = path.resolve(SUPERUSER);
    try {
      return Files.exists(file) ? text(file).lines().skip(line).findFirst() : Optional.empty();
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    }
  }

  /** Whatever is in it: a damaged file has what nothing equals. */
  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** Writes the superuser's name and verifier down, if they are not there yet. */
  public void rememberSuperuser(String name, Optional<String> verifier)
      throws DataDirectoryException {
    try {
      if (!superuser().equals(Optional.of(name)) || !verifier().equals(verifier)) {
        Files.writeString(
            path.resolve(SUPERUSER), name + verifier.map(v -> "\n" + v + "\n").orElse(""));
      }
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    }
  }

  /**
   * The databases that there are, if it is sure without asking PostgreSQL: that they, the superuser
   * and its password are still what was remembered of them.
   */
  public Optional<List<String>> databases() throws DataDirectoryException {
    Path file = path.resolve(DATABASES);
    try {
      if (catalogs.isEmpty() || !Files.exists(file)) {
        return Optional.empty();
      }
      List<String> lines = text(file).lines().toList();
      return lines.isEmpty() || !lines.get(0).equals(catalogs.get())
          ? Optional.empty()
          : Optional.of(lines.subList(1, lines.size()));
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    }
  }

  /**
   * Writes the databases down.
   *
   * @param names those that there were when the directory was opened, and neither they nor the
   *     superuser have been changed since by whoever calls this
   */
  public void rememberDatabases(List<String> names) {
    if (catalogs.isEmpty() || names.stream().anyMatch(name -> name.contains("\n"))) {
      return;
    }
    try {
      Files.writeString(
          path.resolve(DATABASES), catalogs.get() + "\n" + String.join("\n", names) + "\n");
    } catch (IOException e) {
      // Then the next start asks PostgreSQL, as it does where a name is cut off.
    }
  }
}
