package io.weirkeeper.cluster;

import io.weirkeeper.store.NodeRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Finds nodes whose renewal counter stood still for a session length of this node's own monotonic
 * time. A gap between polls starts the wait anew: a node that slept must not hold its own sleep
 * against others (SAFETY rule 8).
 */
final class StalledNodes {
  private record Seen(long renewals, long sinceNanos) {}

  private final long sessionNanos;
  private final long gapNanos;
  private final Map<UUID, Seen> seen = new HashMap<>();
  private long lastPollNanos;
  private boolean polled;

  /**
   * Creates it.
   *
   * @param sessionLength how long a counter has to stand still
   * @param longestGap between polls
   */
  StalledNodes(Duration sessionLength, Duration longestGap) {
    this.sessionNanos = sessionLength.toNanos();
    this.gapNanos = longestGap.toNanos();
  }

  /**
   * Takes a poll.
   *
   * @param nowNanos monotonic time when the poll was sent
   * @param nodes polled rows
   * @param self this incarnation, which is never returned
   * @return rows of nodes that may be fenced
   */
  List<NodeRow> after(long nowNanos, List<NodeRow> nodes, UUID self) {
    boolean gap = polled && nowNanos - lastPollNanos > gapNanos;
    polled = true;
    lastPollNanos = nowNanos;
    Map<UUID, Seen> before = new HashMap<>(seen);
    seen.clear();
    List<NodeRow> stalled = new ArrayList<>();
    for (NodeRow node : nodes) {
      if (node.fenced() || node.incarnation().equals(self)) {
        continue;
      }
      Seen earlier = before.get(node.incarnation());
      boolean still = !gap && earlier != null && earlier.renewals() == node.renewals();
      Seen now = still ? earlier : new Seen(node.renewals(), nowNanos);
      seen.put(node.incarnation(), now);
      if (nowNanos - now.sinceNanos() >= sessionNanos) {
        stalled.add(node);
      }
    }
    return stalled;
  }
}
