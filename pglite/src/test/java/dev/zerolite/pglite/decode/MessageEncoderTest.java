package dev.zerolite.pglite.decode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What the encoder writes, read back by the manual's "Logical Replication Message Formats". */
class MessageEncoderTest {
  private final MessageEncoder encoder = new MessageEncoder();

  /** A column of a tuple, as its kind and its bytes. */
  record Column(char kind, byte[] value) {
    String text() {
      return kind + ":" + new String(value, UTF_8);
    }
  }

  @Property
  void begin(@ForAll long lsn, @ForAll long time, @ForAll int xid) {
    encoder.begin(lsn, time, xid);
    ByteBuffer message = message('B', 20);
    assertThat(message.getLong()).isEqualTo(lsn);
    assertThat(message.getLong()).isEqualTo(time);
    assertThat(message.getInt()).isEqualTo(xid);
  }

  @Property
  void commit(@ForAll long lsn, @ForAll long end, @ForAll long time) {
    encoder.commit(lsn, end, time);
    ByteBuffer message = message('C', 25);
    assertThat(message.get()).isZero();
    assertThat(message.getLong()).isEqualTo(lsn);
    assertThat(message.getLong()).isEqualTo(end);
    assertThat(message.getLong()).isEqualTo(time);
  }

  @Property
  void twoPhase(@ForAll long lsn, @ForAll long end, @ForAll long time, @ForAll int xid) {
    for (char type : new char[] {'P', 'K', 'p'}) {
      encoder.prepared(type, lsn, end, time, xid, bytes("gid"));
      ByteBuffer message = message(type, 33);
      assertThat(message.get()).isZero();
      assertThat(message.getLong()).isEqualTo(lsn);
      assertThat(message.getLong()).isEqualTo(end);
      assertThat(message.getLong()).isEqualTo(time);
      assertThat(message.getInt()).isEqualTo(xid);
      assertThat(string(message)).isEqualTo("gid");
    }
    encoder.rollbackPrepared(lsn, end, time, ~time, xid, bytes("gid"));
    ByteBuffer rollback = message('r', 41);
    assertThat(rollback.get()).isZero();
    assertThat(rollback.getLong()).isEqualTo(lsn);
    assertThat(rollback.getLong()).isEqualTo(end);
    assertThat(rollback.getLong()).isEqualTo(time);
    assertThat(rollback.getLong()).isEqualTo(~time);
    assertThat(rollback.getInt()).isEqualTo(xid);
    assertThat(string(rollback)).isEqualTo("gid");
  }

  @Property
  void message(
      @ForAll boolean transactional,
      @ForAll long lsn,
      @ForAll("names") String prefix,
      @ForAll byte[] content,
      @ForAll int xid) {
    encoder.message(xid, transactional, lsn, bytes(prefix), content, 0, content.length);
    ByteBuffer message = message('M');
    assertStreamXid(message, xid);
    assertThat(message.get()).isEqualTo((byte) (transactional ? 1 : 0));
    assertThat(message.getLong()).isEqualTo(lsn);
    assertThat(string(message)).isEqualTo(prefix);
    assertThat(counted(message)).isEqualTo(content);
    assertThat(message.hasRemaining()).isFalse();
  }

  @Property
  void relation(
      @ForAll int oid,
      @ForAll("names") String namespace,
      @ForAll("names") String name,
      @ForAll List<Boolean> keys) {
    encoder.relation(0, oid, bytes(namespace), bytes(name), 'd', keys.size());
    for (int i = 0; i < keys.size(); i++) {
      encoder.relationColumn(keys.get(i), bytes("c" + i), oid + i, -i);
    }
    ByteBuffer message = message('R');
    assertThat(message.getInt()).isEqualTo(oid);
    assertThat(string(message)).isEqualTo(namespace);
    assertThat(string(message)).isEqualTo(name);
    assertThat((char) message.get()).isEqualTo('d');
    assertThat(message.getShort()).isEqualTo((short) keys.size());
    for (int i = 0; i < keys.size(); i++) {
      assertThat(message.get()).isEqualTo((byte) (keys.get(i) ? 1 : 0));
      assertThat(string(message)).isEqualTo("c" + i);
      assertThat(message.getInt()).isEqualTo(oid + i);
      assertThat(message.getInt()).isEqualTo(-i);
    }
    assertThat(message.hasRemaining()).isFalse();
  }

  @Property
  void truncate(
      @ForAll int[] relations, @ForAll boolean cascade, @ForAll boolean restart, @ForAll int xid) {
    encoder.truncate(xid, cascade, restart, relations);
    ByteBuffer message = message('T');
    assertStreamXid(message, xid);
    assertThat(message.getInt()).isEqualTo(relations.length);
    assertThat(message.get()).isEqualTo((byte) ((cascade ? 1 : 0) + (restart ? 2 : 0)));
    for (int relation : relations) {
      assertThat(message.getInt()).isEqualTo(relation);
    }
    assertThat(message.hasRemaining()).isFalse();
  }

