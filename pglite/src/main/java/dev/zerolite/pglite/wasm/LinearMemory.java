package dev.zerolite.pglite.wasm;

import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.Arrays;
import run.endive.runtime.GlobalInstance;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.ValType;
import run.endive.wasm.types.Value;

/**
 * One wasm instance's linear memory, flat in a {@code byte[]}, together with the globals of its
 * main module.
 *
 * <p>Endive's own memory is paged and its globals are objects behind a store; both cost a factor of
 * two to three. The build rewrites the generated classes to call the static methods below, whose
 * names and parameter orders are those of Endive's generated helper class, with the memory as last
 * argument. Per-instance state behind one set of compiled classes is what lets many backends share
 * the JIT's work.
 *
 * <p>What PostgreSQL's processes share is one more {@code byte[]}, seen by all of them at {@link
 * #SHARED_BASE}: one comparison per access (measured: 0–20 %, on average 10 % of CPU time) instead
 * of a copy of 14 MB per process and at each hand-over.
 *
 * <p>Reads and writes are plain. Another thread may read or write single ints (see {@link
 * #writeIntOpaque}); everything else belongs to the thread that runs the instance.
 */
@SuppressWarnings({"deprecation", "removal"}) // Endive's interface asks for them still
public final class LinearMemory extends ArrayMemory {
  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);

  /** The largest array a JVM surely allocates; 2^31 itself is out of reach. */
  public static final int MAX_BYTES = Integer.MAX_VALUE - 16;

  /**
   * Addresses from here on (the upper half of the 32-bit space, negative as ints) are in {@link
   * #share the shared array}, those below in private memory. No object may lie across the border;
   * nothing private reaches it, since a Java array is shorter than 2 GiB.
   */
  public static final int SHARED_BASE = 0x80000000;

  private static final int INDEX_MASK = 0x7fffffff;

  private static final byte[] NONE = {};

  private byte[] bytes;
  private byte[] shared = NONE;
  private final int declaredMinimum;
  private final int maximumPages;
  private final SpareArrays spares;

  /**
   * The length of a fork's first array. {@link #spares} may have a use for those up to a quarter
   * longer, to which processes grow first.
   */
  private final int commonLength;

  /**
   * The wasm stack pointer, global 0 of the main module: by far the most used, so a field of its
   * own, which generated code reads and writes. Nobody else should.
   */
  public int stackPointer;

  private long[] globals = new long[0];

  private int globalCount;

  private CallTable callTable;

  /** The arrays of {@link #callTable}, one step nearer. */
  private int[] callNumbers;

  private CallTarget[] callTargets;

  /**
   * @param pages pages of 64 KiB to begin with
   * @param declaredMinimum the minimum the module's import declares, which Endive checks against
   *     {@link #initialPages}
   * @param maximumPages the most it may grow to
   * @param spares where its forks take their arrays from, and return them to
   */
  public LinearMemory(int pages, int declaredMinimum, int maximumPages, SpareArrays spares) {
    this.bytes = new byte[pages * PAGE_SIZE];
    this.declaredMinimum = declaredMinimum;
    this.maximumPages = maximumPages;
    this.spares = spares;
    this.commonLength = bytes.length;
    setCallTable(new CallTable(new int[0]));
  }

  private LinearMemory(LinearMemory original) {
    this.bytes = original.spares.copyOf(original.bytes);
    this.shared = original.shared;
    this.declaredMinimum = original.declaredMinimum;
    this.maximumPages = original.maximumPages;
    this.spares = original.spares;
    this.commonLength = bytes.length;
    setCallTable(original.callTable);
  }

  // ---- called by generated code: names and signatures are Endive's ----
  //
  // The accessors of shorts, ints and longs are written out, although arrayOf() and indexOf() say
  // the same, to be longer than the 35 bytes that C1 inlines (C1MaxInlineSize): a VarHandle is some
  // fifty instructions to it, so that it took long over every method and ran out of registers in a
  // hundred of the hottest, which then stayed interpreted until C2 got to them. C2 does inline
  // them.
  // Measured on JDK 17: half the CPU time of the first minute.

  public static int memoryReadInt(int base, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    return (int) INTS.get(array, index);
  }

  public static long memoryReadLong(int base, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    return (long) LONGS.get(array, index);
  }

  public static short memoryReadShort(int base, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    return (short) SHORTS.get(array, index);
  }

  public static byte memoryReadByte(int base, int offset, LinearMemory memory) {
    return memory.arrayOf(base + offset)[indexOf(base + offset)];
  }

  public static float memoryReadFloat(int base, int offset, LinearMemory memory) {
    return Float.intBitsToFloat(memoryReadInt(base, offset, memory));
  }

  public static double memoryReadDouble(int base, int offset, LinearMemory memory) {
    return Double.longBitsToDouble(memoryReadLong(base, offset, memory));
  }

  public static void memoryWriteInt(int base, int value, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    INTS.set(array, index, value);
  }

  public static void memoryWriteLong(int base, long value, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    LONGS.set(array, index, value);
  }

  public static void memoryWriteShort(int base, short value, int offset, LinearMemory memory) {
    int address = base + offset;
    byte[] array;
    int index;
    if (address < 0) {
      array = memory.shared;
      index = address & INDEX_MASK;
    } else {
      array = memory.bytes;
      index = address;
    }
    SHORTS.set(array, index, value);
  }

  public static void memoryWriteByte(int base, byte value, int offset, LinearMemory memory) {
    memory.arrayOf(base + offset)[indexOf(base + offset)] = value;
  }

  public static void memoryWriteFloat(int base, float value, int offset, LinearMemory memory) {
    memoryWriteInt(base, Float.floatToRawIntBits(value), offset, memory);
  }

  public static void memoryWriteDouble(int base, double value, int offset, LinearMemory memory) {
    memoryWriteLong(base, Double.doubleToRawLongBits(value), offset, memory);
  }

  public static void memoryCopy(int destination, int source, int size, LinearMemory memory) {
    memory.copy(destination, source, size);
  }

  public static void memoryFill(int address, byte value, int size, LinearMemory memory) {
    memory.fill(value, address, address + size);
  }

  public static long readGlobal(int index, LinearMemory memory) {
    return index == 0 ? memory.stackPointer : memory.globals[index];
  }

  public static void writeGlobal(long value, int index, LinearMemory memory) {
    if (index == 0) {
      memory.stackPointer = (int) value;
    } else {
      memory.globals[index] = value;
    }
  }

  /**
   * The number by which an indirect call finds its function.
   *
   * @return 0 if only a look at the table can tell: a slot that was added, or none at all
   */
  public static int callNumber(int slot, LinearMemory memory) {
    int[] numbers = memory.callNumbers;
    return slot >= 0 && slot < numbers.length ? numbers[slot] : 0;
  }

  /**
   * The object that calls the function in a slot.
   *
   * @return null if there is none, at least not yet
   */
  public static CallTarget callTarget(int slot, LinearMemory memory) {
    CallTarget[] targets = memory.callTargets;
    return slot >= 0 && slot < targets.length ? targets[slot] : null;
  }

  /**
   * Counts a call by number.
   *
   * @return whether the function in this slot is to get its object now
   */
  public static boolean countCall(int slot, LinearMemory memory) {
    return memory.callTable.count(slot);
  }

  /** Gives the function in a slot its object. */
  public static void setCallTarget(CallTarget target, int slot, LinearMemory memory) {
    memory.callTargets[slot] = target;
  }

  // ---- for the host ----

  /** Tells which functions are in the main module's table. */
  public void setCallTable(CallTable table) {
    callTable = table;
    callNumbers = table.numbers();
    callTargets = table.targets();
  }

  /**
   * A memory with the same private bytes, and the same shared array, for another instance of the
   * same module, which must not initialise it. Its globals are those of a fresh instance until
   * {@link #copyGlobals}.
   */
  public LinearMemory fork() {
    return new LinearMemory(this);
  }

  /**
   * The process is over, and others may have its array: nothing may use this memory any more but
   * {@link #writeIntOpaque} and {@link #readIntOpaque}.
   */
  public void release() {
    byte[] last = bytes;
    bytes = NONE;
    shared = NONE;
    spare(last);
  }

  private void spare(byte[] array) {
    if (array.length >= commonLength && array.length <= commonLength / 4 * 5) {
      spares.add(array);
    }
  }

  /** Gives the globals the values that they have in another instance of the same module. */
  public void copyGlobals(LinearMemory original) {
    stackPointer = original.stackPointer;
    globals = original.globals.clone();
  }

  /**
   * The array that holds the byte at an address, at {@link #indexOf}. The private one is replaced
   * when the memory grows, so never keep it across a call into wasm.
   */
  @Override
  public byte[] arrayOf(int address) {
    return address < 0 ? shared : bytes;
  }

  /** Where in {@link #arrayOf} the byte at an address is. */
  public static int indexOf(int address) {
    return address & INDEX_MASK;
  }

  /**
   * Lets the addresses from {@link #SHARED_BASE} on show an array that other memories may show too.
   */
  public void share(byte[] array) {
    shared = array;
  }

  /**
   * Writes an int that the instance's own thread shall see soon, from whichever thread; nothing if
   * the memory has been {@link #release released}. At that very moment the write may still go into
   * the array, and so to the next process that has it: only flags that do no harm when they are set
   * for nothing, such as InterruptPending.
   *
   * <p>A plain write and a fence: since Java 23 views of a byte[] refuse setOpaque and getOpaque.
   * An aligned int is written in one piece all the same.
   */
  public void writeIntOpaque(int address, int value) {
    byte[] array = arrayOf(address);
    if (array.length > 0) {
      INTS.set(array, indexOf(address), value);
    }
    VarHandle.fullFence();
  }

  /**
   * Reads an int of an instance that another thread runs.
   *
   * @return 0 if the memory has been {@link #release released}
   */
  public int readIntOpaque(int address) {
    VarHandle.fullFence();
    byte[] array = arrayOf(address);
    return array.length == 0 ? 0 : (int) INTS.get(array, indexOf(address));
  }

  /** A global of the main module as Endive sees it; a view on this memory's fields. */
  public GlobalInstance newGlobal(long low, long high, ValType type, MutabilityType mutability) {
    if (globalCount == 0 && !type.equals(ValType.I32)) {
      throw new IllegalArgumentException(
          "the module's first global is " + type + ", and so not the stack pointer, as it must be");
    }
    return new GlobalView(globalCount++, low, type, mutability);
  }

  private final class GlobalView extends GlobalInstance {
    private final int index;

    GlobalView(int index, long value, ValType type, MutabilityType mutability) {
      super(value, 0, type, mutability);
      this.index = index;
      setValueLow(value);
    }

    @Override
    public long getValue() {
      return readGlobal(index, LinearMemory.this);
    }

    @Override
    public long getValueLow() {
      return getValue();
    }

    @Override
    public void setValue(long value) {
      setValueLow(value);
    }

    @Override
    public void setValue(Value value) {
      setValueLow(value.raw());
    }

    @Override
    public void setValueLow(long value) {
      if (index > 0 && globals.length <= index) {
        globals = Arrays.copyOf(globals, Math.max(index + 1, globals.length * 2));
      }
      writeGlobal(value, index, LinearMemory.this);
    }
  }

  // ---- Endive's Memory ----

  @Override
  public int pages() {
    return bytes.length / PAGE_SIZE;
  }

  @Override
  public int grow(int delta) {
    int before = pages();
    if (delta < 0
        || before + delta > maximumPages
        || (long) (before + delta) * PAGE_SIZE > MAX_BYTES) {
      return -1;
    }
    if (delta > 0) {
      byte[] former = bytes;
      byte[] grown = spares.longerCopyOf(former, (before + delta) * PAGE_SIZE);
      if (grown == null) {
        grown = newArray((before + delta) * PAGE_SIZE);
        if (grown == null) {
          return -1;
        }
        System.arraycopy(former, 0, grown, 0, former.length);
      }
      bytes = grown;
      spare(former);
    }
    return before;
  }

  /**
   * An array for this much memory.
   *
   * @return null if the heap is too full: then malloc() fails and PostgreSQL ends the statement
   *     with 53200, where an OutOfMemoryError would end this backend and maybe strike other
   *     threads. For their sake some memory must be left, too.
   */
  public static byte[] newArray(int size) {
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    int reserve = (int) Math.min(64 << 20, runtime.maxMemory() / 16);
    try {
      byte[] array = new byte[size];
      if (free < (long) size + reserve) {
        // what is not free may be garbage; this asks for its collection
        Reference.reachabilityFence(new byte[reserve]);
      }
      return array;
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  @Override
  public int initialPages() {
    return Math.max(pages(), declaredMinimum);
  }

  @Override
  public int maximumPages() {
    return maximumPages;
  }

  @Override
  public void zero() {
    Arrays.fill(bytes, (byte) 0);
  }
}
