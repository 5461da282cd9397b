package dev.zerolite.replication;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Texts that the input functions of PostgreSQL's types accept. */
final class RandomValues {
  /** Types for new columns, from small to strange. */
  static final List<String> TYPES =
      List.of(
          "int4",
          "int8",
          "text",
          "bool",
          "numeric",
          "timestamptz",
          "jsonb",
          "text[]",
          "uuid",
          "int2",
          "float4",
          "float8",
          "numeric(12,3)",
          "varchar(20)",
          "char(5)",
          "\"char\"",
          "name",
          "bytea",
          "date",
          "time",
          "timetz",
          "timestamp(3)",
          "interval",
          "json",
          "inet",
          "cidr",
          "macaddr",
          "macaddr8",
          "point",
          "lseg",
          "box",
          "path",
          "polygon",
          "circle",
          "bit(8)",
          "varbit",
          "int4range",
          "int8multirange",
          "numrange",
          "tstzrange",
          "daterange",
          "money",
          "tsvector",
          "tsquery",
          "oid",
          "xid",
          "pg_lsn",
          "regtype",
          "int4[]",
          "numeric[]",
          "timestamptz[]",
          "public.mood",
          "public.mood[]",
          "app.level",
          "app.short",
          "app.short[]",
          "public.pair",
          "public.pair[]",
          "app.nested",
          "app.floats",
          "jsonpath",
          "xml");

  private static final List<String> WORDS =
      List.of(
          "",
          "a",
          "Straße",
          "日本",
          "it's",
          "back\\slash",
          "two\nlines",
          "\"quoted\"",
          "{,}",
          "🦜 ok");

  private final Random random;

  RandomValues(Random random) {
    this.random = random;
  }

  private String pick(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** A literal for a column, sometimes NULL if the column allows it. */
  String literal(SchemaModel.Column column) {
    if (!column.notNull() && random.nextInt(8) == 0) {
      return "NULL";
    }
    if (column.name().equals("id")) {
      return Integer.toString(random.nextInt(40));
    }
    if (column.name().equals("k")) {
      return Integer.toString(random.nextInt(30));
    }
    if (column.name().equals("big")) {
      return bigText();
    }
    return quote(text(column.type()));
  }

  /** What is stored out of line, compressed or not, and what is nearly. */
  private String bigText() {
    int seed = random.nextInt(1000);
    return switch (random.nextInt(4)) {
      case 0 ->
          "(SELECT string_agg(md5((i + %d)::text), '') FROM generate_series(1, %d) i)"
              .formatted(seed, 60 + random.nextInt(300));
      case 1 -> "repeat('compressible %d ', %d)".formatted(seed, 2000 + random.nextInt(20_000));
      case 2 -> "repeat('x', %d)".formatted(1900 + random.nextInt(200));
      default -> quote("small " + seed);
    };
  }

  static String quote(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /**
   * @param type a name of pg_type, arrays with their underscore
   */
  String text(String type) {
    if (type.startsWith("_")) {
      return IntStream.range(0, random.nextInt(4))
          .mapToObj(i -> random.nextInt(6) == 0 ? "NULL" : inArray(text(type.substring(1))))
          .collect(Collectors.joining(",", "{", "}"));
    }
    int small = random.nextInt(200) - 100;
    return switch (type) {
      case "bool" -> pick("t", "f");
      case "int2" -> pick("-32768", "32767", "" + small);
      case "int4" -> pick("-2147483648", "2147483647", "" + small, "" + small);
      case "int8" -> pick("9007199254740993", "-9223372036854775808", "" + small);
      case "oid", "xid" -> pick("0", "4294967295", "" + Math.abs(small));
      case "float4", "float8" -> pick("NaN", "-Infinity", "0.1", "1e-30", "-0", "" + small / 7f);
      case "numeric" -> pick("0", "-0.001", "123456.789", "" + small, "NaN");
      case "money" -> small + ".25";
      case "text", "varchar" -> pick(WORDS) + small;
      case "name" -> pick(WORDS);
      case "bpchar", "short" -> pick("", "ab", "cde");
      case "char" -> pick("", "x");
      case "bytea" -> pick("\\x", "\\x00ff10", "\\x" + "ab".repeat(Math.abs(small)));
      case "date" -> pick("2026-02-28", "infinity", "0044-03-15 BC");
      case "time" -> pick("00:00", "23:59:59.999999", "24:00");
      case "timetz" -> pick("12:00+02", "00:00:00.5-11:30");
      case "timestamp" -> pick("2026-02-28 10:11:12.345678", "-infinity", "1970-01-01");
      case "timestamptz" -> pick("2026-02-28 10:11:12.345678+05", "infinity", "0001-01-01 BC");
      case "interval" -> pick("1 mon -2 days", "00:00:00.000001", "-1 year", "0");
      case "uuid" -> "00000000-0000-4000-8000-%012x".formatted(random.nextInt(1000));
      case "json" -> pick("{\"a\" :  1}", "[]", "null", "\"\\u00df\"");
      case "jsonb" -> pick("{\"b\": [1, 2.50, null], \"a\": {}}", "[]", "null", "\"x\"");
      case "jsonpath" -> pick("$", "$.a[*] ? (@ > 1)");
      case "xml" -> pick("<a/>", "text", "<b c=\"d\">e</b>");
      case "inet" -> pick("10.0.0.1", "10.0.0.1/8", "::1", "fe80::1/64");
      case "cidr" -> pick("10.0.0.0/8", "2001:db8::/32");
      case "macaddr" -> "08:00:2b:01:02:03";
      case "macaddr8" -> "08:00:2b:01:02:03:04:05";
      case "point" -> "(" + small + ",0.5)";
      case "lseg", "box" -> "((0,0),(1," + Math.abs(small) + "))";
      case "path" -> pick("((0,0),(1,1))", "[(0,0),(1,1)]");
      case "polygon" -> "((0,0),(1,1),(1," + small + "))";
      case "circle" -> "<(0," + small + "),2>";
      case "bit" -> pick("10101010", "00000000");
      case "varbit" -> pick("", "1", "0101");
      case "int4range" -> pick("empty", "[1,5)", "(,7]", "(,)");
      case "int8multirange" -> pick("{}", "{[1,3),[5,9)}");
      case "numrange", "floats" -> pick("[0.5,1.5]", "empty", "(,2)");
      case "tstzrange" -> pick("[2026-01-01,2026-02-01)", "empty");
      case "daterange" -> pick("[2026-01-01,2026-02-01]", "(,)");
      case "tsvector" -> pick("", "'a':1A 'b':2,3");
      case "tsquery" -> pick("", "a & !b", "'x y' <-> z");
      case "pg_lsn" -> pick("0/0", "16/B374D848");
      case "regtype" -> pick("integer", "text[]");
      case "mood" -> pick("sad", "ok", "happy");
      case "level" -> pick("low", "High one");
      case "pair" -> pick("(1,x)", "(,)", "(7,\"a,b\")");
      case "nested" -> pick("(\"(1,x)\",{sad,ok})", "(,)");
      default -> throw new IllegalArgumentException("no values of type " + type);
    };
  }

  private static String inArray(String element) {
    return '"' + element.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
