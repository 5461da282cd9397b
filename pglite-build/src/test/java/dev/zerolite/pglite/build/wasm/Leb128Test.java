package dev.zerolite.pglite.build.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Leb128Test {
  @Property
  void unsignedNumbersComeBack(@ForAll int value) {
    ByteSource in = new ByteSource(new ByteSink().u32(value).toByteArray());
    assertThat(in.u32()).isEqualTo(value);
    assertThat(in.atEnd()).isTrue();
  }

  @Property
  void signedNumbersComeBack(@ForAll long value) {
    ByteSource in = new ByteSource(new ByteSink().s64(value).toByteArray());
    assertThat(in.s64()).isEqualTo(value);
    assertThat(in.atEnd()).isTrue();
  }

  @Property
  void signedNumbersOfHalfTheWidthComeBack(@ForAll int value) {
    assertThat(new ByteSource(new ByteSink().s64(value).toByteArray()).s32()).isEqualTo(value);
  }

  @Property
  void namesComeBack(@ForAll String name) {
    // A lone surrogate has no UTF-8 form.
    String encodable =
        name.codePoints()
            .filter(c -> c < 0xd800 || c > 0xdfff)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    assertThat(new ByteSource(new ByteSink().name(encodable).toByteArray()).name())
        .isEqualTo(encodable);
  }

  @Example
  void numbersOfTheSpecification() {
    // the examples of the DWARF standard, where the encoding comes from
    assertThat(new ByteSink().u32(624485).toByteArray()).containsExactly(0xe5, 0x8e, 0x26);
    assertThat(new ByteSink().s64(-123456).toByteArray()).containsExactly(0xc0, 0xbb, 0x78);
  }

  @Example
  void refusesNumbersThatAreTooLong() {
    byte[] endless = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0};
    assertThatThrownBy(() -> new ByteSource(endless).u32()).isInstanceOf(WasmFormatException.class);
  }

  @Example
  void refusesToReadBeyondTheEnd() {
    assertThatThrownBy(() -> new ByteSource(new byte[] {(byte) 0x80}).u32())
        .isInstanceOf(WasmFormatException.class)
        .hasMessageContaining("end too early");
  }
}
