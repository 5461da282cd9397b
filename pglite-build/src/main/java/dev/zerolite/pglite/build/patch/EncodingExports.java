package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static dev.zerolite.pglite.build.patch.FunctionLocator.calledBy;
import static dev.zerolite.pglite.build.patch.FunctionLocator.exported;

import java.util.List;

/**
 * What the libraries that convert between encodings import, and the main module has but does not
 * export. What it does not have at all is written in {@code dev.zerolite.pglite.encoding}.
 */
final class EncodingExports {
  private EncodingExports() {}

  static final List<Variable> VARIABLES =
      List.of(
          // wchar.c: "return pg_wchar_table[encoding].maxmblen"
          Variable.usedBy(
              "pg_wchar_table",
              exported("pg_encoding_max_length"),
              code().i32Const(28).i32Mul().captureConst(Variable.ADDRESS).i32Add().i32Load(24)));

  static final List<AddedExport> EXPORTS =
      List.of(
          // mbutils.c: "report_invalid_encoding(encoding, mbstr + oklen, len - oklen)"
          new AddedExport(
              "report_invalid_encoding",
              calledBy(
                  exported("pg_verifymbstr"),
                  code()
                      .localGet(1)
                      .localGet(3)
                      .i32Sub()
                      .captureCall("report_invalid_encoding")
                      .unreachable(),
                  "report_invalid_encoding")));
}
