package dev.zerolite.pglite;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Who of those that wait runs next: first come, first served; but those who are {@link Patience
 * patient} wait beside that line until they are due, or nobody has been in it for a while. Guarded
 * by the monitor of the lock, which tells the time.
 *
 * @param <T> one that waits
 */
final class Turns<T> {
  private record Patient<T>(T who, Patience patience) {}

  private final Predicate<T> background;
  private final ArrayDeque<T> line = new ArrayDeque<>();
  private final List<Patient<T>> patients = new ArrayList<>();

  /**
   * @param background who is in the line, but does nothing that somebody waits for
   */
  Turns(Predicate<T> background) {
    this.background = background;
  }

  /** Adds one to the end of the line. */
  void add(T who) {
    line.add(who);
  }

  void addPatient(T who, Patience patience, long now) {
    if (patience.isDue(now)) {
      line.add(who);
    } else {
      patients.add(new Patient<>(who, patience));
    }
  }

  void remove(T who) {
    line.remove(who);
    patients.removeIf(patient -> patient.who() == who);
  }

  /**
   * Takes the one whose turn it is.
   *
   * @param quiet whether nobody has run for a while who serves a client
   */
  Optional<T> next(long now, boolean quiet) {
    Optional<Patient<T>> patient =
        patients.stream().min(Comparator.comparingLong(p -> p.patience().due() - now));
    if (patient.isPresent() && (quiet && !hasClients() || patient.get().patience().isDue(now))) {
      patients.remove(patient.get());
      return patient.map(Patient::who);
    }
    return Optional.ofNullable(line.poll());
  }

  /** Takes the first of those for whom this holds, whether in the line or beside it. */
  Optional<T> take(Predicate<T> which) {
    Optional<T> found = all().stream().filter(which).findFirst();
    found.ifPresent(this::remove);
    return found;
  }

  /** Whether somebody is in the line. */
  boolean hasLine() {
    return !line.isEmpty();
  }

  /** Whether somebody is in the line who serves a client. */
  boolean hasClients() {
    for (T who : line) { // asked for at each hand-over
      if (!background.test(who)) {
        return true;
      }
    }
    return false;
  }

  /** When the first of those beside the line is due; {@link Long#MAX_VALUE} if nobody is there. */
  long firstDue(long now) {
    if (patients.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long left = Long.MAX_VALUE;
    for (Patient<T> patient : patients) {
      left = Math.min(left, patient.patience().due() - now);
    }
    return now + left;
  }

  List<T> all() {
    List<T> all = new ArrayList<>(line);
    patients.forEach(patient -> all.add(patient.who()));
    return all;
  }
}
