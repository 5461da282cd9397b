package dev.zerolite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CompilerPriorityTest {
  /** In proc_pid_stat(5), counted from what follows the name in parentheses. */
  private static final int NICE_FIELD = 19 - 3;

  @Test
  @EnabledOnOs(OS.LINUX)
  void onlyTheOptimisingCompilerGivesWay() throws Exception {
    // the main thread, whose number is the process's
    var main = String.valueOf(ProcessHandle.current().pid());
    var before = niceness(main);

    CompilerPriority.lowerNow();

    assertThat(CompilerPriority.compilerThreads())
        .isNotEmpty()
        .allSatisfy(thread -> assertThat(niceness(thread)).isEqualTo("10"));
    assertThat(niceness(main)).isEqualTo(before);
  }

  private static String niceness(String thread) throws IOException {
    var stat = Files.readString(Path.of("/proc/self/task", thread, "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE_FIELD];
  }
}
