package dev.zerolite.pglite.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpareArraysTest {
  private static final int ADDRESS = 1000;

  private final LinearMemory parent = new LinearMemory(2, 1, 10, new SpareArrays());

  SpareArraysTest() {
    parent.writeI32(ADDRESS, 1);
  }

  @Test
  void aForkHasTheArrayOfOneThatIsOverAndItsParentsBytes() {
    LinearMemory first = parent.fork();
    byte[] array = first.arrayOf(0);
    first.writeI32(ADDRESS, 2);
    first.writeI32(ADDRESS + 4, 3);
    first.release();

    LinearMemory second = parent.fork();
    assertThat(second.arrayOf(0)).isSameAs(array).isEqualTo(parent.arrayOf(0));
    assertThat(parent.fork().arrayOf(0)).isNotSameAs(array).isEqualTo(parent.arrayOf(0));
  }

  @Test
  void whatGrowsLeavesItsArrayAtOnceAndTheGreaterOneToTheCollector() {
    LinearMemory grows = parent.fork();
    byte[] array = grows.arrayOf(0);
    assertThat(grows.grow(1)).isEqualTo(2);
    assertThat(grows.readInt(ADDRESS)).isEqualTo(1);
    assertThat(grows.arrayOf(0)).hasSize(3 * LinearMemory.PAGE_SIZE);
    assertThat(grows.readInt(2 * LinearMemory.PAGE_SIZE)).isZero();
    assertThat(parent.fork().arrayOf(0)).isSameAs(array);

    byte[] greater = grows.arrayOf(0);
    grows.release();
    assertThat(parent.fork().arrayOf(0)).isNotSameAs(greater).isEqualTo(parent.arrayOf(0));
  }

  @Test
  void whatGrowsByAQuarterAtMostTakesAGrownArrayOfOneThatIsOver() {
    LinearMemory eightPages = new LinearMemory(8, 1, 20, new SpareArrays());
    LinearMemory first = eightPages.fork();
    first.grow(2);
    byte[] array = first.arrayOf(0);
    first.writeI32(ADDRESS, 2);
    first.writeI32(9 * LinearMemory.PAGE_SIZE, 3);
    first.release();

    LinearMemory second = eightPages.fork();
    second.writeI32(ADDRESS, 4);
    assertThat(second.grow(2)).isEqualTo(8);
    assertThat(second.arrayOf(0)).isSameAs(array);
    assertThat(second.readInt(ADDRESS)).isEqualTo(4);
    assertThat(second.readInt(9 * LinearMemory.PAGE_SIZE)).isZero();
  }

  @Test
  void otherThreadsMayAskWhatIsOver() {
    LinearMemory over = parent.fork();
    over.release();
    over.writeIntOpaque(ADDRESS, 7);
    assertThat(over.readIntOpaque(ADDRESS)).isZero();
    assertThat(parent.fork().readInt(ADDRESS)).isEqualTo(1);
  }

  @Test
  void onlySomeAreKept() {
    LinearMemory[] many = new LinearMemory[20];
    for (int i = 0; i < many.length; i++) {
      many[i] = parent.fork();
    }
    byte[][] arrays = new byte[many.length][];
    for (int i = 0; i < many.length; i++) {
      arrays[i] = many[i].arrayOf(0);
      many[i].release();
    }
    int taken = 0;
    for (int i = 0; i < many.length; i++) {
      byte[] array = parent.fork().arrayOf(0);
      for (byte[] former : arrays) {
        taken += array == former ? 1 : 0;
      }
    }
    assertThat(taken).isEqualTo(6);
  }
}
