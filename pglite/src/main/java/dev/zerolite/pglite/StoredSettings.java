package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.host.Engine;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What {@code ALTER SYSTEM} has left in postgresql.auto.conf. */
final class StoredSettings {
  /** PG_AUTOCONF_FILENAME of utils/guc.h. */
  private static final String FILE = Engine.DATA_DIRECTORY + "/postgresql.auto.conf";

  /** As guc-file.l reads a line: a name, perhaps an equals sign, a value. */
  private static final Pattern SETTING =
      Pattern.compile("^[ \\t]*([A-Za-z_][\\w$.]*)[ \\t]*[= \\t]", Pattern.MULTILINE);

  private StoredSettings() {}

  /** The names, in lower case. */
  static Set<String> names(FileTree files) {
    if (!(files.find(FILE) instanceof RegularFile)) {
      return Set.of();
    }
    return SETTING
        .matcher(new String(files.readFile(FILE), UTF_8))
        .results()
        .map((MatchResult line) -> line.group(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }
}
