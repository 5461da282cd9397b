package dev.zerolite.replication.triggers;

import java.util.Set;

/**
 * START_REPLICATION … LOGICAL.
 *
 * @param messages whether logical messages are wanted
 */
record StartReplication(String slot, long from, Set<String> publications, boolean messages) {
  StartReplication {
    publications = Set.copyOf(publications);
  }
}
