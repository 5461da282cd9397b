package dev.zerolite.config;

/**
 * A setting is missing, unknown or impossible; the message says where it stands and what would do.
 */
public final class ConfigException extends Exception {
  public ConfigException(String message) {
    super(message);
  }
}
