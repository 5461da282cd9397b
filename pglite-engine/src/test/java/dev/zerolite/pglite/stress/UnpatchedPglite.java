package dev.zerolite.pglite.stress;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.build.npm.NpmPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * PGlite from npm as it is, on Node: a PostgreSQL that nobody here has changed opens a stopped
 * cluster's directory and runs amcheck over it.
 */
final class UnpatchedPglite {
  /** Where the build keeps them. */
  private static final Path NPM_PACKAGES =
      Path.of(System.getProperty("user.home"), ".cache", "zerolite", "npm");

  private static final long LONGEST_WAIT_MINUTES = 10;

  /** Prints a line for each fault, then how many relations there were. */
  private static final String AMCHECK =
      """
      import { PGlite } from './package/dist/index.js'
      import { amcheck } from './package/dist/contrib/amcheck.js'
      const db = await PGlite.create({ dataDir: process.argv[2], extensions: { amcheck } })
      const rows = async sql => (await db.query(sql, [], { rowMode: 'array' })).rows
      const fault = text => console.log('FAULT ' + text.replaceAll('\\n', ' '))
      let checked = 0
      const check = async sql => {
        checked++
        try { return await rows(sql) } catch (e) { fault(sql + ': ' + e.message); return [] }
      }
      await db.exec('CREATE EXTENSION IF NOT EXISTS amcheck')
      for (const [index, unique] of await rows(`%s`)) {
        await check(`SELECT bt_index_parent_check('${index}', true, true, ${unique})`)
      }
      for (const [index] of await rows(`%s`)) await check(`SELECT gin_index_check('${index}')`)
      for (const [table] of await rows(`%s`)) {
        for (const row of await check(`SELECT * FROM verify_heapam('${table}', check_toast => true)`)) {
          fault(table + ': ' + row)
        }
      }
      console.log('CHECKED ' + checked)
      await db.close()
      """
          .formatted(AmCheck.B_TREES, AmCheck.GINS, AmCheck.TABLES);

  /**
   * @param checked how many relations were checked
   * @param faults what is wrong with them
   */
  record Verdict(int checked, List<String> faults) {}

  private final Path scratch;

  /**
   * @param scratch where the package is unpacked
   */
  UnpatchedPglite(Path scratch) {
    this.scratch = scratch;
  }

  /** The directory is opened for writing, and may be changed as by any start and stop. */
  Verdict check(Path directory) throws IOException, InterruptedException {
    Path home = Files.createTempDirectory(scratch, "pglite-");
    for (Map.Entry<String, byte[]> file : NpmPackage.PGLITE.files(NPM_PACKAGES).entrySet()) {
      Path target = home.resolve("package").resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    Path program = home.resolve("amcheck.mjs");
    Files.writeString(program, AMCHECK);
    Process node =
        new ProcessBuilder("node", program.toString(), directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String output = new String(node.getInputStream().readAllBytes(), UTF_8);
      if (!node.waitFor(LONGEST_WAIT_MINUTES, TimeUnit.MINUTES) || node.exitValue() != 0) {
        throw new IOException("PGlite on Node has not ended well, and said: " + output);
      }
      return verdict(output);
    } finally {
      node.destroyForcibly();
    }
  }

  private static Verdict verdict(String output) {
    List<String> faults = new ArrayList<>();
    int checked = 0;
    for (String line : output.lines().toList()) {
      if (line.startsWith("CHECKED ")) {
        checked = Integer.parseInt(line.substring("CHECKED ".length()));
      } else {
        faults.add(line);
      }
    }
    return new Verdict(checked, faults);
  }
}
