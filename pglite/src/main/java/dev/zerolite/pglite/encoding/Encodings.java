package dev.zerolite.pglite.encoding;

import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.List;

/** The server's encodings by number: names, the rules for their characters, and their errors. */
final class Encodings {
  static final int UTF8 = 6; // pg_enc of mb/pg_wchar.h
  static final int MULE_INTERNAL = 7;

  /** In the order of pg_enc. */
  static final List<String> NAMES =
      List.of(
          "SQL_ASCII",
          "EUC_JP",
          "EUC_CN",
          "EUC_KR",
          "EUC_TW",
          "EUC_JIS_2004",
          "UTF8",
          "MULE_INTERNAL",
          "LATIN1",
          "LATIN2",
          "LATIN3",
          "LATIN4",
          "LATIN5",
          "LATIN6",
          "LATIN7",
          "LATIN8",
          "LATIN9",
          "LATIN10",
          "WIN1256",
          "WIN1258",
          "WIN866",
          "WIN874",
          "KOI8R",
          "WIN1251",
          "WIN1252",
          "ISO_8859_5",
          "ISO_8859_6",
          "ISO_8859_7",
          "ISO_8859_8",
          "WIN1250",
          "WIN1253",
          "WIN1254",
          "WIN1255",
          "WIN1257",
          "KOI8U",
          "SJIS",
          "BIG5",
          "GBK",
          "UHC",
          "GB18030",
          "JOHAB",
          "SHIFT_JIS_2004");

  // pg_wchar_tbl of mb/pg_wchar.h
  private static final int ENTRY_SIZE = 28;
  private static final int MBLEN = 8;
  private static final int MBVERIFYCHAR = 16;

  /** So much of a character is shown in messages (report_untranslatable_char). */
  private static final int MOST_BYTES_SHOWN = 8;

  private final ServerCalls server;
  private final LinearMemory memory;
  private final int table;

  /**
   * @param table the address of pg_wchar_table
   */
  Encodings(ServerCalls server, int table) {
    this.server = server;
    this.memory = server.memory();
    this.table = table;
  }

  static boolean isValid(int encoding) {
    return encoding >= 0 && encoding < NAMES.size();
  }

  static String name(int encoding) {
    return isValid(encoding) ? NAMES.get(encoding) : "(unknown)";
  }

  private int entry(int encoding) {
    return table + ENTRY_SIZE * (isValid(encoding) ? encoding : 0);
  }

  /** pg_encoding_verifymbchar: the length of a valid character, else -1. */
  int verify(int encoding, int text, int length) {
    int function = memory.readInt(entry(encoding) + MBVERIFYCHAR);
    return server.callPointer(function, text, length);
  }

  /**
   * pg_encoding_mblen_or_incomplete: what the first byte says, or too much if that is too little.
   */
  private int characterLength(int encoding, int text, int length) {
    boolean needsTwoBytes = name(encoding).equals("GB18030") && (memory.read(text) & 0x80) != 0;
    if (length < 1 || needsTwoBytes && length < 2) {
      return Integer.MAX_VALUE;
    }
    return server.callPointer(memory.readInt(entry(encoding) + MBLEN), text);
  }

  /** report_invalid_encoding. Does not return. */
  IllegalStateException invalid(int encoding, int text, int length) {
    server.call("report_invalid_encoding", encoding, text, length);
    throw new IllegalStateException("the server went on after an ERROR");
  }

  /** report_untranslatable_char. Does not return. */
  IllegalStateException untranslatable(int from, int to, int text, int length) {
    int shown = Math.min(Math.min(characterLength(from, text, length), length), MOST_BYTES_SHOWN);
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < shown; i++) {
      bytes.append(i == 0 ? "" : " ").append("0x%02x".formatted(memory.read(text + i) & 0xff));
    }
    throw server.raise(
        new ServerError(
            "22P05",
            "character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\""
                .formatted(bytes, name(from), name(to))));
  }

  /** pg_utf_mblen. */
  static int utf8Length(int firstByte) {
    if ((firstByte & 0x80) == 0) {
      return 1;
    }
    if ((firstByte & 0xe0) == 0xc0) {
      return 2;
    }
    if ((firstByte & 0xf0) == 0xe0) {
      return 3;
    }
    return (firstByte & 0xf8) == 0xf0 ? 4 : 1;
  }

  /** pg_utf8_islegal: a character as RFC 3629 allows it, neither overlong nor a surrogate. */
  boolean isLegalUtf8(int text, int length) {
    int first = memory.read(text) & 0xff;
    if (length < 1 || length > 4) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      if ((memory.read(text + i) & 0xc0) != 0x80) {
        return false;
      }
    }
    if (length == 1) {
      return first < 0x80;
    }
    int second = memory.read(text + 1) & 0xff;
    return switch (first) {
      case 0xe0 -> second >= 0xa0;
      case 0xed -> second <= 0x9f;
      case 0xf0 -> second >= 0x90;
      case 0xf4 -> second <= 0x8f;
      default -> first >= 0xc2 && first <= 0xf4;
    };
  }
}
