package dev.zerolite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ResetCommandTest {
  @TempDir Path app;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path data;
  private Path replica;

  @BeforeEach
  void keepSomething() throws IOException {
    data = Files.createDirectories(app.resolve(".zerolite/postgres"));
    Files.writeString(data.resolve("PG_VERSION"), "18\n");
    Files.createDirectories(data.resolve("base/1"));
    Files.writeString(data.resolve("zerolite.superuser"), "user\n");
    replica = Files.writeString(app.resolve(".zerolite/postgres-replica.db"), "");
    Files.writeString(app.resolve(".zerolite/postgres-replica.db-wal2"), "");
    Files.createDirectories(app.resolve(".zerolite/s3/uploads"));
  }

  @Test
  void removesTheDatabaseAndItsReplicaButNoUploads() {
    assertThat(run("", "--yes")).isEqualTo(ExitCode.OK);

    assertThat(app.resolve(".zerolite")).isDirectoryContaining("glob:**/s3");
    assertThat(data).doesNotExist();
    assertThat(replica).doesNotExist();
    assertThat(out.toString())
        .contains("removed " + data, "removed " + replica, "removed " + replica + "-wal2");

    assertThat(run("", "--yes")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).contains("There is nothing to remove");
  }

  @Test
  void asksFirst() {
    assertThat(run("n\n")).isEqualTo(ExitCode.DECLINED);
    assertThat(run("")).as("nobody there").isEqualTo(ExitCode.DECLINED);
    assertThat(out.toString()).contains("[y/N]", data.toString(), "--yes", "Nothing was removed");
    assertThat(data).isDirectory();

    assertThat(run("yes\n")).isEqualTo(ExitCode.OK);
    assertThat(data).doesNotExist();
  }

  @Test
  void leavesAloneWhatIsNoDatabase() throws IOException {
    var letters = Files.createDirectories(app.resolve("letters"));
    Files.writeString(letters.resolve("a.txt"), "dear");

    assertThat(run("", "--yes", "--data-dir", letters.toString())).isEqualTo(ExitCode.ENVIRONMENT);
    assertThat(err.toString()).contains("holds files that are no database");
    assertThat(letters.resolve("a.txt")).exists();
  }

  @Test
  void leavesAloneWhatANativeServerHasMade() throws IOException {
    Files.delete(data.resolve("zerolite.superuser"));
    Files.writeString(data.resolve("zerolite.lock"), "left by a start that was refused");

    assertThat(run("", "--yes")).isEqualTo(ExitCode.ENVIRONMENT);
    assertThat(err.toString()).contains("another PostgreSQL has made", "remove the directory");
    assertThat(data.resolve("base/1")).isDirectory();
    assertThat(replica).exists();
  }

  private int run(String answer, String... arguments) {
    var input = new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8));
    var command = new CommandLine(new ResetCommand(new Terminal(false), input));
    var all = new java.util.ArrayList<>(java.util.List.of("--app", app.toString()));
    all.addAll(java.util.List.of(arguments));
    return command
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}
