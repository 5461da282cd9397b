package dev.zerolite.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeRuntimeTest {
  @TempDir Path directory;

  @Test
  void saysWhatToInstallWhenThereIsNoNode() {
    assertThatThrownBy(() -> NodeRuntime.find(Map.of("PATH", directory.toString())))
        .isInstanceOf(MissingProgramException.class)
        .hasMessageContaining("Node.js was not found: install Node.js 20 or newer");
  }

  @Test
  void saysWhenNodeIsTooOld() throws Exception {
    program("node", "echo v18.3.0");

    assertThatThrownBy(() -> NodeRuntime.find(Map.of("PATH", directory.toString())))
        .isInstanceOf(MissingProgramException.class)
        .hasMessageContaining("Node.js 18.3.0, which is too old");
  }

  @Test
  void saysWhenNpmIsMissing() throws Exception {
    program("node", "echo v22.1.0");
    var node = NodeRuntime.find(Map.of("PATH", directory.toString()));

    assertThat(node.version()).isEqualTo("22.1.0");
    assertThatThrownBy(node::npm)
        .isInstanceOf(MissingProgramException.class)
        .hasMessageContaining("npm was not found");
  }

  private void program(String name, String body) throws Exception {
    var file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
