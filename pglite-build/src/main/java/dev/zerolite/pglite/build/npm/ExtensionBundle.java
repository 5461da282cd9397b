package dev.zerolite.pglite.build.npm;

import dev.zerolite.pglite.build.BuildException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * An extension as PGlite's packages deliver it: {@code dist/NAME.tar.gz}, whose files belong below
 * PostgreSQL's prefix ({@code share/postgresql/extension/...}, {@code lib/postgresql/...}).
 *
 * @param name the archive's name without its endings
 * @param libraries side modules by file name
 * @param shareFiles control files, scripts and text search data by path, {@code share/...}
 */
public record ExtensionBundle(
    String name, Map<String, byte[]> libraries, Map<String, byte[]> shareFiles) {
  private static final String DIRECTORY = "dist/";
  private static final String ENDING = ".tar.gz";
  private static final String LIBRARIES = "lib/postgresql/";

  /** What the server reads; documentation and C headers are left out. */
  private static final String SHARE = "share/postgresql/";

  /** All bundles among a package's files, in the order of their names. */
  public static List<ExtensionBundle> in(Map<String, byte[]> packageFiles) {
    return new TreeMap<>(packageFiles)
        .entrySet().stream()
            .filter(file -> file.getKey().matches(DIRECTORY + "[^/]+\\.tar\\.gz"))
            .map(
                file ->
                    read(
                        file.getKey()
                            .substring(
                                DIRECTORY.length(), file.getKey().length() - ENDING.length()),
                        file.getValue()))
            .toList();
  }

  private static ExtensionBundle read(String name, byte[] archive) {
    ExtensionBundle bundle = new ExtensionBundle(name, new TreeMap<>(), new TreeMap<>());
    try {
      TarArchive.read(new GZIPInputStream(new ByteArrayInputStream(archive)), "")
          .forEach(bundle::add);
    } catch (IOException e) {
      throw new BuildException("cannot unpack the extension " + name + ": " + e.getMessage(), e);
    }
    return bundle;
  }

  private void add(String archivePath, byte[] content) {
    String path = archivePath.replaceFirst("^\\./", "");
    if (path.startsWith(LIBRARIES) && path.endsWith(".so")) {
      libraries.put(path.substring(LIBRARIES.length()), content);
    } else if (path.startsWith(SHARE)) {
      shareFiles.put(path, content);
    }
  }
}
