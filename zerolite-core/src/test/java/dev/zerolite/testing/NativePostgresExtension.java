package dev.zerolite.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives test classes that name it in {@code @ExtendWith} a {@link NativePostgres} as a parameter.
 * All of one test run share the same server, which stops when the run ends.
 */
public final class NativePostgresExtension implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == NativePostgres.class;
  }

  @Override
  public NativePostgres resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(NativePostgresExtension.class))
        .getOrComputeIfAbsent(NativePostgres.class, key -> start(), NativePostgres.class);
  }

  private static NativePostgres start() {
    try {
      return NativePostgres.start();
    } catch (IOException e) {
      throw new UncheckedIOException("The native PostgreSQL for tests did not start", e);
    }
  }
}
