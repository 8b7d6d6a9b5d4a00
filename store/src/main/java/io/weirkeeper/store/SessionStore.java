package io.weirkeeper.store;

import io.vertx.core.Future;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows of nodes and shards. Each method is one statement. Expiry never frees a shard, only a
 * fence does (SAFETY rule 8).
 */
public interface SessionStore {

  /** Inserts a node's row; drops rows of long fenced nodes that own nothing. */
  Future<Void> register(NodeRegistration node);

  /**
   * Fences every other incarnation of this node's data directory and ends their database sessions.
   * Call it only while holding the lock of the data directory: that is the proof that they are
   * gone.
   *
   * @return number of incarnations fenced
   */
  Future<Integer> fencePredecessors(NodeRegistration self);

  /**
   * Raises the renewal counter unless fenced, and reads nodes and shards; on a connection of its
   * own, so that slow writes cannot starve it.
   */
  Future<SessionPoll> renew(UUID incarnation);

  /**
   * Claims one shard if it is free, this incarnation's, offered to it, or of a fenced owner, and
   * this incarnation is not fenced; raises the epoch. Waits for guarded writes under way, at most
   * for the lock timeout.
   *
   * @return the guard, or empty when the claim was not allowed
   */
  Future<Optional<Guard>> claim(int shard, UUID incarnation);

  /**
   * Fences a node whose renewal counter still stands at {@code seenRenewals}, unless the fencing
   * node is fenced itself; ends its database sessions.
   *
   * @return whether it was fenced by this call
   */
  Future<Boolean> fence(UUID victim, long seenRenewals, UUID self);

  /**
   * Offers a shard to another incarnation, or withdraws the offer.
   *
   * @param to the incarnation, or null to withdraw
   * @return whether the guard still held
   */
  Future<Boolean> offer(Guard guard, UUID to);

  /** Marks this incarnation as draining. */
  Future<Void> drain(UUID incarnation);

  /** Fences this incarnation itself: the last thing that a stopping node does. */
  Future<Void> leave(UUID incarnation);
}
