package io.weirkeeper.cluster;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.NodeRegistration;
import io.weirkeeper.store.NodeRow;
import io.weirkeeper.store.SessionPoll;
import io.weirkeeper.store.SessionStore;
import io.weirkeeper.store.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's session: its row, its renewals, its claims.
 *
 * <p>Level-triggered: every second the whole truth is polled and compared with what this node
 * holds; events only make the next poll come earlier. One poll and one round of claims run at a
 * time; a claim that fails is tried again after the next poll.
 *
 * <p>All state is confined to one Vert.x context; {@link #ownership} is for all threads.
 */
public final class NodeSession {
  private static final Logger LOG = LoggerFactory.getLogger(NodeSession.class);

  /** Polls that are more than this times the renewal interval apart prove nothing about others. */
  private static final double LONGEST_GAP = 1.5;

  /** An early poll comes no sooner than this after the one before. */
  private static final Duration KICK_SPACING = Duration.ofMillis(50);

  private final Vertx vertx;
  private final Context context;
  private final SessionStore store;
  private final NodeRegistration node;
  private final ClusterTimings timings;
  private final OwnershipListener listener;
  private final StalledNodes stalled;
  private final HeldShards held = new HeldShards();

  private long timer = -1;
  private Future<Void> polling;
  private Future<Void> claiming = Future.succeededFuture();
  private Timeline timeline;
  private long lastPollNanos;
  private boolean kicked;
  private boolean failing;
  private boolean over;

  private NodeSession(
      Vertx vertx,
      SessionStore store,
      NodeRegistration node,
      ClusterTimings timings,
      OwnershipListener listener) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.store = store;
    this.node = node;
    this.timings = timings;
    this.listener = listener;
    this.stalled =
        new StalledNodes(
            timings.sessionLength(),
            Duration.ofNanos((long) (timings.renewal().toNanos() * LONGEST_GAP)));
  }

  /**
   * Registers this node, fences the predecessors of its data directory, polls once and claims what
   * it may have. Call it only while holding the lock of the data directory.
   *
   * @param vertx runs the timer
   * @param store rows of nodes and shards
   * @param node this node's row
   * @param timings intervals and bounds
   * @param listener hears of shards; first calls come before the future succeeds
   * @return the running session; fails when the database does not answer
   */
  public static Future<NodeSession> start(
      Vertx vertx,
      SessionStore store,
      NodeRegistration node,
      ClusterTimings timings,
      OwnershipListener listener) {
    NodeSession session = new NodeSession(vertx, store, node, timings, listener);
    return session.onContext(session::begin).map(begun -> session);
  }

  /** What this node owns. */
  public Ownership ownership() {
    return held;
  }

  /** Polls early, for example because a statement answered "not owner". */
  public void kick() {
    context.runOnContext(
        now -> {
          if (!kicked && !over) {
            kicked = true;
            long since = System.nanoTime() - lastPollNanos;
            long wait = TimeUnit.NANOSECONDS.toMillis(KICK_SPACING.toNanos() - since);
            vertx.setTimer(Math.max(1, wait), fired -> poll());
          }
        });
  }

  /**
   * Ends the session: stops polling, gives no more answers and fences this incarnation last, so
   * that another node, or the next start, may claim at once. Finish all writes before.
   */
  public Future<Void> leave() {
    return onContext(
        () -> {
          if (over) {
            return Future.succeededFuture();
          }
          stop();
          Future<Void> poll = polling == null ? Future.succeededFuture() : polling;
          return Future.join(poll, claiming)
              .otherwiseEmpty()
              .compose(done -> store.leave(node.incarnation()));
        });
  }

  private Future<Void> begin() {
    return store
        .register(node)
        .compose(registered -> store.fencePredecessors(node))
        .onSuccess(
            fenced ->
                LOG.info(
                    "Session begins: node={} incarnation={} predecessors fenced={}",
                    node.nodeName(),
                    node.incarnation(),
                    fenced))
        .compose(fenced -> pollOnce())
        .compose(polled -> claiming)
        .onSuccess(
            claimed -> {
              if (!over) {
                timer = vertx.setPeriodic(timings.renewal().toMillis(), fired -> poll());
              }
            });
  }

  private void poll() {
    if (over || polling != null) {
      return;
    }
    kicked = false;
    Future<Void> poll = pollOnce();
    // Set before it is cleared, also when the poll has failed already, as on a dead connection.
    polling = poll;
    poll.onComplete(done -> polling = null)
        .onSuccess(polled -> failing = false)
        .onFailure(
            failure -> {
              if (!failing) {
                LOG.warn(
                    "Cannot renew the session; answers end {} after the last renewal: {}",
                    timings.readBound(),
                    failure.toString());
              }
              failing = true;
            });
  }

  private Future<Void> pollOnce() {
    long sent = System.nanoTime();
    lastPollNanos = sent;
    return store
        .renew(node.incarnation())
        .map(
            poll -> {
              accept(sent, poll);
              return null;
            });
  }

  private void accept(long sent, SessionPoll poll) {
    if (over) {
      return;
    }
    if (timeline == null) {
      timeline = poll.timeline();
    }
    if (!timeline.equals(poll.timeline())) {
      LOG.error("The database went from {} to {}; this session ends", timeline, poll.timeline());
      end(OwnershipListener.End.TIMELINE_CHANGED);
      return;
    }
    if (!poll.renewed()) {
      LOG.error("Incarnation {} was fenced; this session ends", node.incarnation());
      end(OwnershipListener.End.FENCED);
      return;
    }
    ShardDecision decision = ShardDecision.after(poll, node.incarnation(), held.held());
    lose(decision.lost());
    held.validUntil(sent + timings.readBound().toNanos());
    if (!decision.claim().isEmpty() && claiming.isComplete()) {
      claiming = claim(decision.claim());
    }
    fence(stalled.after(sent, poll.nodes(), node.incarnation()));
  }

  /** One statement per shard: a batch would hold some shards while it waits for another. */
  private Future<Void> claim(List<Integer> shards) {
    List<Guard> gained = new ArrayList<>();
    List<Future<?>> claims = new ArrayList<>();
    for (int shard : shards) {
      claims.add(
          store
              .claim(shard, node.incarnation())
              .onSuccess(guard -> guard.ifPresent(gained::add))
              .onFailure(
                  failure -> LOG.debug("Claim of shard {} failed: {}", shard, failure.toString())));
    }
    return Future.join(claims)
        .<Void>mapEmpty()
        .recover(
            failure -> {
              LOG.warn(
                  "Some of {} claims failed and are tried again: {}",
                  shards.size(),
                  failure.toString());
              return Future.succeededFuture();
            })
        .onSuccess(
            done -> {
              if (!over && !gained.isEmpty()) {
                gained.sort(Comparator.comparingInt(Guard::shard));
                gained.forEach(held::gained);
                LOG.info("Claimed {} shards", gained.size());
                listener.gained(List.copyOf(gained));
              }
            });
  }

  private void fence(List<NodeRow> nodes) {
    for (NodeRow victim : nodes) {
      store
          .fence(victim.incarnation(), victim.renewals(), node.incarnation())
          .onSuccess(
              fenced -> {
                LOG.warn(
                    "Fencing node={} incarnation={}, which did not renew for {}: {}",
                    victim.nodeName(),
                    victim.incarnation(),
                    timings.sessionLength(),
                    fenced ? "done" : "it has moved since");
                kick();
              })
          .onFailure(
              failure ->
                  LOG.warn("Fencing {} failed: {}", victim.incarnation(), failure.toString()));
    }
  }

  private void lose(List<Guard> guards) {
    if (!guards.isEmpty()) {
      guards.forEach(held::lost);
      LOG.info("Lost {} shards", guards.size());
      listener.lost(guards);
    }
  }

  private void end(OwnershipListener.End why) {
    stop();
    lose(List.copyOf(held.held().values()));
    listener.ended(why);
  }

  private void stop() {
    over = true;
    held.validUntil(System.nanoTime());
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
  }

  private Future<Void> onContext(java.util.function.Supplier<Future<Void>> action) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(now -> action.get().onComplete(done));
    return done.future();
  }
}
