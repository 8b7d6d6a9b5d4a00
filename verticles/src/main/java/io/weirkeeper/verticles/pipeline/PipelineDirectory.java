package io.weirkeeper.verticles.pipeline;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Which verticle a (tenant, name) belongs to on this node. Thread-safe. */
final class PipelineDirectory {
  private record Key(UUID tenantId, String name) {}

  private final ConcurrentHashMap<Key, UUID> ids = new ConcurrentHashMap<>();

  /** Takes a name; false when it is taken. */
  boolean reserve(UUID tenantId, String name, UUID id) {
    return ids.putIfAbsent(new Key(tenantId, name), id) == null;
  }

  Optional<UUID> find(UUID tenantId, String name) {
    return Optional.ofNullable(ids.get(new Key(tenantId, name)));
  }

  void renamed(UUID tenantId, String from, String to, UUID id) {
    ids.put(new Key(tenantId, to), id);
    ids.remove(new Key(tenantId, from), id);
  }

  void remove(UUID tenantId, String name, UUID id) {
    ids.remove(new Key(tenantId, name), id);
  }
}
