package dev.zerolite.cli.archive;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The commands that make an archive: {@code zerolite train} under a JVM that takes notes. */
final class Training {
  /** JEP 515: an archive with profiles, so that hot code is compiled earlier. */
  static final int AOT_CACHE_SINCE = 25;

  private static final int ROUNDS_FOR_PROFILES = 20;
  private static final String MAIN = "dev.zerolite.cli.Main";

  private Training() {}

  /**
   * JDK 13 and later: the classes that were loaded, written when the JVM ends. No profiles, so code
   * need not be compiled well.
   */
  static List<List<String>> dynamicArchive(List<String> options, Path made) {
    return List.of(
        train(
            options,
            app(made),
            List.of("-XX:TieredStopAtLevel=1", "-XX:ArchiveClassesAtExit=" + made),
            1));
  }

  /** JEP 483 and 514, in two steps, so that each process is a child of ours. */
  static List<List<String>> aotCache(List<String> options, Path made) {
    var configuration = "-XX:AOTConfiguration=" + configuration(made);
    var create = java(options);
    create.addAll(List.of("-XX:AOTMode=create", configuration, "-XX:AOTCache=" + made));
    create.addAll(classPath());
    return List.of(
        train(
            options, app(made), List.of("-XX:AOTMode=record", configuration), ROUNDS_FOR_PROFILES),
        create);
  }

  /** The app that is started for the archive. */
  static Path app(Path made) {
    return made.resolveSibling("app");
  }

  static Path configuration(Path made) {
    return made.resolveSibling(made.getFileName() + ".configuration");
  }

  private static List<String> train(
      List<String> options, Path app, List<String> archiving, int rounds) {
    var command = java(options);
    command.addAll(archiving);
    command.addAll(classPath());
    command.addAll(
        List.of(MAIN, "train", "--app", app.toString(), "--rounds", String.valueOf(rounds)));
    return command;
  }

  private static List<String> java(List<String> options) {
    var command = new ArrayList<String>();
    // POSIX; the JVM has no option for its own priority that works without privileges.
    command.addAll(List.of("nice", "-n", "19"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    return command;
  }

  private static List<String> classPath() {
    return List.of("-cp", System.getProperty("java.class.path"));
  }
}
