package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.host.Engine;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code ALTER SYSTEM} has left in postgresql.auto.conf. */
final class StoredSettings {
  /** PG_AUTOCONF_FILENAME of utils/guc.h. */
  private static final String FILE = Engine.DATA_DIRECTORY + "/postgresql.auto.conf";

  /**
   * As ALTER SYSTEM writes a line, or as guc-file.l reads one: name, perhaps an equals sign, value.
   */
  private static final Pattern SETTING =
      Pattern.compile(
          "^[ \\t]*([A-Za-z_][\\w$.]*)[ \\t]*[= \\t][ \\t]*'?([^'#\\n]*)", Pattern.MULTILINE);

  private StoredSettings() {}

  /** The values by names in lower case; the last one counts. */
  static Map<String, String> in(FileTree files) {
    Map<String, String> settings = new HashMap<>();
    if (files.find(FILE) instanceof RegularFile) {
      Matcher lines = SETTING.matcher(new String(files.readFile(FILE), UTF_8));
      while (lines.find()) {
        settings.put(lines.group(1).toLowerCase(Locale.ROOT), lines.group(2).strip());
      }
    }
    return settings;
  }
}
