package dev.zerolite.pglite.isolation;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Many more random schedules; takes about 20 minutes, so its name keeps it out of the normal run:
 * {@code mvn -pl pglite-engine -am test -Dtest=LongRandomSchedules
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class LongRandomSchedules extends RandomSchedulesTest {
  @Override
  @Property(tries = 300, shrinking = ShrinkingMode.BOUNDED)
  void sameAsNative(@ForAll("schedules") Schedule schedule) throws Exception {
    super.sameAsNative(schedule);
  }
}
