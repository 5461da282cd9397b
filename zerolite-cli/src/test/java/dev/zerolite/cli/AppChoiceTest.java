package dev.zerolite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppChoiceTest {
  @TempDir Path directory;

  @Test
  void theCurrentDirectoryIfItIsAnApp() throws Exception {
    Files.writeString(directory.resolve("package.json"), "{}");

    assertThat(AppChoice.choose(Optional.empty(), directory)).isEqualTo(directory);
  }

  @Test
  void theExampleInTheRepository() throws Exception {
    var example = Files.createDirectories(directory.resolve("examples/issues"));
    Files.writeString(example.resolve("zerolite.yaml"), "");

    assertThat(AppChoice.choose(Optional.empty(), directory)).isEqualTo(example);
  }

  @Test
  void anAppThatIsNamedNeedsNothingInIt() throws Exception {
    var app = Files.createDirectories(directory.resolve("shop"));

    assertThat(AppChoice.choose(Optional.of(Path.of("shop")), directory)).isEqualTo(app);
  }

  @Test
  void elsewhereItSaysWhatToDo() {
    assertThatThrownBy(() -> AppChoice.choose(Optional.empty(), directory))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite start --app DIR");
    assertThatThrownBy(() -> AppChoice.choose(Optional.of(Path.of("nowhere")), directory))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("--app: no such directory");
  }
}
