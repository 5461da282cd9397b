package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.zerolite.wire.StartupPacket.StartupMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class StartupPacketTest {
  @Property
  void readsTheParametersThatTheClientSent(@ForAll("parameters") Map<String, String> parameters)
      throws ConnectionRefusedException {
    List<String> words = new ArrayList<>(List.of("user", "alice", "database", "shop"));
    parameters.forEach((name, value) -> words.addAll(List.of(name, value)));

    StartupMessage message = startup(words.toArray(String[]::new));

    assertThat(message.parameters())
        .containsAllEntriesOf(parameters)
        .containsEntry("user", "alice")
        .containsEntry("database", "shop")
        .hasSize(parameters.size() + 2);
    assertThat(message.needsNegotiation()).isFalse();
  }

  @Property
  void refusesWhatItCannotReadInWords(@ForAll @Size(max = 200) byte[] garbage) {
    try {
      assertThat(StartupPacket.decode(garbage)).isNotNull();
    } catch (ConnectionRefusedException refused) {
      assertThat(refused.sqlState()).isIn("08P01", "0A000", "28000", "22023");
      assertThat(refused).hasMessageMatching(".{10,}");
    }
  }

  @Property
  void refusesEveryStartupMessageThatIsCutShort(@ForAll @IntRange(max = 60) int cut) {
    byte[] whole = body(3 << 16, "user", "alice", "database", "shop", "options", "-c x=y");
    byte[] cutShort = Arrays.copyOf(whole, Math.min(cut, whole.length - 1));

    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> StartupPacket.decode(cutShort))
        .returns("08P01", ConnectionRefusedException::sqlState);
  }

  @Property
  void refusesOtherMajorVersions(@ForAll @IntRange(max = 0xFFFF) int major) {
    if (major == 3 || major == 1234) {
      return;
    }
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> StartupPacket.decode(body(major << 16, "user", "alice")))
        .withMessage("unsupported frontend protocol %d.0: server supports 3.0 to 3.0", major)
        .returns("0A000", ConnectionRefusedException::sqlState);
  }

  @Example
  void databaseDefaultsToUser() throws ConnectionRefusedException {
    assertThat(startup("user", "alice").parameters()).containsEntry("database", "alice");
    assertThat(startup("user", "alice", "database", "").parameters())
        .containsEntry("database", "alice");
  }

  @Example
  void needsUser() {
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> startup("database", "shop"))
        .withMessage("no PostgreSQL user name specified in startup packet")
        .returns("28000", ConnectionRefusedException::sqlState);
  }

  @Example
  void truncatesNamesToIdentifierLength() throws ConnectionRefusedException {
    assertThat(startup("user", "a".repeat(70)).user()).isEqualTo("a".repeat(63));
    assertThat(startup("user", "a" + "ü".repeat(40)).user()).isEqualTo("a" + "ü".repeat(31));
    assertThat(startup("user", "ü".repeat(40)).user()).isEqualTo("ü".repeat(31));
    assertThat(startup("user", "x", "application_name", "a".repeat(70)).parameters())
        .containsEntry("application_name", "a".repeat(70));
  }

  @Example
  void listsProtocolOptionsThatItDoesNotKnow() throws ConnectionRefusedException {
    StartupMessage message = startup("user", "alice", "_pq_.compression", "on");

    assertThat(message.unrecognizedOptions()).containsExactly("_pq_.compression");
    assertThat(message.parameters()).doesNotContainKey("_pq_.compression");
    assertThat(message.needsNegotiation()).isTrue();
  }

  @Example
  void checksReplication() throws ConnectionRefusedException {
    assertThat(startup("user", "alice", "replication", "database").parameters())
        .containsEntry("replication", "database");
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> startup("user", "alice", "replication", "maybe"))
        .withMessage("invalid value for parameter \"replication\": \"maybe\"")
        .returns("22023", ConnectionRefusedException::sqlState);
  }

  @Example
  void readsCancelRequest() throws ConnectionRefusedException {
    assertThat(StartupPacket.decode(words(1234 << 16 | 5678, 4711, -5)))
        .isEqualTo(new StartupPacket.CancelRequest(4711, -5));
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> StartupPacket.decode(words(1234 << 16 | 5678, 4711)))
        .withMessage("invalid length of cancel request packet");
  }

  @Example
  void readsRequestsForEncryption() throws ConnectionRefusedException {
    assertThat(StartupPacket.decode(words(1234 << 16 | 5679)))
        .isEqualTo(new StartupPacket.SslRequest());
    assertThat(StartupPacket.decode(words(1234 << 16 | 5680)))
        .isEqualTo(new StartupPacket.GssEncRequest());
  }

  @Provide
  Arbitrary<Map<String, String>> parameters() {
    Arbitrary<String> name =
        Arbitraries.strings().alpha().withChars('_', '.').ofMinLength(1).ofMaxLength(20);
    Arbitrary<String> value =
        Arbitraries.strings()
            .ofMaxLength(30)
            .filter(text -> text.indexOf('\0') < 0 && UTF_8.newEncoder().canEncode(text));
    return Arbitraries.maps(
            name.filter(
                word ->
                    !List.of("user", "database", "replication").contains(word)
                        && !word.startsWith("_pq_.")),
            value)
        .ofMaxSize(8);
  }

  private static StartupMessage startup(String... parameters) throws ConnectionRefusedException {
    return (StartupMessage) StartupPacket.decode(body(3 << 16, parameters));
  }

  private static byte[] body(int version, String... parameters) {
    byte[] packet = RawClient.startup(version, parameters);
    return Arrays.copyOfRange(packet, 4, packet.length);
  }

  private static byte[] words(int... words) {
    byte[] packet = RawClient.packet(words);
    return Arrays.copyOfRange(packet, 4, packet.length);
  }
}
