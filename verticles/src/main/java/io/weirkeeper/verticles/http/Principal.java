package io.weirkeeper.verticles.http;

import java.util.UUID;

/** Who asks, in which tenant, with which role. */
record Principal(UUID tenantId, String tenantName, Role role) {
  /** The caller when nobody is asked who they are (spec: auth §1, provider {@code none}). */
  static final Principal NO_PROVIDER = new Principal(new UUID(0, 0), "default", Role.ADMIN);
}
