package dev.zerolite.process;

/** A program that we need is not on this machine; the message says what to install. */
public final class MissingProgramException extends Exception {
  public MissingProgramException(String message) {
    super(message);
  }
}
