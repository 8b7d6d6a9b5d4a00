package io.weirkeeper.core.auth;

import java.util.Objects;
import java.util.UUID;

/** That a user belongs to a tenant, and with which role. */
public record Membership(UUID tenantId, String tenantName, Role role) {
  /** Refuses missing parts. */
  public Membership {
    Objects.requireNonNull(tenantId, "tenantId");
    Objects.requireNonNull(tenantName, "tenantName");
    Objects.requireNonNull(role, "role");
  }

  /** Whether a {@code Feldera-Tenant} header means this tenant. */
  boolean isMeantBy(String header) {
    return Tenant.means(header, tenantId, tenantName);
  }
}
