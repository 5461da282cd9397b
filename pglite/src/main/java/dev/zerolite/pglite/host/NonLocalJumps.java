package dev.zerolite.pglite.host;

import java.util.Arrays;

/**
 * setjmp/longjmp the emscripten way: wherever a jump may be caught, C code calls through an {@code
 * invoke_} import, which catches the jump, restores the stack pointer and leaves a note that the
 * code after the call looks at.
 */
final class NonLocalJumps {
  private static final String PREFIX = "invoke_";

  private final WasmProcess process;

  NonLocalJumps(WasmProcess process) {
    this.process = process;
  }

  void define(HostImports imports) {
    imports.function(
        "_emscripten_throw_longjmp",
        arguments -> {
          throw LongJump.INSTANCE;
        });
  }

  static boolean isInvoke(String importName) {
    return importName.startsWith(PREFIX);
  }

  /** invoke_xyz(slot, arguments...): the letters only tell the signature. */
  HostFunction invoke() {
    return arguments -> {
      int stackPointer = process.stackPointer();
      try {
        long[] results =
            process
                .functionTable()
                .call((int) arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length));
        return results == null || results.length == 0 ? 0 : results[0];
      } catch (LongJump jump) {
        process.setStackPointer(stackPointer);
        noteJump();
        return 0;
      } catch (ProcessExit exit) {
        process.setStackPointer(stackPointer);
        throw exit;
      }
    };
  }

  /** What {@code _setThrew(1, 0)} does in emscripten's JavaScript. */
  private void noteJump() {
    int threw = process.address("__THREW__");
    if (process.memory().readInt(threw) == 0) {
      process.memory().writeI32(threw, 1);
      process.memory().writeI32(process.address("__threwValue"), 0);
    }
  }
}
