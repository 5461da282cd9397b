package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.DataSegment;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Plain;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the patches need to find their places: the initial memory with its texts, which function
 * mentions which number, and the addresses of variables found so far.
 */
final class ModuleIndex {
  private final WasmBinary module;
  private final byte[] memory;
  private final Map<Integer, BitSet> functionsByConstant = new HashMap<>();
  private final SortedMap<String, Integer> addresses = new TreeMap<>();

  ModuleIndex(WasmBinary module) {
    this.module = module;
    this.memory = initialMemory(module.data());
    for (int f = module.importedFunctionCount(); f < module.functionCount(); f++) {
      indexConstants(f, FunctionCode.decode(module, f).body());
    }
  }

  private static byte[] initialMemory(List<DataSegment> segments) {
    int size = 0;
    for (DataSegment segment : segments) {
      OptionalInt address = segment.address();
      if (address.isPresent()) {
        size = Math.max(size, address.getAsInt() + segment.bytes().length);
      }
    }
    byte[] memory = new byte[size];
    for (DataSegment segment : segments) {
      segment
          .address()
          .ifPresent(a -> System.arraycopy(segment.bytes(), 0, memory, a, segment.bytes().length));
    }
    return memory;
  }

  private void indexConstants(int function, List<Instruction> list) {
    for (Instruction instruction : list) {
      if (instruction instanceof Block block) {
        block.lists().forEach(inner -> indexConstants(function, inner));
      } else if (instruction instanceof Plain plain && plain.opcode() == Opcode.I32_CONST) {
        functionsByConstant
            .computeIfAbsent(plain.immediates().s32(), k -> new BitSet())
            .set(function);
      }
    }
  }

  WasmBinary module() {
    return module;
  }

  /** The defined functions. */
  SortedSet<Integer> functions() {
    SortedSet<Integer> all = new TreeSet<>();
    for (int f = module.importedFunctionCount(); f < module.functionCount(); f++) {
      all.add(f);
    }
    return all;
  }

  /**
   * The functions that mention a text. The linker lets a text that is the tail of another share its
   * bytes, so every place where it ends counts.
   */
  SortedSet<Integer> functionsMentioning(String text) {
    byte[] wanted = (text + "\0").getBytes(StandardCharsets.UTF_8);
    SortedSet<Integer> functions = new TreeSet<>();
    for (int at = 0; at + wanted.length <= memory.length; at++) {
      if (memory[at] == wanted[0]
          && Arrays.equals(memory, at, at + wanted.length, wanted, 0, wanted.length)) {
        functionsByConstant.getOrDefault(at, new BitSet()).stream().forEach(functions::add);
      }
    }
    return functions;
  }

  /** Whether a function has this number as a constant. */
  boolean isMentioned(int number) {
    return functionsByConstant.containsKey(number);
  }

  int exportedFunction(String name) {
    return module
        .exportedFunction(name)
        .orElseThrow(() -> new BuildException("the main module exports no function " + name));
  }

  int hostFunction() {
    return module.importedFunction("env", "__syscall_poll");
  }

  /** The address of a variable: one found before, or an exported one. */
  int address(String variable) {
    Integer found = addresses.get(variable);
    if (found != null) {
      return found;
    }
    return module
        .exportedAddress(variable)
        .orElseThrow(
            () ->
                new BuildException(
                    "the address of "
                        + variable
                        + " is not known: neither exported nor found by a pattern"));
  }

  void remember(String variable, int address) {
    addresses.put(variable, address);
  }

  SortedMap<String, Integer> addresses() {
    return Collections.unmodifiableSortedMap(addresses);
  }
}