  @Property
  void tuples(
      @ForAll("columns") List<Column> oldRow,
      @ForAll("columns") List<Column> newRow,
      @ForAll int relation,
      @ForAll int xid) {
    encoder.update(xid, relation);
    write('K', oldRow);
    write('N', newRow);
    ByteBuffer message = message('U');
    assertStreamXid(message, xid);
    assertThat(message.getInt()).isEqualTo(relation);
    assertTuple(message, 'K', oldRow);
    assertTuple(message, 'N', newRow);
    assertThat(message.hasRemaining()).isFalse();
  }

  @Property
  void integersAsText(@ForAll long value) {
    assertThat(integer(value)).isEqualTo(Long.toString(value));
  }

  @Example
  void integersAtTheBounds() {
    long[] values = {
      0, -1, 9, 10, -10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1
    };
    for (long value : values) {
      assertThat(integer(value)).isEqualTo(Long.toString(value));
    }
    for (long power = 1; power < 1_000_000_000_000_000_000L; power *= 10) {
      assertThat(integer(power)).isEqualTo(Long.toString(power));
      assertThat(integer(power - 1)).isEqualTo(Long.toString(power - 1));
    }
  }

  @Example
  void aMessageThatNobodyTookIsNotMixedWithTheNext() {
    encoder.streamStop();
    assertThatThrownBy(encoder::streamStop).isInstanceOf(IllegalStateException.class);
    encoder.reset();
    encoder.streamStop();
    assertThat(encoder.toByteArray()).containsExactly('E');
  }

  private String integer(long value) {
    encoder.insert(0, 1);
    encoder.tuple('N', 1);
    encoder.textColumn(value);
    ByteBuffer message = message('I');
    message.position(message.position() + 4 + 1 + 2 + 1);
    return new String(counted(message), UTF_8);
  }

  private void write(char kind, List<Column> columns) {
    encoder.tuple(kind, columns.size());
    for (Column column : columns) {
      switch (column.kind()) {
        case 'n' -> encoder.nullColumn();
        case 'u' -> encoder.unchangedColumn();
        case 't' -> encoder.textColumn(column.value(), 0, column.value().length);
        default -> encoder.binaryColumn(column.value(), 0, column.value().length);
      }
    }
  }

  private static void assertTuple(ByteBuffer message, char kind, List<Column> expected) {
    assertThat((char) message.get()).isEqualTo(kind);
    int count = message.getShort();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      char columnKind = (char) message.get();
      boolean empty = columnKind == 'n' || columnKind == 'u';
      columns.add(new Column(columnKind, empty ? new byte[0] : counted(message)));
    }
    assertThat(columns.stream().map(Column::text).toList())
        .isEqualTo(expected.stream().map(Column::text).toList());
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().excludeChars('\0').ofMaxLength(63).filter(this::isEncodable);
  }

  private boolean isEncodable(String text) {
    return new String(bytes(text), UTF_8).equals(text);
  }

  @Provide
  Arbitrary<List<Column>> columns() {
    Arbitrary<Column> empty = Arbitraries.of('n', 'u').map(kind -> new Column(kind, new byte[0]));
    Arbitrary<Column> filled =
        Combinators.combine(Arbitraries.of('t', 'b'), Arbitraries.strings().ofMaxLength(5000))
            .as((kind, value) -> new Column(kind, bytes(value)));
    return Arbitraries.oneOf(empty, filled).list().ofMaxSize(20);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private ByteBuffer message(char type, int fixedLength) {
    ByteBuffer message = message(type);
    assertThat(message.remaining()).isGreaterThanOrEqualTo(fixedLength);
    return message;
  }

  private ByteBuffer message(char type) {
    ByteBuffer message = ByteBuffer.wrap(encoder.toByteArray());
    encoder.reset();
    assertThat((char) message.get()).isEqualTo(type);
    return message;
  }

  private static void assertStreamXid(ByteBuffer message, int xid) {
    if (xid != 0) {
      assertThat(message.getInt()).isEqualTo(xid);
    }
  }

  private static String string(ByteBuffer message) {
    int start = message.position();
    while (message.get() != 0) {
      // to the end of the string
    }
    return new String(message.array(), start, message.position() - 1 - start, UTF_8);
  }

  private static byte[] counted(ByteBuffer message) {
    byte[] value = new byte[message.getInt()];
    message.get(value);
    return value;
  }
}
