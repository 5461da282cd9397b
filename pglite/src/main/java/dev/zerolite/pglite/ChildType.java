package dev.zerolite.pglite;

/**
 * The kinds of processes that a postmaster starts, with their numbers in PostgreSQL 18's {@code
 * enum BackendType} (miscadmin.h), by which {@code child_process_kinds} (launch_backend.c) lists
 * their main functions.
 */
enum ChildType {
  BACKEND(1, "client backend"),
  AUTOVAC_LAUNCHER(3, "autovacuum launcher"),
  AUTOVAC_WORKER(4, "autovacuum worker"),
  BG_WRITER(10, "background writer"),
  CHECKPOINTER(11, "checkpointer"),
  STARTUP(13, "startup"),
  WAL_WRITER(16, "walwriter");

  /** What a client backend turns into when its client asks for replication. */
  static final int B_WAL_SENDER = 6;

  private final int backendType;
  private final String title;

  ChildType(int backendType, String title) {
    this.backendType = backendType;
    this.title = title;
  }

  int backendType() {
    return backendType;
  }

  /** Whether the cluster cannot do its work while there is none. */
  boolean isIndispensable() {
    return this != BACKEND && this != AUTOVAC_WORKER;
  }

  /** Whether no client ever waits for what it does, as it does for a checkpoint. */
  boolean isBackground() {
    return switch (this) {
      case AUTOVAC_LAUNCHER, AUTOVAC_WORKER, BG_WRITER, WAL_WRITER -> true;
      case BACKEND, CHECKPOINTER, STARTUP -> false;
    };
  }

  /** As pg_stat_activity.backend_type has it. */
  String title() {
    return title;
  }
}
