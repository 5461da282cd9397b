package dev.zerolite.zerocache;

/** zero-cache cannot be found, installed or started; the message says what to do. */
public final class ZeroCacheException extends Exception {
  public ZeroCacheException(String message) {
    super(message);
  }
}
