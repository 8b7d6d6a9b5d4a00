package io.weirkeeper.core.auth;

import java.util.Locale;
import java.util.Optional;

/** What a caller may do; each role includes the ones before it (spec: auth §10). */
public enum Role {
  /** Sees everything of its tenant, changes nothing. */
  READ,
  /** Works with pipelines and makes API keys. */
  WRITE,
  /** Decides who belongs to the tenant. */
  ADMIN,
  /** Rules over all tenants; given by the deployment's settings alone. */
  OWNER;

  /** As the API writes it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether this role includes another. */
  public boolean permits(Role required) {
    return compareTo(required) >= 0;
  }

  /** The role that the API writes so, if there is one. */
  public static Optional<Role> of(String label) {
    for (Role role : values()) {
      if (role.label().equals(label)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }

  /** The higher of two. */
  public static Role highest(Role one, Role other) {
    return one.permits(other) ? one : other;
  }
}
