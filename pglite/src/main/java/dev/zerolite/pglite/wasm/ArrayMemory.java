package dev.zerolite.pglite.wasm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.util.Arrays;
import run.endive.runtime.ConstantEvaluators;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.DataSegment;

/**
 * What Endive and the host ask of a linear memory, in terms of the arrays that hold it. Generated
 * code goes another way: {@link LinearMemory}'s static methods.
 */
@SuppressWarnings({"deprecation", "removal"}) // Endive's interface asks for them still
abstract class ArrayMemory implements Memory {
  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);
  private static final VarHandle FLOATS = view(float[].class);
  private static final VarHandle DOUBLES = view(double[].class);

  private DataSegment[] segments = new DataSegment[0];

  static VarHandle view(Class<?> arrayType) {
    return MethodHandles.byteArrayViewVarHandle(arrayType, ByteOrder.LITTLE_ENDIAN);
  }

  /** The array that holds the byte at an address, at {@link LinearMemory#indexOf}. */
  public abstract byte[] arrayOf(int address);

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  public Object lock(int address) {
    return this;
  }

  @Override
  public int waitOn(int address, int expected, long timeout) {
    throw new IllegalStateException("the module was built without threads");
  }

  @Override
  public int waitOn(int address, long expected, long timeout) {
    throw new IllegalStateException("the module was built without threads");
  }

  @Override
  public int notify(int address, int maxThreads) {
    return 0;
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    initialize(instance, dataSegments, 0);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
    segments = dataSegments == null ? new DataSegment[0] : dataSegments;
    for (DataSegment segment : segments) {
      if (segment instanceof ActiveDataSegment active) {
        int offset =
            (int) ConstantEvaluators.computeConstantValue(instance, active.offsetInstructions())[0];
        write(offset, active.data(), 0, active.data().length);
      }
    }
  }

  @Override
  public void initPassiveSegment(int segment, int destination, int offset, int size) {
    write(destination, segments[segment].data(), offset, size);
  }

  @Override
  public void write(int address, byte[] data, int offset, int size) {
    System.arraycopy(data, offset, arrayOf(address), LinearMemory.indexOf(address), size);
  }

  @Override
  public byte read(int address) {
    return arrayOf(address)[LinearMemory.indexOf(address)];
  }

  @Override
  public byte[] readBytes(int address, int length) {
    int index = LinearMemory.indexOf(address);
    return Arrays.copyOfRange(arrayOf(address), index, index + length);
  }

  @Override
  public void writeI32(int address, int value) {
    INTS.set(arrayOf(address), LinearMemory.indexOf(address), value);
  }

  @Override
  public int readInt(int address) {
    return (int) INTS.get(arrayOf(address), LinearMemory.indexOf(address));
  }

  @Override
  public void writeLong(int address, long value) {
    LONGS.set(arrayOf(address), LinearMemory.indexOf(address), value);
  }

  @Override
  public long readLong(int address) {
    return (long) LONGS.get(arrayOf(address), LinearMemory.indexOf(address));
  }

  @Override
  public void writeShort(int address, short value) {
    SHORTS.set(arrayOf(address), LinearMemory.indexOf(address), value);
  }

  @Override
  public short readShort(int address) {
    return (short) SHORTS.get(arrayOf(address), LinearMemory.indexOf(address));
  }

  @Override
  public long readU16(int address) {
    return readShort(address) & 0xffffL;
  }

  @Override
  public void writeByte(int address, byte value) {
    arrayOf(address)[LinearMemory.indexOf(address)] = value;
  }

  @Override
  public void writeF32(int address, float value) {
    FLOATS.set(arrayOf(address), LinearMemory.indexOf(address), value);
  }

  @Override
  public long readF32(int address) {
    return readInt(address) & 0xffffffffL;
  }

  @Override
  public float readFloat(int address) {
    return (float) FLOATS.get(arrayOf(address), LinearMemory.indexOf(address));
  }

  @Override
  public void writeF64(int address, double value) {
    DOUBLES.set(arrayOf(address), LinearMemory.indexOf(address), value);
  }

  @Override
  public double readDouble(int address) {
    return (double) DOUBLES.get(arrayOf(address), LinearMemory.indexOf(address));
  }

  @Override
  public long readF64(int address) {
    return readLong(address);
  }

  @Override
  public void fill(byte value, int from, int to) {
    int index = LinearMemory.indexOf(from);
    Arrays.fill(arrayOf(from), index, index + to - from, value);
  }

  @Override
  public void copy(int destination, int source, int size) {
    System.arraycopy(
        arrayOf(source),
        LinearMemory.indexOf(source),
        arrayOf(destination),
        LinearMemory.indexOf(destination),
        size);
  }

  @Override
  public void drop(int segment) {
    segments[segment] = null;
  }

  /** Reads a NUL-terminated string. */
  @Override
  public String readCString(int address, Charset charset) {
    byte[] array = arrayOf(address);
    int start = LinearMemory.indexOf(address);
    int end = start;
    while (array[end] != 0) {
      end++;
    }
    return new String(array, start, end - start, charset);
  }
}
