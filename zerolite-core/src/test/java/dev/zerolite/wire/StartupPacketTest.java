package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
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
  void readsTheParametersThatTheClientSent(@ForAll("parameters") Map<String, String> parameters) {
    assertThat(startup(parameters).parameters()).isEqualTo(parameters);
  }

  @Property
  void ofAPacketThatIsCutShortReadsWhatIsWhole(
      @ForAll("parameters") Map<String, String> parameters,
      @ForAll @IntRange(max = 99) int percent) {
    byte[] whole = startup(parameters).bytes();
    byte[] part = Arrays.copyOf(whole, whole.length * percent / 100);
    assertThat(parameters.entrySet()).containsAll(new StartupPacket(part).parameters().entrySet());
  }

  @Property
  void takesAnyBytes(@ForAll @Size(max = 200) byte[] garbage) {
    StartupPacket packet = new StartupPacket(garbage);
    assertThat(packet.isSslRequest() && packet.isGssEncRequest()).isFalse();
    assertThat(packet.parameters()).isNotNull();
  }

  @Example
  void tellsRequestsApart() {
    assertThat(request(5679).isSslRequest()).isTrue();
    assertThat(request(5680).isGssEncRequest()).isTrue();
    assertThat(request(5678, 1, 2).isCancelRequest()).isTrue();
    assertThat(request(5679, 1).isSslRequest()).isFalse();
    assertThat(startup(Map.of("user", "alice")).isCancelRequest()).isFalse();
  }

  @Provide
  Arbitrary<Map<String, String>> parameters() {
    Arbitrary<String> text = Arbitraries.strings().excludeChars('\0').ofMaxLength(20);
    return Arbitraries.maps(
            text.filter(name -> isEncodable(name) && !name.isEmpty()),
            text.filter(StartupPacketTest::isEncodable))
        .ofMaxSize(5);
  }

  private static boolean isEncodable(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static StartupPacket startup(Map<String, String> parameters) {
    List<String> words = new ArrayList<>();
    parameters.forEach((name, value) -> words.addAll(List.of(name, value)));
    return new StartupPacket(
        RawClient.startup(RawClient.PROTOCOL_3_0, words.toArray(String[]::new)));
  }

  private static StartupPacket request(int code, int... more) {
    int[] words = new int[more.length + 1];
    words[0] = 1234 << 16 | code;
    System.arraycopy(more, 0, words, 1, more.length);
    return new StartupPacket(RawClient.packet(words));
  }
}
