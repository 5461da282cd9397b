package dev.zerolite.pglite.regress;

import dev.zerolite.pglite.regress.Answer.Kind;
import dev.zerolite.pglite.regress.Comparison.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What a script showed: counts, and every difference. */
final class ScriptReport {
  /** A statement that the two answered differently. */
  record Difference(int line, String sql, Answer expected, Answer found, Kind kind) {
    @Override
    public String toString() {
      return "line %d, %s: %s;\n  native\n%s  cluster\n%s"
          .formatted(line, kind, sql.strip(), expected, found);
    }
  }

  private final String name;
  private final List<Difference> differences = new ArrayList<>();
  private final Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
  private final Map<String, Integer> normalizations = new TreeMap<>();
  private final Map<String, Integer> skipped = new TreeMap<>();
  private int statements;
  private int equal;
  private int reordered;
  private int unstable;
  private int mute;
  private int explained;
  private long nanos;

  ScriptReport(String name) {
    this.name = name;
  }

  void add(
      int line, String sql, Answer expected, Answer found, Verdict verdict, boolean isUnstable) {
    statements++;
    if (verdict instanceof Verdict.Equal same) {
      equal++;
      same.normalizations().forEach(used -> normalizations.merge(used, 1, Integer::sum));
      if (expected.hasEnded()) {
        mute++;
      }
    } else if (verdict instanceof Verdict.Reordered) {
      reordered++;
    } else if (verdict instanceof Verdict.Different different) {
      if (isUnstable && different.kind() != Kind.ENDED) {
        unstable++;
      } else {
        kinds.merge(different.kind(), 1, Integer::sum);
        differences.add(new Difference(line, sql, expected, found, different.kind()));
      }
    }
  }

  /** Takes the differences away that are known, and tells which known ones no longer are. */
  List<String> removeKnown(KnownDifferences known, String script) {
    List<String> unseen = known.of(script);
    for (Difference difference : List.copyOf(differences)) {
      String reason = known.reason(script, difference.sql());
      if (reason != null) {
        differences.remove(difference);
        explained++;
        unseen.removeIf(prefix -> KnownDifferences.oneLine(difference.sql()).startsWith(prefix));
      }
    }
    return unseen;
  }

  void skip(String what) {
    skipped.merge(what, 1, Integer::sum);
  }

  void took(long time) {
    nanos += time;
  }

  /** Adds another script's counts. */
  void addAll(ScriptReport other) {
    statements += other.statements;
    equal += other.equal;
    reordered += other.reordered;
    unstable += other.unstable;
    mute += other.mute;
    explained += other.explained;
    nanos += other.nanos;
    differences.addAll(other.differences);
    other.kinds.forEach((kind, count) -> kinds.merge(kind, count, Integer::sum));
    other.normalizations.forEach((used, count) -> normalizations.merge(used, count, Integer::sum));
    other.skipped.forEach((what, count) -> skipped.merge(what, count, Integer::sum));
  }

  List<Difference> differences() {
    return differences;
  }

  int statements() {
    return statements;
  }

  String summary() {
    return "%-24s %5d statements, %5d equal, %d reordered, %d never the same twice, %d explained, %d different%s, %d sessions ended on both; skipped %s; %d ms"
        .formatted(
            name,
            statements,
            equal,
            reordered,
            unstable,
            explained,
            differences.size(),
            kinds.isEmpty() ? "" : " " + kinds,
            mute,
            skipped,
            TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  String normalizationsUsed() {
    return normalizations.entrySet().stream()
        .map(used -> "%s: %d".formatted(used.getKey(), used.getValue()))
        .collect(Collectors.joining("\n"));
  }
}
