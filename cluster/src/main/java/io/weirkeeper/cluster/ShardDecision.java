package io.weirkeeper.cluster;

import io.weirkeeper.store.Guard;
import io.weirkeeper.store.NodeRow;
import io.weirkeeper.store.SessionPoll;
import io.weirkeeper.store.ShardRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What to do after a poll: a function of the polled rows and of what this node holds.
 *
 * @param lost guards that hold no more
 * @param claim shards to claim, in order of id
 */
record ShardDecision(List<Guard> lost, List<Integer> claim) {

  /**
   * Decides.
   *
   * @param self this incarnation
   * @param held this node's guards by shard
   */
  static ShardDecision after(SessionPoll poll, UUID self, Map<Integer, Guard> held) {
    Set<UUID> live = new HashSet<>();
    for (NodeRow node : poll.nodes()) {
      if (!node.fenced()) {
        live.add(node.incarnation());
      }
    }
    boolean draining =
        poll.nodes().stream().anyMatch(node -> node.incarnation().equals(self) && node.draining());
    List<Guard> lost = new ArrayList<>();
    List<Integer> claim = new ArrayList<>();
    for (ShardRow row : poll.shards()) {
      Guard guard = held.get(row.id());
      if (guard != null && isLost(guard, row)) {
        lost.add(guard);
        guard = null;
      }
      // One node takes every shard that it may have. Placement among several is not decided yet.
      if (guard == null && !draining && isClaimable(row, self, live)) {
        claim.add(row.id());
      }
    }
    return new ShardDecision(lost, claim);
  }

  /** A lower epoch than the held one means that the poll is older than the claim. */
  private static boolean isLost(Guard guard, ShardRow row) {
    return row.epoch() > guard.epoch()
        || (row.epoch() == guard.epoch() && !guard.owner().equals(row.owner()));
  }

  /** The same conditions as the claim itself has; the claim decides, this only spares attempts. */
  private static boolean isClaimable(ShardRow row, UUID self, Set<UUID> live) {
    return row.owner() == null
        || row.owner().equals(self)
        || self.equals(row.handoffTo())
        || !live.contains(row.owner());
  }
}
