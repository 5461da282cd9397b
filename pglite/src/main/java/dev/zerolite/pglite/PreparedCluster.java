package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.directory.ControlFile;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.MappableFile;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.ProcessState;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What the build has run so that a start need not: a new cluster's files and its postmaster, once
 * before recovery and once in production, when nobody is connected. {@link ClusterPreparation}
 * makes it.
 *
 * <p>The postmaster before recovery has seen nothing of its data directory but the configuration
 * files and the control file, so it serves for other directories, too. The one in production
 * belongs to the files beside it.
 *
 * <p>Frozen in either are the settings that need a restart; whoever wants others boots. Not frozen:
 * process ids, the times of start and of reading the configuration, other settings and pg_hba.conf
 * are put right by {@link PostmasterImage#restore}; random seeds and cancel keys are made by each
 * child for itself (InitProcessGlobals, BackendInitialize).
 */
final class PreparedCluster {
  /** Places in the archive: of the plain form, others are below {@link #FORMS}. */
  private static final String RUNNING = "/running";

  private static final String BEFORE_RECOVERY = "/image/recovery";
  private static final String IN_PRODUCTION = "/image/production";
  private static final String PROPERTIES = "/image/properties";
  private static final String FORMS = "/forms";

  private static final List<String> CONFIGURATION =
      List.of("postgresql.conf", "postgresql.auto.conf");

  private static final String SETTING = "setting.";
  private static final String FIXED = "fixed.";
  private static final String SUPERUSER = "superuser";
  private static final String PASSWORD = "password";
  private static final String DATABASE = "database.";
  private static final String SYSTEM_IDENTIFIER = "systemIdentifier.";

  private final FileTree archive;
  private final String prefix;
  private final Properties properties;

  private PreparedCluster(FileTree archive, String prefix, Properties properties) {
    this.archive = archive;
    this.prefix = prefix;
    this.properties = properties;
  }

  /** What the engine has in the plain form; nothing while the build is preparing it. */
  static Optional<PreparedCluster> in(Engine engine) {
    return engine.hasPreparedCluster()
        ? Optional.of(read(engine.preparedCluster(), ""))
        : Optional.empty();
  }

  /** What the engine has in this form, or else in the plain one. */
  static Optional<PreparedCluster> in(Engine engine, ClusterForm wanted) {
    Optional<PreparedCluster> plain = in(engine);
    if (plain.isEmpty() || plain.get().form().equals(wanted)) {
      return plain;
    }
    FileTree archive = engine.preparedCluster();
    return archive.directory(FORMS).names().stream()
        .map(name -> read(archive, FORMS + "/" + name))
        .filter(prepared -> prepared.form().equals(wanted))
        .findFirst()
        .or(() -> plain);
  }

  private static PreparedCluster read(FileTree archive, String prefix) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(new String(archive.readFile(prefix + PROPERTIES), UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read from memory", e);
    }
    return new PreparedCluster(archive, prefix, properties);
  }

  /** How it differs from what initdb makes. */
  ClusterForm form() {
    return new ClusterForm(
        properties.getProperty(SUPERUSER),
        Optional.ofNullable(properties.getProperty(PASSWORD)),
        numbered(DATABASE).toList());
  }

  private Stream<String> numbered(String name) {
    return Stream.iterate(0, i -> i + 1)
        .map(i -> properties.getProperty(name + i))
        .takeWhile(Objects::nonNull);
  }

  /**
   * Where in memory the postmaster keeps what is not to be frozen.
   *
   * @param startTime address of PgStartTime
   * @param reloadTime address of PgReloadTime
   * @param controlFile address of the shared copy of the control file
   * @param systemIdentifiers addresses of that one's system identifier, in shared memory: in the
   *     control file, and in the WAL's pages that are in buffers
   */
  record Places(int startTime, int reloadTime, int controlFile, List<Integer> systemIdentifiers) {}

  /** Where {@link ClusterPreparation} puts the cluster of a form, the plain one first. */
  record Target(FileTree archive, String prefix) {
    static Target number(int form, FileTree archive) {
      archive.makeDirectories(FORMS, 0700);
      return new Target(archive, form == 0 ? "" : FORMS + "/" + form);
    }

    void putBeforeRecovery(Moment moment) {
      moment.writeTo(archive, prefix + BEFORE_RECOVERY);
    }

    void putInProduction(Moment moment, FileTree files) {
      moment.writeTo(archive, prefix + IN_PRODUCTION);
      archive.graft(prefix + RUNNING, files, Engine.DATA_DIRECTORY);
    }

    /**
     * Writes down what {@link #in} reads.
     *
     * @param settings those that the postmaster was started with
     * @param fixed names of the settings that need a restart
     */
    void putProperties(
        ClusterForm form, Places places, Map<String, String> settings, Set<String> fixed) {
      Properties properties = new Properties();
      properties.setProperty(SUPERUSER, form.superuser());
      form.password().ifPresent(password -> properties.setProperty(PASSWORD, password));
      for (int i = 0; i < form.databases().size(); i++) {
        properties.setProperty(DATABASE + i, form.databases().get(i));
      }
      properties.setProperty("startTime", Integer.toString(places.startTime()));
      properties.setProperty("reloadTime", Integer.toString(places.reloadTime()));
      properties.setProperty("controlFile", Integer.toString(places.controlFile()));
      for (int i = 0; i < places.systemIdentifiers().size(); i++) {
        properties.setProperty(
            SYSTEM_IDENTIFIER + i, Integer.toString(places.systemIdentifiers().get(i)));
      }
      settings.forEach((name, value) -> properties.setProperty(SETTING + name, value));
      fixed.forEach(name -> properties.setProperty(FIXED + name, ""));
      StringWriter text = new StringWriter();
      try {
        properties.store(text, null);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write to memory", e);
      }
      // without the date, which stands in a comment
      Set<String> lines = new TreeSet<>(text.toString().lines().toList());
      lines.removeIf(line -> line.startsWith("#"));
      archive.writeFile(prefix + PROPERTIES, String.join("\n", lines).getBytes(UTF_8), 0600);
    }
  }

  Places places() {
    return new Places(
        Integer.parseInt(properties.getProperty("startTime")),
        Integer.parseInt(properties.getProperty("reloadTime")),
        Integer.parseInt(properties.getProperty("controlFile")),
        numbered(SYSTEM_IDENTIFIER).map(Integer::valueOf).toList());
  }

  /** What a postmaster that starts now would write into postmaster.pid: its third line is when. */
  byte[] lockFile(Instant now) {
    String[] lines =
        new String(archive.readFile(runningFiles() + "/postmaster.pid"), UTF_8).split("\n", 4);
    lines[2] = Long.toString(now.getEpochSecond());
    return String.join("\n", lines).getBytes(UTF_8);
  }

  /** Those of the settings that differ from the prepared postmaster's. */
  Map<String, String> changed(Map<String, String> settings) {
    Map<String, String> changed = new LinkedHashMap<>(settings);
    changed
        .entrySet()
        .removeIf(e -> e.getValue().equals(properties.getProperty(SETTING + e.getKey())));
    return changed;
  }

  /** Whether a postmaster with these settings can begin as the prepared one. */
  boolean suits(Map<String, String> settings) {
    return changed(settings).keySet().stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .noneMatch(name -> properties.containsKey(FIXED + name));
  }

  /** Whether the prepared postmaster before recovery can go on with a cluster's files. */
  boolean suits(FileTree files) {
    return CONFIGURATION.stream().allMatch(name -> sameInTemplate(files, name))
        && ControlFile.sameFormat(controlFile(files), archive.readFile(template(ControlFile.PATH)));
  }

  private boolean sameInTemplate(FileTree files, String name) {
    return files.find(inDataDirectory(name)) instanceof RegularFile
        && Arrays.equals(files.readFile(inDataDirectory(name)), archive.readFile(template(name)));
  }

  private static byte[] controlFile(FileTree files) {
    return files.readFile(inDataDirectory(ControlFile.PATH));
  }

  private static String inDataDirectory(String name) {
    return Engine.DATA_DIRECTORY + "/" + name;
  }

  private static String template(String name) {
    return Engine.TEMPLATE + "/" + name;
  }

  /**
   * A postmaster's process and the memory that it shares with its children, at one moment.
   *
   * @param shared the caller's own
   * @param sharedFiles the pieces of dynamic shared memory, which lie in it too
   */
  record Moment(ProcessState process, byte[] shared, List<MappableFile> sharedFiles) {
    private static final String SHARED = "/shared";
    private static final String SHARED_FILES = "/shm";

    void writeTo(FileTree archive, String directory) {
      process.writeTo(archive, directory);
      archive.writeFile(directory + SHARED, shared, 0600);
      StringBuilder lines = new StringBuilder();
      for (MappableFile file : sharedFiles) {
        lines.append("%s %d %d%n".formatted(file.name(), file.address(), file.size()));
      }
      archive.writeFile(directory + SHARED_FILES, lines.toString().getBytes(UTF_8), 0600);
    }

    static Moment readFrom(FileTree archive, String directory) {
      List<MappableFile> files =
          new String(archive.readFile(directory + SHARED_FILES), UTF_8)
              .lines()
              .map(line -> line.split(" "))
              .map(f -> new MappableFile(f[0], Integer.parseInt(f[1]), Integer.parseInt(f[2])))
              .toList();
      return new Moment(
          ProcessState.readFrom(archive, directory), archive.readFile(directory + SHARED), files);
    }
  }

  /** Where in {@link Engine#preparedCluster} its files in production are. */
  String runningFiles() {
    return prefix + RUNNING;
  }

  /**
   * The postmaster that belongs to {@link #runningFiles}, with the identity that a new cluster has
   * been given.
   */
  Moment inProduction(FileTree files) {
    Moment moment = Moment.readFrom(archive, prefix + IN_PRODUCTION);
    byte[] control = controlFile(files);
    Places places = places();
    ControlFile.copyIdentity(control, moment.shared(), LinearMemory.indexOf(places.controlFile()));
    ByteBuffer shared = ByteBuffer.wrap(moment.shared()).order(ByteOrder.LITTLE_ENDIAN);
    places
        .systemIdentifiers()
        .forEach(
            place ->
                shared.putLong(LinearMemory.indexOf(place), ControlFile.systemIdentifier(control)));
    return moment;
  }

  /** A postmaster that is about to recover a cluster; only in the plain form. */
  Moment beforeRecovery(FileTree files) {
    Moment moment = Moment.readFrom(archive, prefix + BEFORE_RECOVERY);
    byte[] control = controlFile(files);
    int place = LinearMemory.indexOf(places().controlFile());
    System.arraycopy(control, 0, moment.shared(), place, ControlFile.length(control));
    return moment;
  }
}
