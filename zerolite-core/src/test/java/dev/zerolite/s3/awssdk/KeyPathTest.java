package dev.zerolite.s3.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class KeyPathTest {
  @Property
  void everyKeyComesBack(@ForAll("keys") String key) {
    var back = new StringBuilder();
    var names = KeyPath.names(key);
    for (int i = 0; i < names.size(); i++) {
      back.append(KeyPath.part(names.get(i)));
      if (i < names.size() - 1 && !KeyPath.isContinued(names.get(i))) {
        back.append('/');
      }
    }
    assertThat(back.toString()).isEqualTo(key);
  }

  @Property
  void everyNameIsAFileNameInItsDirectory(@ForAll("keys") String key) {
    for (var name : KeyPath.names(key)) {
      assertThat(name).isNotEmpty().isNotIn(".", "..").doesNotContain("/", "\0", "\\");
      assertThat(name.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(210);
    }
  }

  @Example
  void ordinaryKeysStayAsTheyAre() {
    assertThat(KeyPath.names("photos/my cat.jpg")).containsExactly("photos", "my cat.jpg");
    assertThat(KeyPath.names("a/../b%")).containsExactly("a", "%2E%2E", "b%25");
    assertThat(KeyPath.names("a//b/")).containsExactly("a", "%", "b", "%");
    assertThat(KeyPath.names("x".repeat(450)))
        .containsExactly("x".repeat(200) + "%+", "x".repeat(200) + "%+", "x".repeat(50));
    assertThat(KeyPath.names("x".repeat(200) + ".."))
        .containsExactly("x".repeat(200) + "%+", "%2E%2E");
  }

  @Provide
  Arbitrary<String> keys() {
    var odd =
        Arbitraries.of("/", ".", "..", "%", "%2E", "%+", "%=", "%.json", "ä", "🐈", "\n", " ");
    var long1 = Arbitraries.strings().alpha().ofMinLength(150).ofMaxLength(500);
    var any = Arbitraries.strings().ofMinLength(1).ofMaxLength(20).filter(KeyPathTest::isText);
    return Arbitraries.oneOf(odd, any, long1)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> String.join("", parts));
  }

  /** No lone surrogates, which UTF-8 and so HTTP cannot carry. */
  private static boolean isText(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
