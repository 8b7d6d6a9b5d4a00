package io.weirkeeper.verticles.pipeline;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Which verticle a (tenant, name) belongs to on this node. Thread-safe. */
final class PipelineDirectory {
  private record Key(UUID tenantId, String name) {}

  private final ConcurrentHashMap<Key, UUID> ids = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<UUID, Integer> numbers = new ConcurrentHashMap<>();

  /** Takes a name; false when it is taken. */
  boolean reserve(UUID tenantId, String name, UUID id) {
    boolean free = ids.putIfAbsent(new Key(tenantId, name), id) == null;
    if (free) {
      numbers.merge(tenantId, 1, Integer::sum);
    }
    return free;
  }

  /** How many names a tenant has taken. */
  int number(UUID tenantId) {
    return numbers.getOrDefault(tenantId, 0);
  }

  Optional<UUID> find(UUID tenantId, String name) {
    return Optional.ofNullable(ids.get(new Key(tenantId, name)));
  }

  void renamed(UUID tenantId, String from, String to, UUID id) {
    ids.put(new Key(tenantId, to), id);
    ids.remove(new Key(tenantId, from), id);
  }

  void remove(UUID tenantId, String name, UUID id) {
    if (ids.remove(new Key(tenantId, name), id)) {
      numbers.computeIfPresent(tenantId, (any, before) -> before == 1 ? null : before - 1);
    }
  }
}
