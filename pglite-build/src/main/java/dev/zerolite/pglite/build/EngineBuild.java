package dev.zerolite.pglite.build;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterForm;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.ClusterPreparation;
import dev.zerolite.pglite.build.cluster.Initdb;
import dev.zerolite.pglite.build.compile.EndiveCompiler;
import dev.zerolite.pglite.build.compile.EndiveCompiler.Globals;
import dev.zerolite.pglite.build.npm.ExtensionBundle;
import dev.zerolite.pglite.build.npm.NpmPackage;
import dev.zerolite.pglite.build.npm.PreloadedFiles;
import dev.zerolite.pglite.build.patch.PatchedModule;
import dev.zerolite.pglite.build.split.FunctionSplitter;
import dev.zerolite.pglite.build.split.SplitLimits;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.TreeArchive;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.Program;
import dev.zerolite.pglite.selftest.DecodingRecord;
import dev.zerolite.pglite.selftest.DecodingSelfTest;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.commons.Remapper;
import org.objectweb.asm.tree.MethodNode;
import run.endive.compiler.internal.Compiler;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;

/**
 * The steps from the npm package to the engine's classes and files.
 *
 * <p>Four results are cached on their own, since those that take longest depend on less: the
 * compiled programs, the compiled libraries, the files, and the cluster that initdb makes. What is
 * prepared of that is not.
 */
final class EngineBuild {
  private static final String ENGINE = "dev/zerolite/pglite/engine/";
  private static final String MAIN_CLASS = "dev.zerolite.pglite.engine.Postgres";
  private static final String INITDB_CLASS = "dev.zerolite.pglite.build.generated.Initdb";
  private static final String PREFIX = "/pglite/";
  private static final byte[] NOTHING = {};
  private static final String LIBRARY_DIRECTORY = PREFIX + "lib/postgresql/";

  /**
   * A new cluster as the world expects it: UTF-8 everywhere, no dependence on the machine's
   * locales, small WAL segments since a development database writes little.
   */
  private static final List<String> INITDB_OPTIONS =
      List.of(
          "--allow-group-access",
          "--encoding=UTF8",
          "--locale=C.UTF-8",
          "--locale-provider=libc",
          "--auth=trust",
          "--wal-segsize=1");

  /** Prepared besides the plain one: what {@code zerolite start} asks for if told nothing else. */
  private static final List<ClusterForm> FORMS =
      List.of(new ClusterForm("user", Optional.of("password"), List.of("zero_cvr", "zero_cdb")));

  private final NpmPackage pglite;
  private final List<NpmPackage> extensionPackages;
  private final Path cacheRoot;
  private final Progress progress;
  private final EngineCache cache;

  /**
   * @param extensionPackages others whose extensions are added to those that PGlite brings
   */
  EngineBuild(
      NpmPackage pglite, List<NpmPackage> extensionPackages, Path cacheRoot, Progress progress) {
    this.pglite = pglite;
    this.extensionPackages = List.copyOf(extensionPackages);
    this.cacheRoot = cacheRoot;
    this.progress = progress;
    this.cache = new EngineCache(cacheRoot.resolve("engine"), progress);
  }

  /** Puts the engine into a directory of classes, making it first if the cache has none. */
  void buildInto(Path classes) throws IOException {
    cache.use(() -> build(classes));
    cache.prune();
  }

  private void build(Path classes) throws IOException {
    String programsKey = programsKey();
    String librariesKey = librariesKey();
    String filesKey = filesKey();
    String clusterKey = clusterKey(programsKey, librariesKey, filesKey);
    String preparationKey = preparationKey(clusterKey);
    Path target = classes.resolve(ENGINE);
    Path stamp = target.resolve("build-key");
    if (Files.exists(stamp) && Files.readString(stamp).equals(preparationKey)) {
      for (String key : List.of(programsKey, librariesKey, filesKey, clusterKey)) {
        cache.touch(key);
      }
      return;
    }
    // The class loader of what is just made asks Maven's first, which would find the former engine.
    EngineCache.delete(target);
    Path programs = cache.entry(programsKey, this::makePrograms);
    Path libraries = cache.entry(librariesKey, this::makeLibraries);
    Path files = cache.entry(filesKey, this::makeFiles);
    List<Path> parts = List.of(programs.resolve("classes"), libraries, files);
    Path cluster = cache.entry(clusterKey, directory -> makeCluster(parts, programs, directory));
    for (Path part : parts) {
      EngineCache.copy(part, classes);
    }
    prepare(parts, cluster, target);
    testDecoding(classes, target);
    Files.writeString(stamp, preparationKey);
    progress.say("the engine is in " + target);
  }

  private String programsKey() {
    return addCompiler(addPackages(new InputHash()))
        .addPackage(EngineBuild.class, "dev/zerolite/pglite/build/patch/")
        .key();
  }

  /** They depend on no patch. */
  private String librariesKey() {
    return addCompiler(addPackages(new InputHash().add("libraries"))).key();
  }

  private InputHash addPackages(InputHash hash) {
    hash.add(pglite.toString()).add(pglite.integrity());
    extensionPackages.forEach(npm -> hash.add(npm.toString()).add(npm.integrity()));
    return hash;
  }

