package dev.zerolite.testing;

import dev.zerolite.pglite.Authentication;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives test classes that name it in {@code @ExtendWith} a {@link TestCluster} that trusts every
 * client, as a parameter. All of one test run share it; it stops when the run ends.
 */
public final class TestClusterExtension implements ParameterResolver {
  /** Ends with the store it is in. */
  private record Shared(TestCluster cluster) implements AutoCloseable {
    @Override
    public void close() {
      cluster.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestCluster.class;
  }

  @Override
  public TestCluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(TestClusterExtension.class))
        .getOrComputeIfAbsent(
            Shared.class,
            key -> new Shared(TestCluster.start(Authentication.TRUST, Map.of())),
            Shared.class)
        .cluster();
  }
}
