package dev.zerolite.pglite.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollationKeywordsTest {
  @ParameterizedTest
  @CsvSource({
    "und-u-ks-level2, und@colStrength=secondary",
    "en-US-u-kn, en-US@colNumeric=yes",
    "und-u-kn-true-ks-level1, und@colNumeric=yes;colStrength=primary",
    "de-u-co-phonebk-kf-upper, de@collation=phonebook;colCaseFirst=upper",
    "und-u-ka-shifted-kv-symbol, und@colAlternate=shifted;kv=symbol",
    "und-u-kr-latn-digit-kc-false, und@colReorder=latn-digit;colCaseLevel=no",
    // nothing of collation, or something else too
    "und, und",
    "C.UTF-8, C.UTF-8",
    "@colStrength=primary, @colStrength=primary",
    "th-u-nu-thai, th-u-nu-thai",
    "th-u-ks-level1-nu-thai, th@colStrength=primary",
    "und-u-attribute-ks-level1, und@colStrength=primary",
    "und-u-ks-level1-x-private-kn, und@colStrength=primary",
    "und-u-, und-u-"
  })
  void settingsBecomeKeywords(String tag, String locale) {
    assertThat(CollationKeywords.translate(tag)).isEqualTo(locale);
  }
}
