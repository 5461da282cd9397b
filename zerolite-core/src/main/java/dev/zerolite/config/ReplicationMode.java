package dev.zerolite.config;

import java.util.Locale;

/** How replication connections get the changes. */
public enum ReplicationMode {
  /** Decoding, unless it fails its test when PostgreSQL starts; then triggers. */
  AUTO,
  /** PostgreSQL's logical decoding of the WAL, whatever the test would say. */
  DECODING,
  /** A table of changes that triggers fill; docs/replication.md says what is lost with it. */
  TRIGGERS;

  /**
   * As the command line and zerolite.yaml spell it.
   *
   * @throws ConfigException if there is no such mode
   */
  public static ReplicationMode parse(String text) throws ConfigException {
    for (ReplicationMode mode : values()) {
      if (mode.toString().equals(text)) {
        return mode;
      }
    }
    throw new ConfigException(
        "replication: '%s' is not known; use auto, decoding or triggers".formatted(text));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
