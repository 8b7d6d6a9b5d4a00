package io.weirkeeper.store;

import io.weirkeeper.core.auth.Role;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * An API key without its secret.
 *
 * @param id of the key
 * @param tenantId where it acts
 * @param tenantName name of that tenant
 * @param name unique in the tenant
 * @param role what it may do
 * @param hash what is stored in place of the secret
 * @param createdAt when it was made
 * @param expiresAt from when on it is worth nothing, or null for never
 * @param lastUsedAt when it was last used, to the minute, or null for never
 */
public record ApiKeyRow(
    UUID id,
    UUID tenantId,
    String tenantName,
    String name,
    Role role,
    String hash,
    Instant createdAt,
    Instant expiresAt,
    Instant lastUsedAt) {

  /** Refuses missing parts. */
  public ApiKeyRow {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(tenantId, "tenantId");
    Objects.requireNonNull(tenantName, "tenantName");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(hash, "hash");
  }
}
