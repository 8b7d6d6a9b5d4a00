package io.weirkeeper.store;

import java.util.List;

/**
 * What a renewal saw, all of one snapshot.
 *
 * @param renewed whether the session was renewed; false when this incarnation is fenced or unknown
 * @param nodes all nodes that are not fenced, and the owners of shards
 * @param shards all shards in order of id
 * @param timeline history of the database that answered
 */
public record SessionPoll(
    boolean renewed, List<NodeRow> nodes, List<ShardRow> shards, Timeline timeline) {

  /** Copies the lists. */
  public SessionPoll {
    nodes = List.copyOf(nodes);
    shards = List.copyOf(shards);
  }
}
