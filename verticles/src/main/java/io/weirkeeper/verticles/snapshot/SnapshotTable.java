package io.weirkeeper.verticles.snapshot;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The node-local table (tenant, name) → snapshot. Verticles publish after commit and before they
 * acknowledge, so that a client reads its own writes. Thread-safe; readers take no lock.
 */
public final class SnapshotTable {
  private record Key(UUID tenantId, String name) {}

  private final ConcurrentHashMap<Key, Snapshot> byName = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<UUID, ConcurrentSkipListMap<UUID, Snapshot>> byTenant =
      new ConcurrentHashMap<>();

  /** Finds a tenant's pipeline by name. */
  public Optional<Snapshot> find(UUID tenantId, String name) {
    return Optional.ofNullable(byName.get(new Key(tenantId, name)));
  }

  /** A tenant's pipelines in ascending order of id; a live view. */
  public Collection<Snapshot> list(UUID tenantId) {
    NavigableMap<UUID, Snapshot> snapshots = byTenant.get(tenantId);
    return snapshots == null ? Collections.emptyList() : snapshots.values();
  }

  /**
   * Publishes the state after a commit.
   *
   * @param previous what this replaces, or null for a new pipeline; a changed name removes the old
   *     entry
   */
  public void publish(Snapshot previous, Snapshot next) {
    UUID tenantId = next.pipeline().tenantId();
    byTenant
        .computeIfAbsent(tenantId, any -> new ConcurrentSkipListMap<>())
        .put(next.pipeline().id(), next);
    byName.put(new Key(tenantId, next.pipeline().name()), next);
    if (previous != null && !previous.pipeline().name().equals(next.pipeline().name())) {
      byName.remove(new Key(tenantId, previous.pipeline().name()), previous);
    }
  }

  /** Removes a pipeline that was deleted or is no longer owned. */
  public void remove(Snapshot last) {
    UUID tenantId = last.pipeline().tenantId();
    byName.remove(new Key(tenantId, last.pipeline().name()), last);
    ConcurrentSkipListMap<UUID, Snapshot> snapshots = byTenant.get(tenantId);
    if (snapshots != null) {
      snapshots.remove(last.pipeline().id(), last);
    }
  }
}
