package dev.zerolite.pglite;

/** How clients on TCP connections prove who they are: a method of pg_hba.conf. */
public enum Authentication {
  /** Everyone is believed. */
  TRUST("trust"),
  /** The password in clear text. */
  PASSWORD("password"),
  /** MD5 for roles whose password is stored so, SCRAM for others. */
  MD5("md5"),
  /** PostgreSQL's default: the password never crosses the connection. */
  SCRAM_SHA_256("scram-sha-256");

  private final String method;

  Authentication(String method) {
    this.method = method;
  }

  /**
   * The method of that name in pg_hba.conf.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static Authentication of(String method) {
    for (Authentication each : values()) {
      if (each.method.equals(method)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "'%s' is not a method here; use scram-sha-256, md5, password or trust".formatted(method));
  }

  /** The method's name in pg_hba.conf. */
  public String method() {
    return method;
  }
}
