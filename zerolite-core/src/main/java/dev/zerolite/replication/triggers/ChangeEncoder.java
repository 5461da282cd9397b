package dev.zerolite.replication.triggers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.decode.MessageEncoder;
import dev.zerolite.replication.triggers.ChangeLog.Change;
import dev.zerolite.replication.triggers.ChangeLog.Transaction;
import dev.zerolite.replication.triggers.TableDescription.Column;
import dev.zerolite.replication.triggers.TableDescription.Published;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Changes as pgoutput's messages, for one stream. */
final class ChangeEncoder {
  private final Set<String> publications;
  private final MessageEncoder message = new MessageEncoder();

  /** What the consumer was last told of each table. */
  private final Map<Long, Published> told = new HashMap<>();

  ChangeEncoder(Set<String> publications) {
    this.publications = publications;
  }

  byte[] begin(Transaction transaction) {
    message.begin(transaction.lsn(), transaction.commitTime(), (int) transaction.xid());
    return taken();
  }

  /**
   * @param end the next possible position
   */
  byte[] commit(Transaction transaction, long end) {
    message.commit(transaction.lsn(), end, transaction.commitTime());
    return taken();
  }

  byte[] message(Change change, long lsn) {
    message.message(
        0,
        change.kind() == 'M',
        lsn,
        change.oldText().getBytes(UTF_8),
        change.content(),
        0,
        change.content().length);
    return taken();
  }

  /** No message if it is not published, else the change's, after the table's if that is news. */
  List<byte[]> change(Change change, TableDescription table) throws ReplicationException {
    Optional<Published> published = table.published(publications, change.kind());
    if (published.isEmpty()) {
      return List.of();
    }
    Published as = published.get();
    List<byte[]> messages = new ArrayList<>();
    if (!as.equals(told.put(as.oid(), as))) {
      messages.add(relation(as));
    }
    int oid = (int) as.oid();
    switch (change.kind()) {
      case 'I' -> {
        message.insert(0, oid);
        tuple('N', as, values(table, change.newText()), false);
      }
      case 'U' -> {
        message.update(0, oid);
        Map<String, String> before = values(table, change.oldText());
        Map<String, String> after = values(table, change.newText());
        if (as.identity().equals("f")) {
          tuple('O', as, before, false);
        } else if (keyDiffers(as, before, after)) {
          tuple('K', as, before, true);
        }
        tuple('N', as, after, false);
      }
      case 'D' -> {
        message.delete(0, oid);
        boolean full = as.identity().equals("f");
        tuple(full ? 'O' : 'K', as, values(table, change.oldText()), !full);
      }
      default -> message.truncate(0, false, false, new int[] {oid});
    }
    messages.add(taken());
    return messages;
  }

  private byte[] relation(Published as) {
    message.relation(
        0,
        (int) as.oid(),
        as.schema().getBytes(UTF_8),
        as.table().getBytes(UTF_8),
        as.identity().charAt(0),
        as.columns().size());
    for (Column column : as.columns()) {
      message.relationColumn(
          column.key(), column.name().getBytes(UTF_8), (int) column.type(), column.typmod());
    }
    return taken();
  }

  private void tuple(char kind, Published as, Map<String, String> values, boolean keyOnly) {
    message.tuple(kind, as.columns().size());
    for (Column column : as.columns()) {
      String value = keyOnly && !column.key() ? null : values.get(column.name());
      if (value == null) {
        message.nullColumn();
      } else {
        byte[] text = value.getBytes(UTF_8);
        message.textColumn(text, 0, text.length);
      }
    }
  }

  private static boolean keyDiffers(
      Published as, Map<String, String> before, Map<String, String> after) {
    return as.columns().stream()
        .filter(Column::key)
        .anyMatch(column -> !Objects.equals(before.get(column.name()), after.get(column.name())));
  }

  private static Map<String, String> values(TableDescription table, String row) {
    List<String> values = RecordText.values(row);
    Map<String, String> byName = new HashMap<>();
    for (int i = 0; i < table.columns().size(); i++) {
      byName.put(table.columns().get(i), values.get(i));
    }
    return byName;
  }

  private byte[] taken() {
    byte[] bytes = message.toByteArray();
    message.reset();
    return bytes;
  }
}
