package dev.zerolite.config;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The app's own server, started once the database is ready.
 *
 * @param command what a shell runs in the app's directory
 * @param port where it will listen, given to it as {@code PORT}; start waits until it does
 * @param url what to show the user; {@code http://localhost:port} if absent
 * @param environment variables besides those that zerolite sets
 */
public record AppCommand(
    String command, OptionalInt port, Optional<String> url, Map<String, String> environment) {
  public AppCommand {
    requireNonNull(port);
    environment = Map.copyOf(environment);
    if (requireNonNull(command).isBlank()) {
      throw new IllegalArgumentException("the app's command is empty");
    }
    if (url.isEmpty() && port.isPresent()) {
      url = Optional.of("http://localhost:" + port.getAsInt());
    }
  }
}
