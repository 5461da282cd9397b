package dev.zerolite.cli;

import java.util.Map;

/**
 * What we write to.
 *
 * @param colours whether it shows them
 */
public record Terminal(boolean colours) {
  private static final String RESET = "\u001b[0m";

  /** The launcher tells whether its output is a terminal: Java 17 cannot ask for one stream. */
  public static Terminal ofThisProcess() {
    return of(System.getProperty("zerolite.terminal", ""), System.getenv());
  }

  /** See https://no-color.org. */
  static Terminal of(String launcherSays, Map<String, String> environment) {
    return new Terminal(
        launcherSays.equals("true")
            && environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !"dumb".equals(environment.get("TERM")));
  }

  public String bold(String text) {
    return inColour("1", text);
  }

  public String dim(String text) {
    return inColour("2", text);
  }

  public String red(String text) {
    return inColour("31", text);
  }

  public String yellow(String text) {
    return inColour("33", text);
  }

  public String cyan(String text) {
    return inColour("36", text);
  }

  private String inColour(String code, String text) {
    return colours ? "\u001b[" + code + "m" + text + RESET : text;
  }
}
