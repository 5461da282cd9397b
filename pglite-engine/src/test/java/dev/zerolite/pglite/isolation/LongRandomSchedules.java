package dev.zerolite.pglite.isolation;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Many more random schedules; takes most of an hour, so its name keeps it out of the normal run:
 * {@code mvn -pl pglite-engine test -Dtest=LongRandomSchedules}.
 */
class LongRandomSchedules extends RandomSchedulesTest {
  @Override
  @Property(tries = 1000, shrinking = ShrinkingMode.BOUNDED)
  void sameAsNative(@ForAll("schedules") Schedule schedule) throws Exception {
    super.sameAsNative(schedule);
  }
}
