package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.auth.Tenant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Rows of tenants. Every write takes effect for requests that begin after it was answered, on the
 * node that made it, once that node forgets whom it had admitted; see {@link
 * AccessGenerationStore}.
 */
public interface TenantStore {
  /** All tenants, oldest first. */
  Future<List<Tenant>> list();

  /** The tenant with an id. */
  Future<Optional<Tenant>> find(UUID id);

  /** The tenant that a text means: by its id when it is one, else by its name. */
  Future<Optional<Tenant>> findByIdOrName(String text);

  /** Makes a tenant, or finds the one of the name. */
  Future<NewTenant> create(UUID id, String name, String provider);

  /** What became of a new name. */
  sealed interface Rename {
    /** The tenant has the name; {@code displaced} is the one that had it before, or null. */
    record Done(Tenant displaced) implements Rename {}

    /** There is no such tenant. */
    record Unknown() implements Rename {}

    /** Another tenant has the name. */
    record Taken() implements Rename {}
  }

  /**
   * Gives a tenant another name.
   *
   * @param displace whether a tenant that has the name loses it: it becomes {@code name (id)}
   */
  Future<Rename> rename(UUID id, String name, boolean displace);

  /** What became of a deletion. */
  sealed interface Removal {
    /** The tenant is gone, and its memberships with it. */
    record Done() implements Removal {}

    /** There is no such tenant. */
    record Unknown() implements Removal {}

    /** The tenant still has so much. */
    record NotEmpty(long pipelines, long apiKeys, long trusts) implements Removal {}
  }

  /** Deletes a tenant that has nothing. */
  Future<Removal> delete(UUID id);
}
