package io.weirkeeper.core.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** Claims and rules for tests. */
final class Tokens {
  static final String ISSUER = "https://login.example.com:8443/realm";
  static final AuthRules RULES = AuthRules.of(AuthRules.Provider.GENERIC_OIDC, ISSUER, "console");

  private Tokens() {}

  static TokenClaims claims(String json) {
    try {
      return TokenClaims.read(new ObjectMapper().readTree(json.replace('\'', '"')));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  static TokenClaims login(String more) {
    return claims(
        "{'iss':'"
            + ISSUER
            + "','sub':'ann','aud':['feldera-api'],'exp':2000,'iat':1000"
            + more
            + "}");
  }

  static AuthRules owners(List<String> owners, List<OwnerTrust> trusts) {
    return new AuthRules(
        RULES.provider(),
        ISSUER,
        "console",
        "feldera-api",
        List.of(),
        false,
        true,
        true,
        Role.READ,
        Role.ADMIN,
        owners,
        trusts);
  }

  static AuthRules provisioning(boolean issuerTenant, boolean individual, boolean onLogin) {
    return new AuthRules(
        RULES.provider(),
        ISSUER,
        "console",
        "feldera-api",
        List.of("dev"),
        issuerTenant,
        individual,
        onLogin,
        Role.READ,
        Role.ADMIN,
        List.of(),
        List.of());
  }
}
