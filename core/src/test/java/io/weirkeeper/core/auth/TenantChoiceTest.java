package io.weirkeeper.core.auth;

import static io.weirkeeper.core.auth.Tokens.login;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.api.ApiError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TenantChoiceTest {
  private static final Actor ACTOR = new Actor(Actor.Kind.USER, Tokens.ISSUER, "ann");
  private static final List<String> NAMES = List.of("t0", "t1", "t2", "t3");

  private static Tenant tenant(int number) {
    return new Tenant(new UUID(9, number), NAMES.get(number), "none");
  }

  private static Membership member(int number, Role role) {
    return new Membership(tenant(number).id(), tenant(number).name(), role);
  }

  private static Trust trust(int number, Role role) {
    return new Trust(
        tenant(number), new UUID(8, number), "n", null, Tokens.ISSUER, "*", null, role);
  }

  @Provide
  Arbitrary<List<Membership>> memberships() {
    return Arbitraries.subsetOf(0, 1, 2, 3)
        .map(
            numbers -> {
              List<Membership> list = new ArrayList<>();
              numbers.forEach(each -> list.add(member(each, Role.values()[each % 3])));
              return list;
            });
  }

  @Provide
  Arbitrary<String> headers() {
    return Arbitraries.of(
            "t0",
            "t1",
            "t2",
            "t3",
            "T0",
            "nowhere",
            tenant(0).id().toString(),
            tenant(1).id().toString().toUpperCase(java.util.Locale.ROOT))
        .injectNull(0.3);
  }

  @Provide
  Arbitrary<List<Trust>> trusts() {
    return Arbitraries.integers()
        .between(0, 2)
        .flatMap(t -> Arbitraries.of(Role.READ, Role.WRITE, Role.ADMIN).map(r -> trust(t, r)))
        .list()
        .ofMaxSize(5);
  }

  private static ApiError errorOf(Admission admission) {
    if (admission instanceof Admission.Refused refused) {
      return refused.error();
    }
    return ((Admission.Undecided) admission).error();
  }

  @Property
  void a_member_acts_where_the_table_says(
      @ForAll("memberships") List<Membership> memberships, @ForAll("headers") String header) {
    Admission found = TenantChoice.ofMember(ACTOR, memberships, header);
    if (found instanceof Admission.Admitted admitted) {
      Principal principal = admitted.principal();
      Membership chosen =
          memberships.stream()
              .filter(each -> each.tenantId().equals(principal.tenantId()))
              .findFirst()
              .orElseThrow();
      assertThat(principal.role()).isEqualTo(chosen.role());
      assertThat(principal.memberships()).isEqualTo(memberships);
      assertThat(header == null ? memberships.size() == 1 : chosen.isMeantBy(header)).isTrue();
    } else if (header == null) {
      assertThat(found).isInstanceOf(Admission.Undecided.class);
      assertThat(errorOf(found).code())
          .isEqualTo(memberships.isEmpty() ? "NoTenantMemberships" : "AmbiguousTenantMembership");
      assertThat(errorOf(found).status()).isEqualTo(memberships.isEmpty() ? 403 : 400);
      assertThat(memberships.size()).isNotEqualTo(1);
    } else {
      assertThat(memberships).noneMatch(each -> each.isMeantBy(header));
      assertThat(errorOf(found).code()).isEqualTo("NotATenantMember");
      assertThat(errorOf(found).details().get("tenant").textValue()).isEqualTo(header);
    }
  }

  @Example
  void a_foreign_tenant_and_none_at_all_cannot_be_told_apart() {
    List<Membership> mine = List.of(member(0, Role.READ));
    assertThat(
            errorOf(TenantChoice.ofMember(ACTOR, mine, "t1")).body().toString().replace("t1", "X"))
        .isEqualTo(
            errorOf(TenantChoice.ofMember(ACTOR, mine, "zz")).body().toString().replace("zz", "X"));
  }

  @Property
  void a_workload_acts_where_the_table_says(
      @ForAll("trusts") List<Trust> trusts, @ForAll("headers") String header) {
    Optional<Tenant> named =
        List.of(0, 1, 2, 3).stream()
            .map(TenantChoiceTest::tenant)
            .filter(each -> header != null && each.isMeantBy(header))
            .findFirst();
    Admission found = TenantChoice.ofWorkload(ACTOR, trusts, named, header);
    Set<UUID> tenants =
        trusts.stream()
            .map(each -> each.tenant().id())
            .collect(java.util.stream.Collectors.toSet());
    if (trusts.isEmpty()) {
      assertThat(found).isInstanceOf(Admission.Unauthenticated.class);
    } else if (header == null && tenants.size() > 1) {
      assertThat(errorOf(found).code()).isEqualTo("AmbiguousOidcTenant");
    } else if (header != null && named.isEmpty()) {
      assertThat(errorOf(found).code()).isEqualTo("UnknownTenantName");
    } else if (header != null && !tenants.contains(named.get().id())) {
      assertThat(errorOf(found).code()).isEqualTo("OidcTenantNotTrusted");
    } else {
      Principal principal = ((Admission.Admitted) found).principal();
      assertThat(tenants).contains(principal.tenantId());
      assertThat(principal.role())
          .isEqualTo(
              trusts.stream()
                  .filter(each -> each.tenant().id().equals(principal.tenantId()))
                  .map(Trust::role)
                  .max(Role::compareTo)
                  .orElseThrow());
    }
  }

  @Example
  void a_listed_tenant_is_made_when_it_is_selected_and_the_others_only_joined() {
    TokenClaims two = login(",'tenants':['a','b']");
    AuthRules rules = Tokens.RULES;
    assertThat(ProvisionPlan.of(rules, two, "a"))
        .isEqualTo(new ProvisionPlan("a", List.of("b"), Origin.CLAIM));
    assertThat(ProvisionPlan.of(rules, two, null))
        .isEqualTo(new ProvisionPlan(null, List.of("a", "b"), Origin.CLAIM));
    assertThat(ProvisionPlan.of(rules, two, "c")).isEqualTo(ProvisionPlan.NOTHING);
    assertThat(ProvisionPlan.of(rules, login(",'tenant':'a'"), null))
        .isEqualTo(new ProvisionPlan("a", List.of(), Origin.CLAIM));
  }

  @Example
  void a_login_without_tenants_has_one_after_its_issuer_or_its_subject() {
    TokenClaims plain = login("");
    assertThat(ProvisionPlan.of(Tokens.provisioning(true, true, true), plain, null))
        .isEqualTo(new ProvisionPlan("login.example.com", List.of(), Origin.DERIVED));
    assertThat(ProvisionPlan.of(Tokens.provisioning(false, true, true), plain, "x").makeAndJoin())
        .isEqualTo("ann");
    assertThat(ProvisionPlan.of(Tokens.provisioning(false, false, true), plain, null).makeAndJoin())
        .isNull();
    assertThat(
            ProvisionPlan.of(
                Tokens.provisioning(true, true, false), login(",'tenants':['a']"), null))
        .isEqualTo(ProvisionPlan.NOTHING);
    assertThat(ProvisionPlan.host("https://u@[::1]:8/x")).isEqualTo("[::1]");
    assertThat(ProvisionPlan.host("accounts.example.com")).isEqualTo("accounts.example.com");
  }

  @Property
  void nobody_gives_more_than_they_have(@ForAll Role requested, @ForAll Role caller) {
    boolean above = requested.compareTo(caller) > 0;
    assertThat(GrantCaps.onTrust(requested, caller).isPresent()).isEqualTo(above);
    assertThat(GrantCaps.onApiKey(requested, caller).map(ApiError::code))
        .isEqualTo(
            above
                ? Optional.of("RoleExceedsCreator")
                : requested.permits(Role.ADMIN)
                    ? Optional.of("OwnerAdminNotMintableAsApiKey")
                    : Optional.empty());
    assertThat(GrantCaps.onMember(requested, caller).map(ApiError::code))
        .isEqualTo(
            requested == Role.OWNER
                ? Optional.of("OwnerRoleNotAssignable")
                : above ? Optional.of("RoleExceedsCreator") : Optional.empty());
  }

  @Example
  void keys_have_their_form_and_only_their_hash_is_kept() {
    String key = ApiKeySecret.create(new java.security.SecureRandom());
    assertThat(key).matches("apikey:[A-Za-z0-9]{128}");
    assertThat(ApiKeySecret.hash("apikey:x"))
        .isEqualTo(ApiKeySecret.hash(new String("apikey:x".toCharArray())))
        .hasSize(44)
        .isNotEqualTo(ApiKeySecret.hash("apikey:y"));
    assertThat(ApiKeySecret.sameHash(ApiKeySecret.hash(key), ApiKeySecret.hash(key))).isTrue();
    assertThat(ApiKeySecret.sameHash(ApiKeySecret.hash(key), "")).isFalse();
  }
}
