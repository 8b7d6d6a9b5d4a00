package io.weirkeeper.core.auth;

import java.util.Objects;

/**
 * Tokens that the deployment's settings make owner (spec: auth §1, §8).
 *
 * @param issuer exactly the token's
 * @param subject a pattern, see {@link Wildcard}
 * @param audience a pattern that one of the token's audiences must fit, or null for any
 */
public record OwnerTrust(String issuer, String subject, String audience) {
  /** Refuses missing parts. */
  public OwnerTrust {
    Objects.requireNonNull(issuer, "issuer");
    Objects.requireNonNull(subject, "subject");
  }

  /** Whether a token is meant. */
  public boolean matches(TokenClaims token) {
    return issuer.equals(token.issuer()) && token.fits(subject, audience);
  }
}
