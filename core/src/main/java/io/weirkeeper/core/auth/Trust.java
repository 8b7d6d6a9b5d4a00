package io.weirkeeper.core.auth;

import java.util.Objects;
import java.util.UUID;

/**
 * A registered trust: which tokens of another issuer may act in a tenant (spec: auth §8).
 *
 * @param tenant where they act
 * @param id of the trust
 * @param name unique in the tenant
 * @param description for people, or null
 * @param issuer exactly the token's
 * @param subject a pattern, see {@link Wildcard}
 * @param audience a pattern that one of the token's audiences must fit, or null for any
 * @param role what they may do
 */
public record Trust(
    Tenant tenant,
    UUID id,
    String name,
    String description,
    String issuer,
    String subject,
    String audience,
    Role role) {

  /** Refuses missing parts. */
  public Trust {
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(issuer, "issuer");
    Objects.requireNonNull(subject, "subject");
    Objects.requireNonNull(role, "role");
  }

  /** Whether a token is meant. */
  public boolean matches(TokenClaims token) {
    return issuer.equals(token.issuer()) && token.fits(subject, audience);
  }
}
