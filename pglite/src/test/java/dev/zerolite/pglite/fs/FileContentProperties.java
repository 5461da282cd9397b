package dev.zerolite.pglite.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Random writes and truncations of a chunked content against a plain byte array. */
class FileContentProperties {
  private static final int LIMIT = 5 * MemoryContent.CHUNK;

  /** One step; {@code length} below zero truncates. */
  record Step(int position, int length, byte fill, boolean copyBefore) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> positions =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, LIMIT),
            Arbitraries.of(0, 511, 512, 8192, MemoryContent.CHUNK - 1, MemoryContent.CHUNK));
    Arbitrary<Integer> lengths =
        Arbitraries.frequencyOf(
            Tuple.of(1, Arbitraries.just(-1)),
            Tuple.of(4, Arbitraries.of(0, 1, 511, 512, 513, 8192, 70_000)));
    return Combinators.combine(
            positions, lengths, Arbitraries.bytes(), Arbitraries.of(true, false, false, false))
        .as(Step::new)
        .list()
        .ofMaxSize(25);
  }

  @Property(tries = 300)
  void behavesLikeAnArray(@ForAll("steps") List<Step> steps) {
    applyAll(steps, MemoryUsage.plain());
  }

  /** As WAL does on a heap that is tight. */
  @Property(tries = 300)
  void andSoWhenItsChunksArePacked(@ForAll("steps") List<Step> steps) {
    applyAll(steps, new MemoryUsage(new HeapReserve(0), false, new Packing(), true));
  }

  @Property(tries = 20)
  void packedChunksAreSmall(@ForAll Random random) {
    MemoryContent content =
        new MemoryContent(new MemoryUsage(new HeapReserve(0), false, new Packing(), true));
    byte[] model = new byte[20 * MemoryContent.CHUNK];
    for (int i = 0; i < model.length; i += 1 + random.nextInt(64)) {
      model[i] = (byte) random.nextInt();
    }
    for (int at = 0; at < model.length; at += 8192) {
      content.write(at, model, at, 8192);
    }
    assertSame(content, model);
    assertThat(content.heldBytes()).isLessThan(model.length / 3);
  }

  private static void applyAll(List<Step> steps, MemoryUsage usage) {
    MemoryContent content = new MemoryContent(usage);
    byte[] model = new byte[0];
    MemoryContent snapshot = new MemoryContent(usage);
    byte[] snapshotModel = model;
    for (Step step : steps) {
      if (step.copyBefore()) {
        snapshot = content;
        snapshotModel = model;
        content = content.copy(usage);
      }
      model = apply(step, content, model);
      assertSame(content, model);
      assertSame(snapshot, snapshotModel);
    }
  }

  private static byte[] apply(Step step, FileContent content, byte[] model) {
    if (step.length() < 0) {
      content.truncate(step.position());
      return Arrays.copyOf(model, step.position());
    }
    byte[] source = new byte[step.length() + 3];
    Arrays.fill(source, step.fill());
    content.write(step.position(), source, 2, step.length());
    if (step.length() == 0) {
      return model;
    }
    byte[] changed = Arrays.copyOf(model, Math.max(model.length, step.position() + step.length()));
    System.arraycopy(source, 2, changed, step.position(), step.length());
    return changed;
  }

  private static void assertSame(FileContent content, byte[] model) {
    assertThat(content.size()).isEqualTo(model.length);
    byte[] read = new byte[model.length + 10];
    Arrays.fill(read, (byte) 99);
    assertThat(content.read(0, read, 5, model.length + 5)).isEqualTo(model.length);
    assertThat(Arrays.equals(read, 5, 5 + model.length, model, 0, model.length)).isTrue();
    assertThat(read[4]).isEqualTo((byte) 99);
    assertThat(read[5 + model.length]).isEqualTo((byte) 99);
    assertThat(content.read(model.length, read, 0, 1)).isZero();
  }
}
