package io.weirkeeper.core.auth;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a login is to make or join (spec: auth §6.1). Carried out by the store, in one piece; a
 * membership that exists keeps its role.
 *
 * @param makeAndJoin name of the tenant that is made if it is missing, and joined; or null
 * @param joinIfThere names of tenants that are joined if they exist
 * @param origin how the memberships come about
 */
public record ProvisionPlan(String makeAndJoin, List<String> joinIfThere, Origin origin) {
  /** Makes and joins nothing. */
  public static final ProvisionPlan NOTHING = new ProvisionPlan(null, List.of(), Origin.DERIVED);

  /** Copies the list. */
  public ProvisionPlan {
    joinIfThere = List.copyOf(joinIfThere);
    Objects.requireNonNull(origin, "origin");
  }

  /**
   * The plan for a login.
   *
   * @param header value of {@code Feldera-Tenant}, or null
   */
  public static ProvisionPlan of(AuthRules rules, TokenClaims login, String header) {
    if (!rules.provisionOnLogin()) {
      return NOTHING;
    }
    List<String> listed = login.tenants();
    if (listed.isEmpty()) {
      return new ProvisionPlan(homeTenant(rules, login), List.of(), Origin.DERIVED);
    }
    if (header != null && !listed.contains(header)) {
      return NOTHING;
    }
    String selected = header != null ? header : listed.size() == 1 ? listed.get(0) : null;
    List<String> others = new ArrayList<>(listed);
    others.remove(selected);
    return new ProvisionPlan(selected, others, Origin.CLAIM);
  }

  /**
   * Name of the tenant that follows from a login whose token lists none: after the issuer's host,
   * or after the subject; null when the settings want neither.
   */
  public static String homeTenant(AuthRules rules, TokenClaims login) {
    if (rules.issuerTenant()) {
      return host(login.issuer());
    }
    return rules.individualTenant() ? login.subject() : null;
  }

  /** The host of a URL; of what is no URL, all of it. */
  static String host(String url) {
    int scheme = url.indexOf("://");
    String rest = scheme < 0 ? url : url.substring(scheme + 3);
    int end = rest.length();
    for (char stop : new char[] {'/', '?', '#'}) {
      int at = rest.indexOf(stop);
      end = at >= 0 ? Math.min(end, at) : end;
    }
    String authority = rest.substring(0, end);
    String host = authority.substring(authority.lastIndexOf('@') + 1);
    int colon = host.lastIndexOf(':');
    boolean port = colon > host.lastIndexOf(']');
    return port ? host.substring(0, colon) : host;
  }

  /** Whether memberships in these tenants already are all that the plan can bring about now. */
  public boolean isFulfilledBy(Set<String> tenantNames) {
    return (makeAndJoin == null || tenantNames.contains(makeAndJoin))
        && tenantNames.containsAll(joinIfThere);
  }
}