  private static InputHash addCompiler(InputHash hash) {
    for (String part : List.of("", "wasm/", "npm/", "split/", "compile/")) {
      hash.addPackage(EngineBuild.class, "dev/zerolite/pglite/build/" + part);
    }
    return hash.addPackage(LinearMemory.class, "dev/zerolite/pglite/wasm/")
        .addLibrary(Compiler.class)
        .addLibrary(Parser.class)
        .addLibrary(Instance.class)
        .addLibrary(ClassReader.class)
        .addLibrary(Remapper.class)
        .addLibrary(MethodNode.class);
  }

  private String filesKey() {
    return addPackages(new InputHash().add("files"))
        .addPackage(EngineBuild.class, "dev/zerolite/pglite/build/")
        .addPackage(EngineBuild.class, "dev/zerolite/pglite/build/npm/")
        .addPackage(FileTree.class, "dev/zerolite/pglite/fs/")
        .key();
  }

  /** Not cached: every change of the runtime is one of what is prepared, which takes seconds. */
  private static String preparationKey(String clusterKey) {
    return new InputHash().add(clusterKey).addLibrary(Engine.class).key();
  }

  private String clusterKey(String programsKey, String librariesKey, String filesKey) {
    return new InputHash()
        .add(programsKey)
        .add(librariesKey)
        .add(filesKey)
        .add(INITDB_OPTIONS.toString())
        .addPackage(Initdb.class, "dev/zerolite/pglite/build/cluster/")
        .addPackage(Engine.class, "dev/zerolite/pglite/host/")
        .key();
  }

  // ---- what the packages bring ----

  private Map<String, byte[]> fetch(NpmPackage npmPackage) {
    return progress.step(
        "fetch " + npmPackage + " (npm pack, once)",
        () -> npmPackage.files(cacheRoot.resolve("npm")));
  }

  private byte[] file(Map<String, byte[]> files, String path) {
    byte[] bytes = files.get(path);
    if (bytes == null) {
      throw new BuildException(pglite + " has no " + path + "; is it another version?");
    }
    return bytes;
  }

  private PreloadedFiles preloaded(Map<String, byte[]> dist) {
    return PreloadedFiles.read(file(dist, "dist/pglite.js"), file(dist, "dist/pglite.data"));
  }

  private List<ExtensionBundle> extensions(Map<String, byte[]> dist) {
    List<ExtensionBundle> bundles = new ArrayList<>(ExtensionBundle.in(dist));
    extensionPackages.forEach(npm -> bundles.addAll(ExtensionBundle.in(fetch(npm))));
    return bundles;
  }

  // ---- the programs ----

  private void makePrograms(Path directory) throws IOException {
    Path classes = directory.resolve("classes");
    Path engine = classes.resolve(ENGINE);
    Files.createDirectories(engine);
    Map<String, byte[]> dist = fetch(pglite);
    byte[] wasm = file(dist, "dist/pglite.wasm");
    PatchedModule postgres =
        progress.step("patch postgres", () -> PatchedModule.patch(WasmBinary.parse(wasm)));
    Files.write(engine.resolve("postgres.wasm"), compile(postgres.module(), "postgres", classes));
    Files.writeString(engine.resolve("engine.properties"), properties(postgres, wasm));
    Path initdb = directory.resolve("initdb");
    Files.createDirectories(initdb);
    WasmBinary initdbModule = WasmBinary.parse(file(dist, "dist/initdb.wasm"));
    Files.write(initdb.resolve("initdb.wasm"), compile(initdbModule, "initdb", initdb));
  }

  /** Splits and compiles a program and gives what of the module is needed to run the classes. */
  private byte[] compile(WasmBinary module, String program, Path classes) throws IOException {
    boolean main = program.equals("postgres");
    progress
        .step(
            "compile " + program,
            () -> {
              reportBigFunctions(program, FunctionSplitter.split(module, SplitLimits.HOTSPOT));
              return EndiveCompiler.compile(
                  module,
                  main ? MAIN_CLASS : INITDB_CLASS,
                  main ? Globals.IN_MEMORY : Globals.IN_INSTANCE);
            })
        .writeTo(classes);
    module.strip(Set.of());
    return module.toByteArray();
  }

  private void reportBigFunctions(String program, FunctionSplitter.Result result) {
    if (!result.stillBig().isEmpty()) {
      progress.say(
          "  functions of %s that HotSpot will interpret (number=estimated size): %s"
              .formatted(program, new TreeMap<>(result.stillBig())));
    }
  }

