package dev.zerolite.zerocache;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where zero-cache finds its surroundings.
 *
 * @param upstreamUrl the app's database
 * @param cvrUrl where client view records are kept
 * @param changeUrl where the change log is kept
 * @param replicaFile its SQLite copy of the app's database
 * @param port its HTTP port; it takes the next one too
 * @param compileCache what Node.js compiled, for the next start; older versions than 22 ignore it
 */
public record ZeroCacheEnvironment(
    String upstreamUrl,
    String cvrUrl,
    String changeUrl,
    Path replicaFile,
    int port,
    Path compileCache) {
  public ZeroCacheEnvironment {
    requireNonNull(upstreamUrl);
    requireNonNull(cvrUrl);
    requireNonNull(changeUrl);
    requireNonNull(replicaFile);
    requireNonNull(compileCache);
  }

  /**
   * The variables to start zero-cache with.
   *
   * @param shell the variables of this process: what the user exported is stronger than our taste,
   *     not than what ties zero-cache to this database
   * @param app what the app asks for; stronger than everything
   */
  Map<String, String> variables(Map<String, String> shell, Map<String, String> app) {
    var variables = new TreeMap<String, String>();

    // A development machine: one worker and small pools, since each connection is a PostgreSQL
    // backend with its own memory. zero-cache needs at least one connection per worker and pool.
    variables.put("NODE_ENV", "development"); // else it insists on ZERO_ADMIN_PASSWORD
    variables.put("ZERO_NUM_SYNC_WORKERS", "1");
    variables.put("ZERO_UPSTREAM_MAX_CONNS", "2");
    variables.put("ZERO_CVR_MAX_CONNS", "3");
    variables.put("ZERO_CHANGE_MAX_CONNS", "3");
    variables.put("ZERO_INITIAL_SYNC_TABLE_COPY_WORKERS", "2");
    variables.put("ZERO_LOG_LEVEL", "warn");
    // A user's development is nobody else's business.
    variables.put("ZERO_ENABLE_TELEMETRY", "false");
    variables.put("DO_NOT_TRACK", "1");
    variables.put("NODE_COMPILE_CACHE", compileCache.toString());
    shell.forEach((name, value) -> variables.replace(name, value));

    variables.put("ZERO_UPSTREAM_DB", upstreamUrl);
    variables.put("ZERO_CVR_DB", cvrUrl);
    variables.put("ZERO_CHANGE_DB", changeUrl);
    variables.put("ZERO_REPLICA_FILE", replicaFile.toString());
    variables.put("ZERO_PORT", Integer.toString(port));
    variables.putAll(app);
    return variables;
  }
}
