package io.weirkeeper.core.auth;

import java.util.Objects;
import java.util.UUID;

/**
 * A tenant: the owner of pipelines, keys and trusts.
 *
 * @param id never changes
 * @param name unique; may change
 * @param initialProvider issuer whose login, or under which the owner, made it; {@code none} for
 *     the one that was always there
 */
public record Tenant(UUID id, String name, String initialProvider) {
  /** The tenant of everybody who is not asked who they are (spec: auth §1). */
  public static final UUID DEFAULT_ID = new UUID(0, 0);

  /** Name of that tenant, as long as nobody renames it. */
  public static final String DEFAULT_NAME = "default";

  /** Refuses missing parts. */
  public Tenant {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(initialProvider, "initialProvider");
  }

  /** Whether a {@code Feldera-Tenant} header means this one: by its id, or by its name. */
  public boolean isMeantBy(String header) {
    return means(header, id, name);
  }

  static boolean means(String header, UUID id, String name) {
    // Ids are compared as text, whatever their case: what is no UUID is then a name.
    return id.toString().equalsIgnoreCase(header) || name.equals(header);
  }
}
