package io.weirkeeper.verticles.snapshot;

import io.vertx.core.buffer.Buffer;
import io.weirkeeper.verticles.snapshot.Snapshot.Selector;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * The node-local table (tenant, name) → snapshot. Verticles publish after commit and before they
 * acknowledge, so that a client reads its own writes. Thread-safe; readers take no lock.
 */
public final class SnapshotTable {
  /** Answers of single pipelines that are kept ready, in bytes; the default. */
  public static final long ANSWER_BYTES = 96L << 20;

  /** Answers of lists that are kept ready, in bytes; the default. */
  public static final long LIST_BYTES = 64L << 20;

  /** A list that is longer is made piece by piece for each reader. */
  static final int WHOLE_LIST_BYTES = 8 << 20;

  private record Key(UUID tenantId, String name) {}

  /** A tenant's pipelines; {@code changes} rises after each change. */
  private record Tenant(ConcurrentSkipListMap<UUID, Snapshot> snapshots, AtomicLong changes) {}

  private final ConcurrentHashMap<Key, Snapshot> byName = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<UUID, Tenant> byTenant = new ConcurrentHashMap<>();
  private final AnswerCache answers;
  private final String run = UUID.randomUUID().toString();

  /** A table with the default bounds. */
  public SnapshotTable() {
    this(ANSWER_BYTES, LIST_BYTES);
  }

  /** A table that keeps so many bytes of answers ready. */
  public SnapshotTable(long answerBytes, long listBytes) {
    answers = new AnswerCache(answerBytes, listBytes);
  }

  /** Finds a tenant's pipeline by name. */
  public Optional<Snapshot> find(UUID tenantId, String name) {
    return Optional.ofNullable(byName.get(new Key(tenantId, name)));
  }

  /** A tenant's pipelines in ascending order of id; a live view. */
  public Collection<Snapshot> list(UUID tenantId) {
    Tenant tenant = byTenant.get(tenantId);
    return tenant == null ? Collections.emptyList() : tenant.snapshots().values();
  }

  /** The JSON object of a pipeline; the buffer must not be modified. */
  public Buffer answer(Snapshot snapshot, Selector selector) {
    return answers.one(snapshot, selector);
  }

  /** The same, compressed; one compression per table. */
  public Buffer compressed(
      Snapshot snapshot, Selector selector, UnaryOperator<Buffer> compression) {
    return answers.compressed(snapshot, selector, compression);
  }

  /** The same as {@link #answer}, but what was not ready is not kept. */
  public Buffer passing(Snapshot snapshot, Selector selector) {
    return answers.peek(snapshot, selector);
  }

  /**
   * A tenant's list as one JSON array, which holds every change that was published before the call.
   *
   * @return empty when it is too long to be made in one piece
   */
  public Optional<Buffer> whole(UUID tenantId, Selector selector) {
    Tenant tenant = byTenant.get(tenantId);
    if (tenant == null) {
      return Optional.of(Buffer.buffer("[]"));
    }
    // Read before the pipelines are: the list then holds at least these changes.
    long changes = tenant.changes().get();
    Buffer ready = answers.list(tenantId, selector, false, changes);
    if (ready != null) {
      return Optional.of(ready);
    }
    Buffer list = Buffer.buffer(1 << 16).appendByte((byte) '[');
    for (Snapshot snapshot : tenant.snapshots().values()) {
      if (list.length() > 1) {
        list.appendByte((byte) ',');
      }
      list.appendBuffer(answers.one(snapshot, selector));
      if (list.length() > WHOLE_LIST_BYTES) {
        return Optional.empty();
      }
    }
    list.appendByte((byte) ']');
    answers.keepList(tenantId, selector, false, changes, list);
    return Optional.of(list);
  }

  /** The compressed form of a list, if it is ready and as new as {@link #whole} would be. */
  public Optional<Buffer> wholeCompressed(UUID tenantId, Selector selector) {
    return Optional.ofNullable(answers.list(tenantId, selector, true, changes(tenantId)));
  }

  /** Distinguishes the changes that this table counts from those of others. */
  public String run() {
    return run;
  }

  /** How often a tenant's pipelines have changed; to be read before the list that is compressed. */
  public long changes(UUID tenantId) {
    Tenant tenant = byTenant.get(tenantId);
    return tenant == null ? 0 : tenant.changes().get();
  }

  /**
   * Keeps the compressed form of a list.
   *
   * @param changes as read before the list was asked for
   */
  public void keepCompressed(UUID tenantId, Selector selector, long changes, Buffer compressed) {
    answers.keepList(tenantId, selector, true, changes, compressed);
  }

  /** Every pipeline of this node, in no order; a live view. */
  public Collection<Snapshot> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /**
   * Publishes the state after a commit.
   *
   * @param previous what this replaces, or null for a new pipeline; a changed name removes the old
   *     entry
   */
  public void publish(Snapshot previous, Snapshot next) {
    UUID tenantId = next.pipeline().tenantId();
    Tenant tenant =
        byTenant.computeIfAbsent(
            tenantId, any -> new Tenant(new ConcurrentSkipListMap<>(), new AtomicLong()));
    tenant.snapshots().put(next.pipeline().id(), next);
    byName.put(new Key(tenantId, next.pipeline().name()), next);
    if (previous != null) {
      if (!previous.pipeline().name().equals(next.pipeline().name())) {
        byName.remove(new Key(tenantId, previous.pipeline().name()), previous);
      }
      if (previous.sameAs(next)) {
        return;
      }
      answers.forget(previous);
    }
    tenant.changes().incrementAndGet();
  }

  /** Removes a pipeline that was deleted or is no longer owned. */
  public void remove(Snapshot last) {
    UUID tenantId = last.pipeline().tenantId();
    byName.remove(new Key(tenantId, last.pipeline().name()), last);
    Tenant tenant = byTenant.get(tenantId);
    if (tenant != null) {
      tenant.snapshots().remove(last.pipeline().id(), last);
      tenant.changes().incrementAndGet();
    }
    answers.forget(last);
  }
}
