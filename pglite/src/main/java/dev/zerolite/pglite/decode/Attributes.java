package dev.zerolite.pglite.decode;

/** The FormData_pg_attributes of a TupleDesc. */
final class Attributes {
  private static final int STORED = 's'; // ATTRIBUTE_GENERATED_STORED and PUBLISH_GENCOLS_STORED

  private final Server server;
  private final int count;
  private final int first;

  Attributes(Server server, int descriptor) {
    this.server = server;
    this.count = server.readInt(descriptor + Layouts.DESCRIPTOR_COUNT);
    this.first = descriptor + Layouts.DESCRIPTOR_COMPACT + Layouts.COMPACT_SIZE * count;
  }

  int count() {
    return count;
  }

  int address(int index) {
    return first + Layouts.ATTRIBUTE_SIZE * index;
  }

  int countPublished(int columns, int generated) {
    int published = 0;
    for (int i = 0; i < count; i++) {
      if (isPublished(server, address(i), columns, generated)) {
        published++;
      }
    }
    return published;
  }

  /**
   * logicalrep_should_publish_column of proto.c: what a column list names, or else every column
   * that is not generated, and stored generated ones if the publication says so.
   */
  static boolean isPublished(Server server, int attribute, int columns, int generated) {
    if (server.readByte(attribute + Layouts.ATTRIBUTE_DROPPED) != 0) {
      return false;
    }
    if (columns != 0) {
      return server.isMember(server.readShort(attribute + Layouts.ATTRIBUTE_NUMBER), columns);
    }
    return isPublishedWithoutList(server, attribute, generated);
  }

  /** The same for a column that is not dropped, in a publication without column list. */
  static boolean isPublishedWithoutList(Server server, int attribute, int generated) {
    int kind = server.readByte(attribute + Layouts.ATTRIBUTE_GENERATED);
    return kind == 0 || kind == STORED && generated == STORED;
  }
}
