package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.decode.PgOutput;
import dev.zerolite.pglite.encoding.Conversions;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.MappableFile;
import dev.zerolite.pglite.fs.MappableMemory;
import dev.zerolite.pglite.function.FunctionLibrary;
import dev.zerolite.pglite.function.InstalledFunctions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.MemorySettings;
import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.ProcessState;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ExternalPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a cluster's processes are run: the program, its files, settings and environment. */
final class PostgresProgram {
  /** The bootstrap superuser in the template cluster. */
  static final String TEMPLATE_SUPERUSER = "postgres";

  /** The settings whose defaults depend on the JVM. */
  static final Set<String> BY_HEAP =
      Set.of("temp_file_limit", "logical_decoding_work_mem", "max_slot_wal_keep_size");

  /** PostgreSQL's own default of logical_decoding_work_mem. */
  private static final long MOST_DECODING_MEMORY = 64 << 20;

  private static final String SHARED_BUFFERS = "shared_buffers";

  /** Shared memory is one array; 1000 MB are too much for it with what belongs to them. */
  private static final long MOST_BUFFERS = 900L << 20;

  /** As parse_int() of guc.c reads a number with a unit of memory. */
  private static final Pattern SIZE =
      Pattern.compile("\\s*([0-9]+(?:\\.[0-9]*)?)\\s*([A-Za-z]*)\\s*");

  private static final List<String> UNITS = List.of("B", "kB", "MB", "GB", "TB");

  /** BLCKSZ, the unit of shared_buffers without one. */
  private static final int BLOCK = 8192;

  private static final String PROGRAM = "/pglite/bin/postgres";

  private static final String SHARED_MEMORY = "/dev/shm";

  private static final String HBA_FILE = "/pglite/etc/pg_hba.conf";

  /**
   * 8.4 MB, where a backend has logged in and run a simple query without growing (it uses 113
   * pages); what is idle in a pool is often no more. Then by a fifth, to what a few statements
   * need.
   */
  private static final MemorySettings BACKEND_MEMORY =
      new MemorySettings(128, MemorySettings.MOST_PAGES, 1.2);

  /** Only one process runs at a time, so there are no parallel workers. */
  private static final Map<String, String> DEFAULT_SETTINGS =
      settings(
          "io_method", "sync",
          // There is no device behind a cluster in memory; one on disk says otherwise.
          "fsync", "off",
          "max_worker_processes", "0",
          "max_parallel_workers", "0",
          "max_parallel_workers_per_gather", "0",
          "max_parallel_maintenance_workers", "0",
          // one worker at a time; each is a process with memory of its own
          "autovacuum_worker_slots", "1",
          "autovacuum_max_workers", "1",
          "log_checkpoints", "false",
          "hba_file", HBA_FILE,
          "log_line_prefix", ServerLog.LINE_PREFIX,
          // sysv asks the host for the segment in one piece, at an address of the host's choice.
          "shared_memory_type", "sysv",
          "dynamic_shared_memory_type", "posix",
          "huge_pages", "off",
          // No process archives or collects logs; what waits for one would be kept for ever.
          "archive_mode", "off",
          "logging_collector", "off",
          "log_destination", "stderr",
          "shared_buffers", "16MB",
          "wal_buffers", "1MB",
          "max_connections", "100",
          // The walwriter looks at how much WAL there is; idle, 25 times as seldom.
          "wal_writer_delay", "40ms",
          "wal_level", "logical",
          "max_wal_senders", "10",
          "max_replication_slots", "10",
          // Segments kept for reuse are heap.
          "min_wal_size", "32MB",
          "max_wal_size", "64MB",
          "max_stack_depth", "2MB");

  /**
   * Those of our defaults that a reload may change and that initdb leaves out of postgresql.conf:
   * set like PostgreSQL's own defaults, so that any file wins over them.
   */
  private static final Set<String> RELOADABLE =
      Set.of(
          "fsync",
          "autovacuum_max_workers",
          "log_checkpoints",
          "wal_writer_delay",
          "max_stack_depth",
          "temp_file_limit",
          "logical_decoding_work_mem",
          "max_slot_wal_keep_size");

  private final Engine engine;
  private final FileTree files;
  private final Map<String, String> settings;

  /** Names of those that the user has given at the start. */
  private final Set<String> given;

  private final Authentication authentication;
  private final List<FunctionLibrary> functions;
  private final Symbols symbols;

  /**
   * @param files the cluster's, shared by all its processes
   * @param settings win over the defaults
   * @param given names of those that also win over what ALTER SYSTEM has stored, as on a command
   *     line
   * @param functions offered to every process
   */
  PostgresProgram(
      Engine engine,
      FileTree files,
      Map<String, String> settings,
      Set<String> given,
      Authentication authentication,
      List<FunctionLibrary> functions) {
    this.engine = engine;
    this.files = files;
    this.settings = withDefaults(settings);
    this.given = Set.copyOf(given);
    this.authentication = authentication;
    this.functions = functions;
    functions.forEach(library -> InstalledFunctions.addFile(files, library));
    this.symbols = new Symbols(engine::symbol);
    files.makeDirectories(Path.of(HBA_FILE).getParent().toString(), 0700);
    files.writeFile(HBA_FILE, hostBasedAuthentication(authentication).getBytes(UTF_8), 0600);
  }

