package dev.zerolite.pglite.regress;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.testing.WireClient.Column;
import dev.zerolite.pglite.testing.WireClient.Message;
import dev.zerolite.pglite.testing.WireClient.Report;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a server sent in answer to one statement, one line for each message, so that two servers'
 * answers can be compared and shown.
 */
record Answer(List<Line> lines) {
  /** What a line stands for, which is also how differences are counted. */
  enum Kind {
    COLUMNS,
    ROW,
    COPY_ROW,
    TAG,
    ERROR,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    STATUS,
    /** The session ended, or had to be given up. */
    ENDED,
    OTHER
  }

  record Line(Kind kind, String text) {
    @Override
    public String toString() {
      return kind.name().toLowerCase(java.util.Locale.ROOT) + " " + text;
    }
  }

  /**
   * FirstUnpinnedObjectId (transam.h): what is below is built in and equal everywhere; from here on
   * initdb numbers the information schema, behind as many collations as the platform has.
   */
  private static final int FIRST_UNPINNED_OBJECT_ID = 12000;

  /**
   * Of an ErrorResponse, all but file, line and routine of the source, and the translated severity.
   */
  private static final String COMPARED_FIELDS = "VCMDHPpqWstcdn";

  static Answer of(List<Message> messages, boolean binary) {
    List<Line> lines = new ArrayList<>();
    List<Column> columns = List.of();
    for (Message message : messages) {
      if (message instanceof Message.Columns description) {
        columns = description.columns();
        lines.add(new Line(Kind.COLUMNS, describe(columns)));
      } else if (message instanceof Message.Row row) {
        lines.add(new Line(Kind.ROW, values(row.columns(), columns, binary)));
      } else {
        lines.add(line(message));
      }
    }
    return new Answer(lines);
  }

  static Answer ended(String reason) {
    return new Answer(List.of(new Line(Kind.ENDED, reason)));
  }

  private static Line line(Message message) {
    if (message instanceof Message.Complete complete) {
      return new Line(Kind.TAG, complete.tag());
    } else if (message instanceof Message.Failure failure) {
      return new Line(Kind.ERROR, describe(failure.report()));
    } else if (message instanceof Message.Notice notice) {
      return new Line(Kind.NOTICE, describe(notice.report()));
    } else if (message instanceof Message.Notification notification) {
      return new Line(Kind.NOTIFICATION, notification.channel() + " " + notification.payload());
    } else if (message instanceof Message.Parameter parameter) {
      return new Line(Kind.PARAMETER, parameter.name() + "=" + parameter.value());
    } else if (message instanceof Message.CopyData data) {
      return new Line(Kind.COPY_ROW, text(data.data()));
    } else if (message instanceof Message.Ready ready) {
      return new Line(Kind.STATUS, String.valueOf(ready.transactionStatus()));
    } else if (message instanceof Message.Ended) {
      return new Line(Kind.ENDED, "the session has ended");
    } else {
      return new Line(Kind.OTHER, message.toString());
    }
  }

  private static String describe(List<Column> columns) {
    return columns.stream()
        .map(
            column ->
                "%s %s(%d)%s%s"
                    .formatted(
                        column.name(),
                        objectId(column.type()),
                        column.modifier(),
                        column.size(),
                        column.table() == 0
                            ? ""
                            : " of " + objectId(column.table()) + "." + column.number()))
        .collect(Collectors.joining(" | "));
  }

  private static String objectId(int oid) {
    return Integer.compareUnsigned(oid, FIRST_UNPINNED_OBJECT_ID) < 0
        ? String.valueOf(oid)
        : "user";
  }

  private static String values(List<byte[]> values, List<Column> columns, boolean binary) {
    StringBuilder row = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      byte[] value = values.get(i);
      row.append(i == 0 ? "" : " | ");
      int type = i < columns.size() ? columns.get(i).type() : 0;
      if (value == null) {
        row.append("NULL");
      } else if (binary) {
        row.append(binary(type, value));
      } else {
        row.append(Normalization.markType(type, text(value)));
      }
    }
    return row.toString();
  }

  private static String binary(int type, byte[] value) {
    return Normalization.isNumbering(type) && value.length == Integer.BYTES
        ? Normalization.markType(type, Integer.toUnsignedString(ByteBuffer.wrap(value).getInt()))
        : HexFormat.of().formatHex(value);
  }

  private static String describe(Report report) {
    StringBuilder text = new StringBuilder();
    for (char field : COMPARED_FIELDS.toCharArray()) {
      String value = report.fields().get(field);
      if (value != null) {
        text.append(text.isEmpty() ? "" : "; ")
            .append(field == 'M' ? "" : field + ":")
            .append(value);
      }
    }
    return text.toString();
  }

  /** UTF-8, or hexadecimal digits if it is not. */
  private static String text(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "\\x" + HexFormat.of().formatHex(bytes);
    }
  }

  boolean hasEnded() {
    return lines.stream().anyMatch(line -> line.kind() == Kind.ENDED);
  }

  boolean has(Kind kind) {
    return lines.stream().anyMatch(line -> line.kind() == kind);
  }

  @Override
  public String toString() {
    return lines.stream().map(line -> "    " + line + "\n").collect(Collectors.joining());
  }
}
