package dev.zerolite.cli;

import dev.zerolite.ZeroLiteException;

/** The command's exit codes; {@code zerolite start --help} lists them. */
final class ExitCode {
  static final int OK = 0;
  static final int UNEXPECTED = 1;
  static final int USAGE = 2;
  static final int ENVIRONMENT = 3;
  static final int PORT_IN_USE = 4;
  static final int DATABASE = 5;
  static final int MIGRATION = 6;
  static final int ZERO_CACHE = 7;
  static final int APP = 8;

  /** The user said no; also what an unexpected error exits with, since both did nothing. */
  static final int DECLINED = 1;

  private ExitCode() {}

  static int of(ZeroLiteException.Reason reason) {
    return switch (reason) {
      case ENVIRONMENT -> ENVIRONMENT;
      case PORT_IN_USE -> PORT_IN_USE;
      case DATABASE -> DATABASE;
      case MIGRATION -> MIGRATION;
      case ZERO_CACHE -> ZERO_CACHE;
      case APP -> APP;
    };
  }
}