  /**
   * What a cluster's processes are started with.
   *
   * <p>Temporary files are heap too, so one session's may take an eighth of it: a sort that needs
   * more ends with 53400 instead of filling the JVM. A walsender's memory is an array that grows by
   * being copied and does not shrink, so on a small heap it writes big transactions to files
   * sooner. WAL that is kept for a slot is heap, too, though packed when that gets tight: a slot
   * that nobody reads is lost before it takes everything.
   */
  static Map<String, String> withDefaults(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>(DEFAULT_SETTINGS);
    long heap = Runtime.getRuntime().maxMemory();
    all.put("temp_file_limit", heap / 8 / 1024 + "kB");
    all.put("logical_decoding_work_mem", Math.min(MOST_DECODING_MEMORY, heap / 32) / 1024 + "kB");
    all.put("max_slot_wal_keep_size", heap / 2 / (1 << 20) + "MB");
    all.putAll(settings);
    return all;
  }

  /** Clients in this JVM are trusted; {@code all} among databases includes replication's. */
  private static String hostBasedAuthentication(Authentication authentication) {
    String method = authentication.method();
    return """
        # TYPE  DATABASE     USER  ADDRESS  METHOD
        local   all          all            trust
        host    all          all   all      %s
        host    replication  all   all      %s
        """
        .formatted(method, method);
  }

  private static Map<String, String> settings(String... namesAndValues) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      settings.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return settings;
  }

  /** The arguments of main() for the process that stands in for the postmaster. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of(PROGRAM, "--single"));
    Map<String, String> stored = StoredSettings.in(files);
    settings.forEach(
        (name, value) -> {
          if (!isDefault(name) && winsOver(stored, name)) {
            arguments.add("-c");
            arguments.add(name + "=" + value);
          }
        });
    arguments.add("-D");
    arguments.add(Engine.DATA_DIRECTORY);
    arguments.add("postgres"); // a database is obligatory, but it does not get that far
    return arguments;
  }

  /** Whether a setting is no more than a default, and not for the command line. */
  boolean isDefault(String name) {
    return RELOADABLE.contains(name) && !given.contains(name);
  }

  private boolean winsOver(Map<String, String> stored, String name) {
    return given.contains(name) || FixedSettings.isFixed(name) || !stored.containsKey(name);
  }

  /**
   * PostgreSQL adds up its shared memory in 32 bits, and does not come to an end if that is more.
   *
   * @throws BackendStartException if shared_buffers is more than fits
   */
  void requireRoomForBuffers() throws BackendStartException {
    Map<String, String> stored = StoredSettings.in(files);
    String value =
        winsOver(stored, SHARED_BUFFERS)
            ? settings.get(SHARED_BUFFERS)
            : stored.get(SHARED_BUFFERS);
    Matcher size = SIZE.matcher(value);
    if (!size.matches()) {
      return; // PostgreSQL says what is wrong with it
    }
    int unit = UNITS.indexOf(size.group(2));
    double bytes = Double.parseDouble(size.group(1)) * (unit < 0 ? BLOCK : Math.pow(1024, unit));
    if (bytes > MOST_BUFFERS) {
      throw new BackendStartException(
          "22023",
          "shared_buffers = %s is too much: shared memory has room for %d MB of buffers"
              .formatted(value, MOST_BUFFERS >> 20));
    }
  }

  /** Puts the files of dynamic shared memory (shm_open) into memory that all processes see. */
  void mountSharedMemory(MappableMemory memory, List<MappableFile> existing) {
    files.mount(SHARED_MEMORY, memory, existing);
  }

  List<MappableFile> sharedMemoryFiles() {
    return files.mappableFiles(SHARED_MEMORY);
  }

  Map<String, String> settings() {
    return settings;
  }

  /** Whether pg_hba.conf is as in the prepared cluster. */
  boolean trustsEveryone() {
    return authentication == Authentication.TRUST;
  }

  FileTree files() {
    return files;
  }

  /** The prepared postmaster, if it suits these settings. */
  Optional<PreparedCluster> prepared() {
    return PreparedCluster.in(engine).filter(prepared -> prepared.suits(settings));
  }

  WasmProcess restoreProcess(ProcessHooks hooks, ProcessState state) {
    WasmProcess process =
        WasmProcess.restore(engine, files, environment(), hooks, BACKEND_MEMORY, state);
    install(process);
    return process;
  }

  WasmProcess newProcess(ProcessHooks hooks) {
    WasmProcess process = new WasmProcess(engine, files, environment(), hooks, BACKEND_MEMORY);
    install(process);
    return process;
  }

  /** Gives a process what its libraries need of Java. */
  void install(WasmProcess process) {
    PgOutput.install(process, engine::symbol);
    Conversions.install(process, engine::symbol);
    ExternalPrograms.refuseIn(process);
    functions.forEach(library -> InstalledFunctions.install(process, library));
  }

  private static Map<String, String> environment() {
    return settings(
        "HOME", "/home/postgres",
        "USER", TEMPLATE_SUPERUSER,
        "LOGNAME", TEMPLATE_SUPERUSER,
        "PGDATA", Engine.DATA_DIRECTORY,
        "LANG", "C.UTF-8",
        "LC_ALL", "C.UTF-8",
        "TZ", "UTC",
        "PGTZ", "UTC",
        "ICU_DATA", "/pglite/icu",
        "PATH", "/",
        "PWD", "/",
        "_", PROGRAM);
  }

  Symbols symbols() {
    return symbols;
  }
}
