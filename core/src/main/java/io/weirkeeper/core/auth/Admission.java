package io.weirkeeper.core.auth;

import io.weirkeeper.core.api.ApiError;
import java.util.List;
import java.util.Objects;

/**
 * What becomes of a credential. The refusals differ in the form of their answer (spec: auth §7).
 */
public sealed interface Admission {
  /** The caller acts as this principal. */
  record Admitted(Principal principal) implements Admission {
    /** Refuses a missing principal. */
    public Admitted {
      Objects.requireNonNull(principal, "principal");
    }
  }

  /**
   * The caller is known, but in no tenant. Only {@code /v0/config/session} answers them.
   *
   * @param actor who they are
   * @param memberships the tenants that they could name
   * @param error what everything else answers
   */
  record Undecided(Actor actor, List<Membership> memberships, ApiError error) implements Admission {
    /** Copies the list. */
    public Undecided {
      memberships = List.copyOf(memberships);
    }
  }

  /** The caller is known and refused: a whole error body. */
  record Refused(ApiError error) implements Admission {}

  /**
   * No credential, or one that proves nothing: 401 without a body.
   *
   * @param reason for the header {@code WWW-Authenticate}; empty when there was no credential
   */
  record Unauthenticated(String reason) implements Admission {}

  /** A credential of a known form that is not accepted: 401 with a short body. */
  record Rejected(String message) implements Admission {}
}
