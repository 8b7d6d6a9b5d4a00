package io.weirkeeper.verticles.audit;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.AuditEntry;
import io.weirkeeper.store.AuditStore;
import io.weirkeeper.verticles.actor.Identifiers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down who did what, right after it was done, and apart from it: neither a read nor a write
 * waits for the audit log, and none fails because of it. Entries wait in a queue of at most {@link
 * #QUEUE} and are written together every {@link #FLUSH}; while the database can't take them they
 * stay, and what finds the queue full is counted ({@link #dropped}) and told in the log. What is
 * still in the queue is lost when the node is killed. Safe for all threads.
 */
public final class AuditLog implements AuditTrail {
  /** Most entries that wait. */
  public static final int QUEUE = 10_000;

  /** Between two writes. */
  public static final Duration FLUSH = Duration.ofMillis(200);

  /** Time for which deeds of the same kind are gathered into one entry. */
  public static final Duration GATHER = Duration.ofMinutes(1);

  /** Most kinds of deeds that are gathered at once; more are dropped. */
  static final int GATHERED_KINDS = 10_000;

  private static final Duration TRIM_INTERVAL = Duration.ofMinutes(10);
  private static final Duration DROPS_TOLD = Duration.ofMinutes(1);
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  private final Vertx vertx;
  private final AuditStore store;
  private final Identifiers ids;
  private final Clock clock;
  private final Retention retention;
  private final Duration gather;
  private final LinkedBlockingQueue<AuditEntry> queue = new LinkedBlockingQueue<>(QUEUE);
  private final Map<Deed, Gathering> gatherings = new ConcurrentHashMap<>();
  private final AtomicLong dropped = new AtomicLong();
  private final List<Long> timers;

  // Used by the timers alone, which are on one context.
  private List<AuditEntry> unwritten = List.of();
  private Future<Void> writing = Future.succeededFuture();
  private long toldDrops;
  private Instant toldAt = Instant.EPOCH;

  /**
   * How much is kept.
   *
   * @param age older entries are deleted
   * @param entries only so many of the newest are kept
   */
  public record Retention(Duration age, long entries) {}

  /** Deeds of one kind since a time, beyond the first. */
  private record Gathering(Instant since, AuditEntry first, long more, Instant last) {}

  /** Begins to write; call on the context that it shall use, and {@link #close} at the end. */
  public AuditLog(
      Vertx vertx, AuditStore store, Identifiers ids, Clock clock, Retention retention) {
    this(vertx, store, ids, clock, retention, GATHER);
  }

  /** For tests: with another time of gathering. */
  AuditLog(
      Vertx vertx,
      AuditStore store,
      Identifiers ids,
      Clock clock,
      Retention retention,
      Duration gather) {
    this.vertx = vertx;
    this.store = store;
    this.ids = ids;
    this.clock = clock;
    this.retention = retention;
    this.gather = gather;
    this.timers =
        List.of(
            vertx.setPeriodic(FLUSH.toMillis(), tick -> flush()),
            vertx.setPeriodic(0, TRIM_INTERVAL.toMillis(), tick -> trim()));
  }

  @Override
  public void each(UUID id, Deed deed) {
    put(entry(id, deed, clock.instant()));
  }

  @Override
  public void gathered(Deed deed) {
    Instant now = clock.instant();
    Gathering before = gatherings.get(deed);
    if (before == null) {
      if (gatherings.size() >= GATHERED_KINDS) {
        dropped.incrementAndGet();
        return;
      }
      AuditEntry first = entry(ids.uuid7(now), deed, now);
      before = gatherings.putIfAbsent(deed, new Gathering(now, first, 0, now));
      if (before == null) {
        put(first);
        return;
      }
    }
    gatherings.merge(
        deed,
        new Gathering(now, before.first(), 1, now),
        (old, one) -> new Gathering(old.since(), old.first(), old.more() + 1, now));
  }

  /** Entries that were lost because too many waited. */
  public long dropped() {
    return dropped.get();
  }

  /** Entries that wait. */
  public int waiting() {
    return queue.size();
  }

  private static AuditEntry entry(UUID id, Deed deed, Instant at) {
    return new AuditEntry(
        id,
        at,
        deed.tenantId(),
        deed.tenantName(),
        deed.actor(),
        deed.source(),
        deed.operation(),
        deed.pipeline(),
        deed.object(),
        deed.status(),
        1);
  }

  private void put(AuditEntry entry) {
    if (!queue.offer(entry)) {
      dropped.incrementAndGet();
    }
  }

  private Future<Void> flush() {
    if (!writing.isComplete()) {
      return writing;
    }
    endGatherings(clock.instant().minus(gather));
    tellDrops();
    writing = write();
    return writing;
  }

  /** Writes what waits; what could not be written is tried again at the next turn. */
  private Future<Void> write() {
    if (unwritten.isEmpty()) {
      List<AuditEntry> batch = new ArrayList<>();
      queue.drainTo(batch, AuditStore.BATCH);
      unwritten = batch;
    }
    if (unwritten.isEmpty()) {
      return Future.succeededFuture();
    }
    return store
        .add(unwritten)
        .compose(
            written -> {
              unwritten = List.of();
              return queue.isEmpty() ? Future.succeededFuture() : write();
            })
        .recover(
            failure -> {
              LOG.debug("Audit entries not written yet: {}", failure.toString());
              return Future.succeededFuture();
            });
  }

  private void endGatherings(Instant begunBefore) {
    Iterator<Deed> deeds = gatherings.keySet().iterator();
    while (deeds.hasNext()) {
      gatherings.computeIfPresent(
          deeds.next(),
          (deed, gathering) -> {
            if (gathering.since().isAfter(begunBefore)) {
              return gathering;
            }
            if (gathering.more() > 0) {
              put(
                  gathering
                      .first()
                      .gathered(ids.uuid7(gathering.last()), gathering.last(), gathering.more()));
            }
            return null;
          });
    }
  }

  private void tellDrops() {
    long lost = dropped.get();
    Instant now = clock.instant();
    if (lost > toldDrops && now.isAfter(toldAt.plus(DROPS_TOLD))) {
      LOG.error(
          "{} audit entries were lost: more than {} waited to be written; see the database's state",
          lost - toldDrops,
          QUEUE);
      toldDrops = lost;
      toldAt = now;
    }
  }

  private void trim() {
    store
        .trim(retention.age(), retention.entries())
        .onSuccess(
            deleted -> {
              if (deleted >= AuditStore.TRIM) {
                trim();
              }
            })
        .onFailure(failure -> LOG.warn("Old audit entries not deleted: {}", failure.toString()));
  }

  /** Writes what is left, what was gathered too; entries that come later are lost. */
  public Future<Void> close() {
    timers.forEach(vertx::cancelTimer);
    return writing
        .compose(
            done -> {
              endGatherings(Instant.MAX);
              return write();
            })
        .onSuccess(
            done -> {
              if (!unwritten.isEmpty()) {
                LOG.error("{} audit entries were lost at the end", unwritten.size() + queue.size());
              }
            });
  }
}