  private String properties(PatchedModule postgres, byte[] wasm) {
    StringBuilder lines = new StringBuilder();
    lines.append("pglite.version=").append(pglite.version()).append('\n');
    lines.append("wasm.sha256=").append(sha256(wasm)).append('\n');
    postgres
        .symbols()
        .forEach(
            (name, address) ->
                lines.append("symbol.").append(name).append('=').append(address).append('\n'));
    return lines.toString();
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  // ---- the files ----

  /** What PostgreSQL expects below the root; libraries by name only, since it looks for them. */
  private void makeFiles(Path classes) throws IOException {
    Map<String, byte[]> dist = fetch(pglite);
    PreloadedFiles preloaded = preloaded(dist);
    FileTree tree = new FileTree();
    preloaded.directories().forEach(path -> tree.makeDirectories(path, 0755));
    preloaded
        .files()
        .forEach((path, bytes) -> tree.writeFile(path, isLibrary(path) ? NOTHING : bytes, 0644));
    for (ExtensionBundle extension : extensions(dist)) {
      extension
          .libraries()
          .keySet()
          .forEach(name -> tree.writeFile(LIBRARY_DIRECTORY + name, NOTHING, 0644));
      extension.shareFiles().forEach((path, bytes) -> tree.writeFile(PREFIX + path, bytes, 0644));
    }
    Files.createDirectories(classes.resolve(ENGINE));
    write(tree, classes.resolve(ENGINE + "files.tree"));
  }

  private static void write(FileTree tree, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      TreeArchive.write(tree, out);
    }
  }

  // ---- the libraries ----

  private void makeLibraries(Path classes) throws IOException {
    Map<String, byte[]> dist = fetch(pglite);
    Map<String, byte[]> libraries = new TreeMap<>();
    preloaded(dist)
        .files()
        .forEach(
            (path, bytes) -> {
              if (isLibrary(path)) {
                libraries.put(path.substring(LIBRARY_DIRECTORY.length()), bytes);
              }
            });
    extensions(dist).forEach(extension -> libraries.putAll(extension.libraries()));
    progress.step(
        "compile %d libraries".formatted(libraries.size()),
        () -> {
          LibraryBuild.compile(libraries, classes);
          return null;
        });
  }

  private static boolean isLibrary(String path) {
    return path.startsWith(LIBRARY_DIRECTORY)
        && path.endsWith(".so")
        && path.indexOf('/', LIBRARY_DIRECTORY.length()) < 0;
  }

  // ---- the cluster ----

  /** An engine made of the parts that are there. */
  private static URLClassLoader loader(List<Path> parts) throws IOException {
    List<URL> classPath = new ArrayList<>();
    for (Path part : parts) {
      classPath.add(part.toUri().toURL());
    }
    return new URLClassLoader(classPath.toArray(new URL[0]), EngineBuild.class.getClassLoader());
  }

  private void makeCluster(List<Path> parts, Path programs, Path directory) throws IOException {
    byte[] initdbWasm = Files.readAllBytes(programs.resolve("initdb/initdb.wasm"));
    List<Path> withInitdb = new ArrayList<>(parts);
    withInitdb.add(programs.resolve("initdb"));
    try (URLClassLoader loader = loader(withInitdb)) {
      Engine engine = Engine.load(loader);
      Program initdb = Program.compiled("initdb", initdbWasm, INITDB_CLASS, loader);
      FileTree cluster = new FileTree();
      FileTree made =
          progress.step("run initdb", () -> new Initdb(engine, initdb).run(INITDB_OPTIONS));
      cluster.graft(Engine.DATA_DIRECTORY, made, Engine.DATA_DIRECTORY);
      write(cluster, directory.resolve("initdb.tree"));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("the class was compiled a moment ago", e);
    }
  }

  private void prepare(List<Path> parts, Path cluster, Path target) throws IOException {
    try (URLClassLoader loader = loader(parts);
        InputStream in = Files.newInputStream(cluster.resolve("initdb.tree"))) {
      Engine engine = Engine.load(loader);
      FileTree tree = engine.newFileTreeWithoutCluster();
      tree.graft(Engine.DATA_DIRECTORY, TreeArchive.read(in), Engine.DATA_DIRECTORY);
      write(
          progress.step("prepare a cluster", () -> ClusterPreparation.run(engine, tree, FORMS)),
          target.resolve("cluster.tree"));
    }
  }

  /**
   * Runs the test of logical decoding once, here, rather than at every start. An engine that fails
   * it has no record: then each start tests again, and captures changes in another way.
   */
  private void testDecoding(Path classes, Path target) throws IOException {
    try (URLClassLoader loader = loader(List.of(classes))) {
      Engine engine = Engine.load(loader);
      Optional<String> failure = progress.step("test decoding", () -> failureOfDecoding(engine));
      if (failure.isPresent()) {
        progress.say("WARNING: logical decoding fails its test: " + failure.get());
      } else {
        Files.writeString(
            target.resolve(DecodingRecord.FILE),
            DecodingRecord.of(
                engine,
                LibraryClasses.of(
                    Engine.class,
                    path ->
                        path.endsWith(".class")
                            && DecodingRecord.PACKAGES.contains(
                                path.substring(0, path.lastIndexOf('/') + 1)))));
      }
    }
  }

  private static Optional<String> failureOfDecoding(Engine engine) {
    try (Cluster cluster = Cluster.start(engine, ClusterOptions.inMemory())) {
      return DecodingSelfTest.run(cluster, "postgres", "postgres");
    } catch (BackendStartException e) {
      throw new IllegalStateException("the new cluster does not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
