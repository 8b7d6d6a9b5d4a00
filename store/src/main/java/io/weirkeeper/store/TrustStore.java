package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Trust;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Rows of trusts in other issuers (spec: auth §8). Writes raise the access generation. */
public interface TrustStore {
  /**
   * A trust to be.
   *
   * @param description for people, or null
   * @param audience a pattern, or null for any
   */
  record NewTrust(
      UUID id,
      UUID tenantId,
      String name,
      String description,
      String issuer,
      String subject,
      String audience,
      Role role) {}

  /** Trusts of a tenant, oldest first. */
  Future<List<Trust>> list(UUID tenantId);

  /** The trust of a name. */
  Future<Optional<Trust>> find(UUID tenantId, String name);

  /** All trusts in an issuer, of all tenants. */
  Future<List<Trust>> inIssuer(String issuer);

  /** Stores a trust; false when the tenant has one of that name. */
  Future<Boolean> create(NewTrust trust);

  /** Deletes a trust; false when there is none. */
  Future<Boolean> delete(UUID tenantId, String name);
}
