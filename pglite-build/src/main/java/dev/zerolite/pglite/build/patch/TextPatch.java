package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.DataSegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Another text in the place of one of PostgreSQL's, where that one gives advice that nobody can
 * follow here.
 *
 * @param original the whole text; it must be there exactly once, and no function may use its end
 *     only
 * @param replacement no longer than that
 */
record TextPatch(String original, String replacement) {
  static final List<TextPatch> ALL =
      List.of(
          // src/backend/commands/extension.c
          new TextPatch(
              "The extension must first be installed on the system where PostgreSQL is running.",
              "Only the extensions listed in pg_available_extensions can be created here."));

  void apply(ModuleIndex index) {
    if (replacement.length() > original.length()) {
      throw new BuildException("no room for \"" + replacement + "\"");
    }
    byte[] wanted = terminated(original);
    byte[] given = Arrays.copyOf(terminated(replacement), wanted.length);
    List<DataSegment> holders = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    for (DataSegment segment : index.module().data()) {
      byte[] bytes = segment.bytes();
      for (int at = 0; at + wanted.length <= bytes.length; at++) {
        if (bytes[at] == wanted[0]
            && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
          holders.add(segment);
          offsets.add(at);
        }
      }
    }
    if (offsets.size() != 1) {
      throw new BuildException(
          "the text \"" + original + "\" is there " + offsets.size() + " times instead of once");
    }
    int address = holders.get(0).address().orElseThrow() + offsets.get(0);
    for (int inner = 1; inner < wanted.length; inner++) {
      if (index.isMentioned(address + inner)) {
        throw new BuildException("the end of \"" + original + "\" is a text of its own");
      }
    }
    System.arraycopy(given, 0, holders.get(0).bytes(), offsets.get(0), given.length);
  }

  private static byte[] terminated(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }
}
