package dev.zerolite.pglite.host;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.Node;
import dev.zerolite.pglite.fs.TreeArchive;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The compiled PostgreSQL with its libraries and files, loaded once and shared by everything in the
 * JVM that runs it. Thread-safe.
 */
public final class Engine implements Libraries {
  private static final String ROOT = "dev/zerolite/pglite/engine/";
  private static final String MAIN_CLASS = "dev.zerolite.pglite.engine.Postgres";
  private static final String LIBRARY_PACKAGE = "dev.zerolite.pglite.engine.lib.";

  /** Where the template cluster lies in the tree of {@link #newFileTree}. */
  public static final String DATA_DIRECTORY = "/pglite/data";

  /** In {@link #preparedCluster}: a new cluster's data directory. */
  public static final String TEMPLATE = "/template";

  private final ClassLoader classLoader;
  private final Properties properties;
  private final Program postgres;
  private final Map<String, Optional<Program>> libraries = new ConcurrentHashMap<>();

  /** Read beside the program, on a thread of its own, since every start needs them at once. */
  private final CompletableFuture<FileTree> programFiles;

  private final CompletableFuture<FileTree> prepared;

  private Engine(ClassLoader classLoader, Properties properties) {
    this.classLoader = classLoader;
    this.properties = properties;
    this.programFiles = new CompletableFuture<>();
    this.prepared = new CompletableFuture<>();
    Thread reader = new Thread(this::readFiles, "pglite-engine-files");
    reader.setDaemon(true);
    reader.start();
    this.postgres = loadPostgres();
  }

  private Program loadPostgres() {
    try (InputStream in = open(classLoader, "postgres.wasm")) {
      return Program.compiled("postgres", in.readAllBytes(), MAIN_CLASS, classLoader);
    } catch (ClassNotFoundException | IOException e) {
      throw missing(MAIN_CLASS, e);
    }
  }

  private void readFiles() {
    complete(programFiles, this::readProgramFiles);
    complete(prepared, () -> hasPreparedCluster() ? read("cluster.tree") : new FileTree());
  }

  private static void complete(CompletableFuture<FileTree> future, Supplier<FileTree> reader) {
    try {
      future.complete(reader.get());
    } catch (RuntimeException | Error e) {
      future.completeExceptionally(e);
    }
  }

  private static FileTree await(CompletableFuture<FileTree> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    }
  }

  /** Loads the engine from this library's class path. */
  public static Engine load() {
    return load(Engine.class.getClassLoader());
  }

  /**
   * Loads the engine from a class loader, whose parent must be (or see) this library's.
   *
   * @throws IllegalStateException if it is not there
   */
  public static Engine load(ClassLoader classLoader) {
    requireNonNull(classLoader);
    try {
      Properties properties = new Properties();
      try (InputStream in = open(classLoader, "engine.properties")) {
        properties.load(in);
      }
      return new Engine(classLoader, properties);
    } catch (IOException e) {
      throw missing(ROOT + "engine.properties", e);
    }
  }

  private static InputStream open(ClassLoader classLoader, String name) {
    InputStream in = classLoader.getResourceAsStream(ROOT + name);
    if (in == null) {
      throw missing(ROOT + name, null);
    }
    return in;
  }

  private static IllegalStateException missing(String what, Exception cause) {
    return new IllegalStateException(
        "the PostgreSQL engine is incomplete: cannot load "
            + what
            + "; add dev.zerolite:pglite-engine to the class path",
        cause);
  }

  /** The main program. */
  public Program postgres() {
    return postgres;
  }

  @Override
  public Program find(String fileName) {
    return libraries.computeIfAbsent(fileName, this::load).orElse(null);
  }

  private Optional<Program> load(String fileName) {
    try (InputStream in = classLoader.getResourceAsStream(ROOT + "lib/" + fileName)) {
      if (in == null) {
        return Optional.empty();
      }
      String base = fileName.replaceFirst("\\.so$", "").replace('-', '_');
      String className =
          LIBRARY_PACKAGE + Character.toUpperCase(base.charAt(0)) + base.substring(1);
      return Optional.of(Program.compiled(fileName, in.readAllBytes(), className, classLoader));
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw missing(ROOT + "lib/" + fileName, e);
    }
  }

  /** A value of engine.properties, such as {@code pglite.version}. */
  public Optional<String> property(String name) {
    return Optional.ofNullable(properties.getProperty(name));
  }

  /** A file that the build has put beside the engine's classes. */
  public Optional<byte[]> file(String name) {
    try (InputStream in = classLoader.getResourceAsStream(ROOT + name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw missing(ROOT + name, e);
    }
  }

  /** The address of a variable of PostgreSQL that it does not export but the build found. */
  public int symbol(String name) {
    String value = properties.getProperty("symbol." + name);
    if (value == null) {
      throw new IllegalStateException(
          "engine.properties knows no symbol " + name + "; rebuild the engine");
    }
    return Integer.decode(value.trim());
  }

  /** A new tree with PostgreSQL's program files and an empty {@link #DATA_DIRECTORY}. */
  public FileTree newFileTreeWithoutCluster() {
    FileTree tree = await(programFiles);
    synchronized (this) { // copying marks chunks as shared
      return tree.copy();
    }
  }

  private FileTree readProgramFiles() {
    FileTree tree = read("files.tree");
    tree.makeDirectories("/home/postgres", 0755);
    tree.makeDirectories(DATA_DIRECTORY, 0700);
    restrict(tree);
    return tree;
  }

  /**
   * A new tree with PostgreSQL's program files and the template cluster, which was shut down. Trees
   * share the bytes that none of them has written to.
   */
  public FileTree newFileTree() {
    return newFileTree(TEMPLATE);
  }

  /**
   * As {@link #newFileTree()}, with another cluster.
   *
   * @param cluster where in {@link #preparedCluster}
   */
  public FileTree newFileTree(String cluster) {
    FileTree tree = newFileTreeWithoutCluster();
    FileTree source = preparedCluster();
    synchronized (this) {
      tree.graft(DATA_DIRECTORY, source, cluster);
    }
    return tree;
  }

  /**
   * What the build has prepared: {@link #TEMPLATE}, and clusters in production with their
   * postmasters.
   */
  public FileTree preparedCluster() {
    return await(prepared);
  }

  /** False while the build is preparing it. */
  public boolean hasPreparedCluster() {
    return classLoader.getResource(ROOT + "cluster.tree") != null;
  }

  private FileTree read(String archive) {
    try (InputStream in = open(classLoader, archive)) {
      return TreeArchive.read(in);
    } catch (IOException e) {
      throw missing(ROOT + archive, e);
    }
  }

  /** Modes that the package does not carry but programs look at. */
  private static void restrict(FileTree tree) {
    if (tree.find("/pglite/bin") instanceof Directory programs) {
      programs.names().forEach(name -> programs.entry(name).setPermissions(0755));
    }
    Node passwords = tree.find("/home/postgres/.pgpass");
    if (passwords != null) {
      passwords.setPermissions(0600);
    }
  }
}
