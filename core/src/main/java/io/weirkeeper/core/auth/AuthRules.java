package io.weirkeeper.core.auth;

import java.util.List;
import java.util.Objects;

/**
 * What the deployment's settings say about logins (spec: auth §1). There are none where the
 * provider is {@code none}.
 *
 * @param provider kind of identity provider
 * @param issuer {@code iss} of login tokens
 * @param clientId {@code client_id} that login tokens may have
 * @param audience one of the audiences of login tokens; Cognito's have none
 * @param authorizedGroups groups of which a login must have one; empty for all logins
 * @param issuerTenant whether a login belongs to a tenant named after the issuer's host
 * @param individualTenant whether a login belongs to a tenant named after its subject
 * @param provisionOnLogin whether logins make tenants and memberships
 * @param defaultRole role of who joins a tenant that exists
 * @param firstUserRole role of whose login makes the tenant
 * @param owners subjects, verified e-mail addresses, or "issuer subject"
 * @param ownerTrusts tokens that are owner
 */
public record AuthRules(
    Provider provider,
    String issuer,
    String clientId,
    String audience,
    List<String> authorizedGroups,
    boolean issuerTenant,
    boolean individualTenant,
    boolean provisionOnLogin,
    Role defaultRole,
    Role firstUserRole,
    List<String> owners,
    List<OwnerTrust> ownerTrusts) {

  /** Kinds of identity providers. */
  public enum Provider {
    /** Any that speaks OpenID Connect. */
    GENERIC_OIDC,
    /** Amazon's, whose access tokens have no audience. */
    AWS_COGNITO
  }

  /** Copies the lists and refuses missing parts. */
  public AuthRules {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(issuer, "issuer");
    Objects.requireNonNull(clientId, "clientId");
    Objects.requireNonNull(audience, "audience");
    Objects.requireNonNull(defaultRole, "defaultRole");
    Objects.requireNonNull(firstUserRole, "firstUserRole");
    authorizedGroups = List.copyOf(authorizedGroups);
    owners = List.copyOf(owners);
    ownerTrusts = List.copyOf(ownerTrusts);
  }

  /** The defaults for a provider (spec: auth §1). */
  public static AuthRules of(Provider provider, String issuer, String clientId) {
    return new AuthRules(
        provider,
        issuer,
        clientId,
        "feldera-api",
        List.of(),
        false,
        true,
        true,
        Role.READ,
        Role.ADMIN,
        List.of(),
        List.of());
  }

  /** Whether the settings make this login owner (spec: auth §6). */
  public boolean isOwner(TokenClaims login) {
    for (String owner : owners) {
      if (owner.equals(login.subject())
          || owner.equals(login.issuer() + " " + login.subject())
          || (login.emailVerified() && owner.equals(login.email()))) {
        return true;
      }
    }
    return isTrustedOwner(login);
  }

  /** Whether the settings make the bearer of this token owner, whoever issued it. */
  public boolean isTrustedOwner(TokenClaims token) {
    return ownerTrusts.stream().anyMatch(trust -> trust.matches(token));
  }

  /** Whether a login may come in at all, as far as its groups say. */
  public boolean admitsGroupsOf(TokenClaims login) {
    return authorizedGroups.isEmpty()
        || login.groups().stream().anyMatch(authorizedGroups::contains);
  }
}
