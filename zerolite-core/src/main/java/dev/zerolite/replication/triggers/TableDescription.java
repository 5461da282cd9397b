package dev.zerolite.replication.triggers;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What was true of a table when its triggers were made.
 *
 * @param columns all of its columns, in the order of a row's values
 * @param publications which publish it; those that publish it as a part of another table first
 */
record TableDescription(
    @JsonProperty("columns") List<String> columns,
    @JsonProperty("publications") List<Published> publications) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param name the publication
   * @param filtered whether it has a WHERE clause
   * @param oid the table that the rows are said to be of
   * @param identity pg_class.relreplident
   */
  record Published(
      @JsonProperty("name") String name,
      @JsonProperty("insert") boolean insert,
      @JsonProperty("update") boolean update,
      @JsonProperty("delete") boolean delete,
      @JsonProperty("truncate") boolean truncate,
      @JsonProperty("filtered") boolean filtered,
      @JsonProperty("oid") long oid,
      @JsonProperty("schema") String schema,
      @JsonProperty("table") String table,
      @JsonProperty("identity") String identity,
      @JsonProperty("columns") List<Column> columns) {

    boolean publishes(char kind) {
      return switch (kind) {
        case 'I' -> insert;
        case 'U' -> update;
        case 'D' -> delete;
        default -> truncate;
      };
    }
  }

  /**
   * @param key whether it is part of the replica identity
   */
  record Column(
      @JsonProperty("name") String name,
      @JsonProperty("type") long type,
      @JsonProperty("typmod") int typmod,
      @JsonProperty("key") boolean key) {}

  static TableDescription parse(String json) {
    try {
      return JSON.readValue(json, TableDescription.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not a description of a table: " + json, e);
    }
  }

  /**
   * How a stream of these publications shows a change.
   *
   * @param kind I, U, D or T
   */
  Optional<Published> published(Set<String> publications, char kind) throws ReplicationException {
    Optional<Published> first = Optional.empty();
    for (Published published : this.publications) {
      if (publications.contains(published.name()) && published.publishes(kind)) {
        if (published.filtered()) {
          throw new ReplicationException(
              "0A000",
              "publication \"%s\" has a row filter for table \"%s\", which replication by triggers cannot apply: drop the filter, or start with --replication=decoding"
                  .formatted(published.name(), published.table()));
        }
        first = first.isPresent() ? first : Optional.of(published);
      }
    }
    return first;
  }
}
