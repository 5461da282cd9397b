package dev.zerolite.wire;

import java.io.IOException;

/** How an {@link Authenticator} talks to the client. */
public interface AuthenticationExchange {
  /** Sends AuthenticationCleartextPassword and waits for the answer's body. */
  byte[] askForPassword() throws ConnectionRefusedException, IOException;

  /** Sends AuthenticationSASL with that one mechanism and waits for SASLInitialResponse's body. */
  byte[] offerSasl(String mechanism) throws ConnectionRefusedException, IOException;

  /** Sends AuthenticationSASLContinue and waits for SASLResponse's body. */
  byte[] continueSasl(byte[] challenge) throws ConnectionRefusedException, IOException;

  /** Sends AuthenticationSASLFinal. */
  void finishSasl(byte[] outcome) throws IOException;
}
