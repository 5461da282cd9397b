package dev.zerolite.s3.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** Listings of files against a plain sorted set of the same keys. */
class ListingTest {
  @Property(tries = 150)
  void pagesAreWhatASortedSetSays(
      @ForAll("keySets") Set<String> keys,
      @ForAll("prefixes") String prefix,
      @ForAll("delimiters") String delimiter,
      @ForAll @IntRange(min = 1, max = 4) int limit)
      throws Exception {
    try (var memory = Jimfs.newFileSystem(Configuration.unix())) {
      var store = new FileStore(memory.getPath("/s3"));
      store.createContainer("bucket");
      for (var key : keys) {
        var put = PutObjectRequest.builder().bucket("bucket").key(key).build();
        store.putBlob(put, new ByteArrayInputStream(key.getBytes(StandardCharsets.UTF_8)));
      }

      var listed = new ArrayList<String>();
      String token = null;
      do {
        var page =
            store.list(
                ListObjectsV2Request.builder()
                    .bucket("bucket")
                    .prefix(prefix)
                    .delimiter(delimiter)
                    .maxKeys(limit)
                    .continuationToken(token)
                    .build());
        assertThat(page.contents().size() + page.commonPrefixes().size())
            .isLessThanOrEqualTo(limit);
        var names = new TreeSet<>(Listing.ORDER);
        page.contents().forEach(object -> names.add(object.key()));
        page.commonPrefixes().forEach(common -> names.add(common.prefix()));
        listed.addAll(names);
        token = page.nextContinuationToken();
      } while (token != null);

      assertThat(listed).isEqualTo(expected(keys, prefix, delimiter));
    }
  }

  private static List<String> expected(Set<String> keys, String prefix, String delimiter) {
    var names = new TreeSet<String>(ListingTest::compareBytes);
    for (var key : keys) {
      if (key.startsWith(prefix)) {
        int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
        names.add(end < 0 ? key : key.substring(0, end + delimiter.length()));
      }
    }
    return List.copyOf(names);
  }

  private static int compareBytes(String one, String other) {
    return Arrays.compareUnsigned(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<Set<String>> keySets() {
    var part =
        Arbitraries.of("a", "b", "a-", "a.b", "..", "%", "ab", "x".repeat(250), "🐈", "\uE000");
    return Arbitraries.oneOf(part, Arbitraries.just("/"))
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> String.join("", parts))
        .set()
        .ofMinSize(1)
        .ofMaxSize(10);
  }

  @Provide
  Arbitrary<String> prefixes() {
    return Arbitraries.of("", "a", "a/", "a/b", "/", "x", "b/", "..");
  }

  @Provide
  Arbitrary<String> delimiters() {
    return Arbitraries.of("", "/", "-", "b");
  }
}
