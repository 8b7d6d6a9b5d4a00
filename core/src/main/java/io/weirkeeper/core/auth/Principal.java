package io.weirkeeper.core.auth;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * A caller who was admitted: in which tenant they act, and with which role.
 *
 * @param tenantId the acting tenant
 * @param tenantName its name when the caller was admitted
 * @param role what they may do there
 * @param actor who they are
 * @param memberships the tenants that they may choose from
 */
public record Principal(
    UUID tenantId, String tenantName, Role role, Actor actor, List<Membership> memberships) {

  /** The caller where nobody is asked who they are (spec: auth §1, provider {@code none}). */
  public static final Principal NO_PROVIDER =
      in(Tenant.DEFAULT_ID, Tenant.DEFAULT_NAME, Role.ADMIN, Actor.ANYBODY);

  /** Refuses missing parts. */
  public Principal {
    Objects.requireNonNull(tenantId, "tenantId");
    Objects.requireNonNull(tenantName, "tenantName");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(actor, "actor");
    memberships = List.copyOf(memberships);
  }

  /** A caller who has no other tenant to choose. */
  public static Principal in(UUID tenantId, String tenantName, Role role, Actor actor) {
    return new Principal(
        tenantId, tenantName, role, actor, List.of(new Membership(tenantId, tenantName, role)));
  }
}
