package dev.zerolite.replication.triggers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.replication.triggers.ReplicationGrammar.Command;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What consumers say to a cluster whose changes triggers capture: right, wrong and not there. */
class ReplicationCommandsTest {
  private static final String OPTIONS = "(proto_version '1', publication_names 'p')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "CREATE_REPLICATION_SLOT | 42601",
        "CREATE_REPLICATION_SLOT s | 42601",
        "CREATE_REPLICATION_SLOT s LOGICAL | 42601",
        "CREATE_REPLICATION_SLOT 's' LOGICAL pgoutput | 42601",
        "CREATE_REPLICATION_SLOT s TEMPORARY LOGICAL pgoutput | 0A000",
        "CREATE_REPLICATION_SLOT s PHYSICAL | 0A000",
        "CREATE_REPLICATION_SLOT s LOGICAL other | 0A000",
        "CREATE_REPLICATION_SLOT s LOGICAL pgoutput TWO_PHASE | 0A000",
        "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (TWO_PHASE true) | 0A000",
        "DROP_REPLICATION_SLOT | 42601",
        "DROP_REPLICATION_SLOT s NOW | 42601",
        "DROP_REPLICATION_SLOT s; SELECT 1 | 42601",
        "START_REPLICATION SLOT s LOGICAL | 42601",
        "START_REPLICATION SLOT s LOGICAL nowhere | 42601",
        "START_REPLICATION SLOT s LOGICAL 1/2/3 | 42601",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1' | 42601",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1',, a 'b') | 42601",
        "START_REPLICATION SLOT s LOGICAL 0/0 | 22023",
        "START_REPLICATION SLOT s LOGICAL 0/0 () | 42601",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1') | 22023",
        "START_REPLICATION SLOT s LOGICAL 0/0 (publication_names 'p') | 22023",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '9', publication_names 'p') | 0A000",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version 'x', publication_names 'p') | 22023",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'a,,b') | 42602",
        "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names '\"p') | 42602",
        "START_REPLICATION SLOT s PHYSICAL 0/0 | 0A000"
      })
  void whatIsWrongIsToldByItsState(String command, String state) {
    assertThatThrownBy(() -> parse(command))
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.sqlState()).isEqualTo(state));
  }

  @Test
  void whatIsRightIsUnderstood() throws Exception {
    StartReplication start =
        start(
            "start_replication slot \"S\"\"x\" logical 1/AB (PROTO_VERSION '1',"
                + " publication_names 'p, \"Q, r\"', messages, binary 'false') ;");
    assertThat(start.slot()).isEqualTo("S\"x");
    assertThat(start.publications()).containsExactlyInAnyOrder("p", "Q, r");
    assertThat(start.messages()).isTrue();
    assertThat(
            create(
                "CREATE_REPLICATION_SLOT S LOGICAL pgoutput (SNAPSHOT 'nothing', TWO_PHASE 'off')"))
        .isEqualTo(new ReplicationCommands.Create("s", ReplicationCommands.Snapshot.NOTHING));
    assertThat(ReplicationGrammar.parse("DROP_REPLICATION_SLOT s WAIT;").slot()).isEqualTo("s");
    assertThat(ReplicationGrammar.isCommand("SELECT 1")).isFalse();
    assertThat(ReplicationGrammar.isCommand("create_replication_slotx")).isFalse();
    assertThat(ReplicationGrammar.isCommand("\"show")).isFalse();
  }

  @Provide
  Arbitrary<String> nearlyCommands() {
    return Arbitraries.of(
            "START_REPLICATION",
            "CREATE_REPLICATION_SLOT",
            "DROP_REPLICATION_SLOT",
            "SLOT",
            "s",
            "LOGICAL",
            "PHYSICAL",
            "TEMPORARY",
            "pgoutput",
            "0/0",
            "FFFFFFFF/FFFFFFFF",
            OPTIONS,
            "(",
            ")",
            ",",
            "'",
            "\"",
            ";",
            "\\",
            "é",
            "\n",
            "proto_version '1'",
            "publication_names 'p'",
            "WAIT",
            "TWO_PHASE")
        .list()
        .ofMaxSize(12)
        .map(words -> String.join(" ", words));
  }

  @Property(tries = 2000)
  void nothingElseIsThrown(@ForAll("nearlyCommands") String command) {
    try {
      parse(command);
    } catch (ReplicationException e) {
      assertThat(e.sqlState()).isIn("42601", "42602", "22023", "0A000", "XX000");
    }
  }

  private static StartReplication start(String command) throws ReplicationException {
    return ReplicationCommands.start(ReplicationGrammar.parse(command));
  }

  private static ReplicationCommands.Create create(String command) throws ReplicationException {
    return ReplicationCommands.create(ReplicationGrammar.parse(command));
  }

  private static void parse(String text) throws ReplicationException {
    if (!ReplicationGrammar.isCommand(text)) {
      assertThat(text).doesNotStartWith("CREATE_REPLICATION_SLOT ");
      return;
    }
    Command command = ReplicationGrammar.parse(text);
    switch (command.keyword()) {
      case "create_replication_slot" -> ReplicationCommands.create(command);
      case "start_replication" -> {
        if (!command.logical()) {
          throw ReplicationCommands.unsupported("physical replication");
        }
        ReplicationCommands.start(command);
      }
      default -> assertThat(command.slot()).isNotNull();
    }
  }
}
