package dev.zerolite.pglite.regress;

import dev.zerolite.pglite.regress.Answer.Kind;
import dev.zerolite.pglite.regress.Answer.Line;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Compares two servers' answers to one statement. */
final class Comparison {
  /** What came out. */
  sealed interface Verdict {
    /** Equal, after these normalisations. */
    record Equal(List<String> normalizations) implements Verdict {}

    /** The same rows in another order, where the statement asks for none. */
    record Reordered() implements Verdict {}

    /** Different; the kind of the first line that is. */
    record Different(Kind kind) implements Verdict {}
  }

  private static final Pattern ORDER_BY = Pattern.compile("(?i)\\border\\s+by\\b");

  private final List<Normalization> normalizations;

  Comparison(List<Normalization> normalizations) {
    this.normalizations = List.copyOf(normalizations);
  }

  Verdict compare(String sql, Answer expected, Answer found) {
    List<Line> left = expected.lines();
    List<Line> right = found.lines();
    List<String> applied = new ArrayList<>();
    for (Normalization normalization : normalizations) {
      if (left.equals(right)) {
        return new Verdict.Equal(applied);
      }
      List<Line> newLeft = apply(normalization, left);
      List<Line> newRight = apply(normalization, right);
      if (!newLeft.equals(left) || !newRight.equals(right)) {
        applied.add(normalization.name());
      }
      left = newLeft;
      right = newRight;
    }
    if (left.equals(right)) {
      return new Verdict.Equal(applied);
    }
    if (!ORDER_BY.matcher(sql).find() && sorted(left).equals(sorted(right))) {
      return new Verdict.Reordered();
    }
    return new Verdict.Different(firstDifference(left, right));
  }

  private static List<Line> apply(Normalization normalization, List<Line> lines) {
    return lines.stream()
        .map(line -> new Line(line.kind(), normalization.rule().apply(line.text())))
        .toList();
  }

  /** Rows, and only they, sorted within each run of rows. */
  private static List<Line> sorted(List<Line> lines) {
    List<Line> result = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= lines.size(); i++) {
      if (i == lines.size() || !isRow(lines.get(i))) {
        lines.subList(start, i).stream()
            .sorted(Comparator.comparing(Line::text))
            .forEach(result::add);
        if (i < lines.size()) {
          result.add(lines.get(i));
        }
        start = i + 1;
      }
    }
    return result;
  }

  private static boolean isRow(Line line) {
    return line.kind() == Kind.ROW || line.kind() == Kind.COPY_ROW;
  }

  private static Kind firstDifference(List<Line> left, List<Line> right) {
    int i = 0;
    while (i < left.size() && i < right.size() && left.get(i).equals(right.get(i))) {
      i++;
    }
    if (right.stream().anyMatch(line -> line.kind() == Kind.ENDED)) {
      return Kind.ENDED;
    }
    // an error where rows were expected is an error
    if (i < right.size() && right.get(i).kind() == Kind.ERROR || i == left.size()) {
      return right.get(i).kind();
    }
    return left.get(i).kind();
  }
}
