package dev.zerolite;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.process.MissingProgramException;
import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Npm;
import dev.zerolite.zerocache.ZeroCacheException;
import dev.zerolite.zerocache.ZeroCacheInstallation;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the child processes need.
 *
 * @param zeroCache empty if it is not to run
 */
record NodeTools(NodeRuntime node, Optional<ZeroCacheInstallation> zeroCache) {
  private static final Logger LOG = LoggerFactory.getLogger(NodeTools.class);

  /**
   * Finds Node.js and zero-cache, and installs the app's packages if there are none.
   *
   * @param environment the variables of this process
   */
  static NodeTools find(ZeroLiteConfig config, Map<String, String> environment)
      throws ZeroLiteException, InterruptedException {
    try {
      var node = NodeRuntime.find(environment);
      installAppPackages(config, node);
      return new NodeTools(
          node,
          config.runZeroCache()
              ? Optional.of(ZeroCacheInstallation.find(config.appDirectory(), node, environment))
              : Optional.empty());
    } catch (MissingProgramException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    } catch (ZeroCacheException e) {
      throw new ZeroLiteException(Reason.ZERO_CACHE, e.getMessage(), e);
    }
  }

  private static void installAppPackages(ZeroLiteConfig config, NodeRuntime node)
      throws ZeroLiteException, MissingProgramException, InterruptedException {
    var directory = config.appDirectory();
    if (config.app().isEmpty()
        || !Files.exists(directory.resolve("package.json"))
        || Files.isDirectory(directory.resolve("node_modules"))) {
      return;
    }
    for (var other : Map.of("pnpm-lock.yaml", "pnpm", "yarn.lock", "yarn").entrySet()) {
      if (Files.exists(directory.resolve(other.getKey()))) {
        throw new ZeroLiteException(
            Reason.ENVIRONMENT,
            "The app's packages are not installed: run `%s install` in %s first."
                .formatted(other.getValue(), directory));
      }
    }
    LOG.info("installing the app's packages: npm install in {} (once)", directory);
    try {
      new Npm(node).install(directory, List.of());
    } catch (Npm.FailedException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    }
  }
}
