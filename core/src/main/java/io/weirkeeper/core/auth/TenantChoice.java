package io.weirkeeper.core.auth;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** In which tenant a caller acts: the tables of the specification (auth §6.3, §8.6). */
public final class TenantChoice {
  private TenantChoice() {}

  /**
   * A login that is no owner.
   *
   * @param header value of {@code Feldera-Tenant}, or null
   */
  public static Admission ofMember(Actor actor, List<Membership> memberships, String header) {
    if (header != null) {
      // A tenant that does not exist must look like one that the caller is no member of.
      return memberships.stream()
          .filter(each -> each.isMeantBy(header))
          .findFirst()
          .<Admission>map(each -> admitted(actor, each, memberships))
          .orElseGet(() -> new Admission.Refused(AccessErrors.notTenantMember(header)));
    }
    return switch (memberships.size()) {
      case 0 -> new Admission.Undecided(actor, memberships, AccessErrors.noTenantMemberships());
      case 1 -> admitted(actor, memberships.get(0), memberships);
      default ->
          new Admission.Undecided(
              actor, memberships, AccessErrors.ambiguousTenantMembership(memberships));
    };
  }

  /**
   * The bearer of a token of another issuer.
   *
   * @param trusts those that match the token
   * @param named the tenant of the header, if there is one of that name
   * @param header value of {@code Feldera-Tenant}, or null
   */
  public static Admission ofWorkload(
      Actor actor, List<Trust> trusts, Optional<Tenant> named, String header) {
    if (trusts.isEmpty()) {
      return new Admission.Unauthenticated("No trust admits the token");
    }
    Map<UUID, Membership> tenants = new LinkedHashMap<>();
    for (Trust trust : trusts) {
      tenants.merge(
          trust.tenant().id(),
          new Membership(trust.tenant().id(), trust.tenant().name(), trust.role()),
          (one, other) ->
              new Membership(
                  one.tenantId(), one.tenantName(), Role.highest(one.role(), other.role())));
    }
    List<Membership> choices = List.copyOf(tenants.values());
    if (header == null) {
      return choices.size() == 1
          ? admitted(actor, choices.get(0), choices)
          : new Admission.Refused(AccessErrors.ambiguousOidcTenant(choices));
    }
    if (named.isEmpty()) {
      return new Admission.Refused(AccessErrors.unknownTenantName(header));
    }
    Membership chosen = tenants.get(named.get().id());
    return chosen == null
        ? new Admission.Refused(AccessErrors.oidcTenantNotTrusted(header))
        : admitted(actor, chosen, choices);
  }

  private static Admission admitted(Actor actor, Membership chosen, List<Membership> all) {
    return new Admission.Admitted(
        new Principal(chosen.tenantId(), chosen.tenantName(), chosen.role(), actor, all));
  }
}
