package io.weirkeeper.cluster;

import io.weirkeeper.store.Guard;
import java.util.List;

/**
 * Hears what this node gained and lost. Called on the session's context, one call at a time, in
 * order.
 */
public interface OwnershipListener {

  /** Why a session ended. */
  enum End {
    /** Another node fenced this incarnation, or its row is gone. */
    FENCED,
    /** The database is another one, or another history of it, than before (SAFETY rule 3). */
    TIMELINE_CHANGED
  }

  /**
   * Shards were claimed; the claims are committed, so the rows may be loaded now.
   *
   * @param guards their guards, in order of shard
   */
  void gained(List<Guard> guards);

  /**
   * Shards are no longer this node's: drop their pipelines from memory and write nothing more.
   *
   * @param guards the guards they had
   */
  void lost(List<Guard> guards);

  /**
   * This incarnation is over; {@link #lost} was called before for all its shards. It never claims
   * again: the node has to start anew with another incarnation.
   */
  void ended(End why);
}
