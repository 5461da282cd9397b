package dev.zerolite.e2e;

import dev.zerolite.config.ReplicationMode;

/**
 * The same scenarios with changes captured by triggers. Runs when it is named: {@code
 * -Dtest=TriggerReplicationEndToEnd}.
 */
final class TriggerReplicationEndToEnd extends ZeroLiteEndToEndTest {
  @Override
  ReplicationMode replication() {
    return ReplicationMode.TRIGGERS;
  }
}
