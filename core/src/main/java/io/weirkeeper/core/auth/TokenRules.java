package io.weirkeeper.core.auth;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Which claims a token must have, signature apart (spec: auth §4, §8). */
public final class TokenRules {
  /** How far the issuer's clock may be from ours. */
  public static final Duration LEEWAY = Duration.ofSeconds(60);

  private TokenRules() {}

  /** What is wrong with a login's claims; empty when nothing is. Groups are another matter. */
  public static Optional<String> flawOfLogin(AuthRules rules, TokenClaims token, Instant now) {
    if (token.issuedAt() == null) {
      return Optional.of("The token lacks the claim iat");
    }
    if (!rules.issuer().equals(token.issuer())) {
      return Optional.of("The token is of another issuer");
    }
    if (rules.provider() == AuthRules.Provider.GENERIC_OIDC
        && !token.audiences().contains(rules.audience())) {
      return Optional.of("The token is for another audience");
    }
    if (token.clientId() != null && !token.clientId().equals(rules.clientId())) {
      return Optional.of("The token is for another client");
    }
    if (token.use() != null && !token.use().equals("access")) {
      return Optional.of("The token is not an access token");
    }
    return flawOfAny(token, now);
  }

  /** What is wrong with the claims of a token of any issuer; empty when nothing is. */
  public static Optional<String> flawOfAny(TokenClaims token, Instant now) {
    if (token.issuer() == null || token.issuer().isEmpty()) {
      return Optional.of("The token lacks the claim iss");
    }
    if (token.subject() == null || token.subject().isEmpty()) {
      return Optional.of("The token lacks the claim sub");
    }
    if (token.expiresAt() == null) {
      return Optional.of("The token lacks the claim exp");
    }
    if (!now.isBefore(token.expiresAt().plus(LEEWAY))) {
      return Optional.of("The token has expired");
    }
    if (token.notBefore() != null && now.isBefore(token.notBefore().minus(LEEWAY))) {
      return Optional.of("The token is not valid yet");
    }
    return Optional.empty();
  }
}
