package dev.zerolite.pglite.host;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;

class EngineTest {
  @Test
  void aMissingEngineSaysWhatToDo() throws IOException {
    try (URLClassLoader empty =
        new URLClassLoader(new URL[0], ClassLoader.getPlatformClassLoader())) {
      assertThatIllegalStateException()
          .isThrownBy(() -> Engine.load(empty))
          .withMessageContaining("engine.properties")
          .withMessageContaining("add dev.zerolite:pglite-engine to the class path");
    }
  }
}
