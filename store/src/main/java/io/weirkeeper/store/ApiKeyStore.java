package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.auth.Role;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Rows of API keys (spec: auth §3). */
public interface ApiKeyStore {
  /** Keys of a tenant, oldest first. */
  Future<List<ApiKeyRow>> list(UUID tenantId);

  /** The key of a name. */
  Future<Optional<ApiKeyRow>> find(UUID tenantId, String name);

  /** The key whose secret has a hash, whether it has expired or not. */
  Future<Optional<ApiKeyRow>> withHash(String hash);

  /**
   * Stores a key.
   *
   * @param expiresAt or null for never
   * @return false when the tenant has a key of that name
   */
  Future<Boolean> create(
      UUID id, UUID tenantId, String name, String hash, Role role, Instant expiresAt);

  /** Deletes a key; false when there is none. Raises {@link AccessGenerationStore#current}. */
  Future<Boolean> delete(UUID tenantId, String name);

  /** Records that keys were used. */
  Future<Void> used(Collection<UUID> ids, Instant at);
}
