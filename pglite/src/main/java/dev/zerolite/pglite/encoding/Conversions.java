package dev.zerolite.pglite.encoding;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import java.util.function.ToIntFunction;

/** Makes PostgreSQL's conversion libraries loadable. Nothing is loaded until one is used. */
public final class Conversions {
  private Conversions() {}

  /**
   * Offers to a process's libraries what they import; to be called before its main().
   *
   * @param symbols finds the variable {@code pg_wchar_table} of common/wchar.c, which the main
   *     module does not export
   */
  public static void install(WasmProcess process, ToIntFunction<String> symbols) {
    ServerCalls server = new ServerCalls(process, "conversions.java");
    Encodings encodings = new Encodings(server, symbols.applyAsInt("pg_wchar_table"));
    UnicodeConversion unicode = new UnicodeConversion(server, encodings);
    SingleByteConversion singleByte = new SingleByteConversion(encodings, process.memory());
    Offer offer = (name, body) -> process.provideImport(name, a -> server.guard(name, body, a));

    offer.function("UtfToLocal", unicode::fromUtf8);
    offer.function("LocalToUtf", unicode::toUtf8);
    offer.function("local2local", singleByte::localToLocal);
    offer.function("latin2mic", singleByte::latinToMule);
    offer.function("mic2latin", singleByte::muleToLatin);
    offer.function("latin2mic_with_table", singleByte::latinToMuleWithTable);
    offer.function("mic2latin_with_table", singleByte::muleToLatinWithTable);
    offer.function(
        "pg_encoding_verifymbchar", a -> encodings.verify((int) a[0], (int) a[1], (int) a[2]));
    offer.function("pg_utf8_islegal", a -> encodings.isLegalUtf8((int) a[0], (int) a[1]) ? 1 : 0);
    offer.function(
        "report_untranslatable_char",
        a -> {
          throw encodings.untranslatable((int) a[0], (int) a[1], (int) a[2], (int) a[3]);
        });
  }

  @FunctionalInterface
  private interface Offer {
    void function(String name, ServerCalls.Body body);
  }
}
