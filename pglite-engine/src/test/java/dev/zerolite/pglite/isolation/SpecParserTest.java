package dev.zerolite.pglite.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.isolation.Spec.Blocker;
import dev.zerolite.pglite.isolation.Spec.ScheduledStep;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SpecParserTest {
  private static final String TWO_SESSIONS =
      """
      # a comment
      setup { CREATE TABLE t (x int); }
      setup { VACUUM t; }
      teardown { DROP TABLE t; }
      session "first ""one""\"
      setup { BEGIN; }
      step a1 { SELECT '# no comment'; }
      step a2 { COMMIT; }
      session s2
      step b1 { }
      teardown { ABORT; }
      """;

  @Test
  void readsAllParts() {
    Spec spec =
        SpecParser.parse(
            TWO_SESSIONS + "permutation a1 b1(*) a2\npermutation b1(a2, a1 notices 3) a1 a2");
    assertThat(spec.setups()).containsExactly("CREATE TABLE t (x int);", "VACUUM t;");
    assertThat(spec.teardown()).contains("DROP TABLE t;");
    Spec.Session first = spec.sessions().get(0);
    assertThat(first.name()).isEqualTo("first \"one\"");
    assertThat(first.setup()).contains("BEGIN;");
    assertThat(first.teardown()).isEmpty();
    assertThat(first.steps().get(0).sql()).isEqualTo("SELECT '# no comment';");
    Spec.Session second = spec.sessions().get(1);
    assertThat(second.steps()).containsExactly(new Spec.Step("b1", "", 1));
    assertThat(spec.permutations()).hasSize(2);
    assertThat(spec.permutations().get(0).get(1).waitsAtFirst()).isTrue();
    assertThat(spec.permutations().get(1).get(0).blockers())
        .containsExactly(
            new Blocker.OtherStep(first.steps().get(1)),
            new Blocker.Notices(first.steps().get(0), 3));
  }

  @Test
  void interleavesWhatHasNoPermutations() {
    assertThat(SpecParser.parse(TWO_SESSIONS).permutations())
        .extracting(SpecParserTest::names)
        .containsExactly("a1 a2 b1", "a1 b1 a2", "b1 a1 a2");
  }

  @Test
  void saysWhatItDoesNotUnderstand() {
    assertThatThrownBy(() -> SpecParser.parse("session s step a { SELECT 1 } permutation b"))
        .hasMessageContaining("step b is not defined");
    assertThatThrownBy(() -> SpecParser.parse("session s step a { SELECT 1"))
        .hasMessageContaining("unexpected character {");
    assertThatThrownBy(() -> SpecParser.parse("session s step a { } teardown"))
        .hasMessageContaining("expected SQL");
  }

  private static String names(List<ScheduledStep> permutation) {
    return permutation.stream().map(step -> step.step().name()).collect(Collectors.joining(" "));
  }
}
