package dev.zerolite.pglite;

/** Who asks for the interpreter lock. */
interface Contender {
  /** A visitor, who does something short. */
  Contender VISITOR =
      new Contender() {
        @Override
        public void sliceEnded() {
          // it is over soon
        }

        @Override
        public void makeWay() {
          // it is over soon
        }

        @Override
        public boolean isPatient() {
          return false;
        }

        @Override
        public boolean isBackground() {
          return false;
        }
      };

  /** It has run for a time slice. */
  void sliceEnded();

  /** Others, who go before it, want to run. */
  void makeWay();

  /** Whether it goes on behind those whose clients wait. Asked by its own thread. */
  boolean isPatient();

  /** Whether nobody waits for what it does, so that who is patient need not stand back for it. */
  boolean isBackground();
}
