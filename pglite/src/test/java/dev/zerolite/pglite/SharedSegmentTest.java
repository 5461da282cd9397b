package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.OpenFlags;
import dev.zerolite.pglite.fs.ProcessFiles;
import dev.zerolite.pglite.wasm.LinearMemory;
import dev.zerolite.pglite.wasm.SpareArrays;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SharedSegmentTest {
  private record Piece(int address, int size, int mark) {}

  private final SharedSegment segment = new SharedSegment();
  private final LinearMemory memory = attached();

  private LinearMemory attached() {
    LinearMemory attached = new LinearMemory(1, 1, 2, new SpareArrays());
    segment.attach(attached);
    return attached;
  }

  /** Sizes above zero are taken, those below give back an earlier piece. */
  @Property(tries = 200)
  void piecesNeverOverlapAndBeginWithZeros(
      @ForAll @Size(max = 60) List<@IntRange(min = -10, max = 40_000) Integer> steps) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      int step = steps.get(i);
      if (step > 0) {
        int address = segment.allocate(step);
        assertThat(address & 4095).isZero();
        for (int j = 0; j < step; j++) {
          assertThat(memory.read(address + j)).isZero();
        }
        memory.fill((byte) (i + 1), address, address + step);
        pieces.add(new Piece(address, step, i + 1));
      } else if (!pieces.isEmpty()) {
        Piece piece = pieces.remove(-step % pieces.size());
        segment.free(piece.address(), piece.size());
      }
    }
    for (Piece piece : pieces) {
      for (int j = 0; j < piece.size(); j++) {
        assertThat(memory.read(piece.address() + j)).isEqualTo((byte) piece.mark());
      }
    }
  }

  @Test
  void whatIsGivenBackIsUsedAgain() {
    int first = segment.allocate(100_000);
    int second = segment.allocate(5);
    segment.free(first, 100_000);
    assertThat(segment.allocate(50_000)).isEqualTo(first);
    assertThat(segment.allocate(40_000)).isBetween(first + 50_000, second - 40_000);
  }

  @Test
  void everyoneSeesWhatOneWrites() {
    int early = segment.allocate(4096);
    LinearMemory other = attached();
    int late = segment.allocate(1 << 20);
    memory.writeI32(early, 17);
    other.writeI32(late, 18);
    assertThat(other.readInt(early)).isEqualTo(17);
    assertThat(memory.readInt(late)).isEqualTo(18);
  }

  @Test
  void moreThanAnArrayHoldsIsRefused() {
    assertThatThrownBy(() -> segment.allocate(Integer.MAX_VALUE))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
  }

  @Test
  void aMappedFileLivesUntilItIsUnlinkedAndUnmapped() {
    FileTree tree = new FileTree();
    tree.mount("/dev/shm", segment, List.of());
    ProcessFiles creator = new ProcessFiles(tree);
    ProcessFiles reader = new ProcessFiles(tree);
    int address = map(creator, OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.RDWR);
    memory.writeI32(address, 42);
    assertThat(map(reader, OpenFlags.RDWR)).isEqualTo(address);
    byte[] bytes = tree.readFile("/dev/shm/piece");
    assertThat(bytes).hasSize(10_000).startsWith(42, 0, 0, 0);

    creator.unlink(ProcessFiles.AT_FDCWD, "/dev/shm/piece");
    creator.unmap(address);
    assertThat(segment.allocate(10_000)).isNotEqualTo(address);
    reader.closeAll();
    assertThat(segment.allocate(10_000)).isEqualTo(address);
  }

  private static int map(ProcessFiles process, int flags) {
    int descriptor = process.open(ProcessFiles.AT_FDCWD, "/dev/shm/piece", flags, 0600);
    if ((flags & OpenFlags.CREAT) != 0) {
      process.regularFile(descriptor).truncate(10_000);
    }
    int address = process.map(descriptor, 0);
    process.close(descriptor);
    return address;
  }
}
