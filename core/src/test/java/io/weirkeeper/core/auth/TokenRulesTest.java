package io.weirkeeper.core.auth;

import static io.weirkeeper.core.auth.Tokens.ISSUER;
import static io.weirkeeper.core.auth.Tokens.RULES;
import static io.weirkeeper.core.auth.Tokens.claims;
import static io.weirkeeper.core.auth.Tokens.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenRulesTest {
  private static final Instant NOW = Instant.ofEpochSecond(1500);

  @Test
  void a_login_with_all_that_is_asked_for_has_no_flaw() {
    assertThat(TokenRules.flawOfLogin(RULES, login(""), NOW)).isEmpty();
    assertThat(
            TokenRules.flawOfLogin(
                RULES, login(",'client_id':'console','token_use':'access'"), NOW))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'iss':'ISSUER','aud':'feldera-api','exp':2000,'iat':1}",
        "{'iss':'ISSUER','sub':'','aud':'feldera-api','exp':2000,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':'2000','iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':-5,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':1e300,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':2000}",
        "{'iss':'ISSUER/','sub':'ann','aud':'feldera-api','exp':2000,'iat':1}",
        "{'sub':'ann','aud':'feldera-api','exp':2000,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'other','exp':2000,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','exp':2000,'iat':1}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':2000,'iat':1,'client_id':'x'}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':2000,'iat':1,'token_use':'id'}",
        "{'iss':'ISSUER','sub':'ann','aud':'feldera-api','exp':2000,'iat':1,'nbf':1561}",
      })
  void each_missing_or_wrong_claim_is_a_flaw(String json) {
    assertThat(TokenRules.flawOfLogin(RULES, claims(json.replace("ISSUER", ISSUER)), NOW))
        .isPresent();
  }

  @Test
  void clocks_may_differ_by_a_minute_and_no_more() {
    assertThat(TokenRules.flawOfLogin(RULES, login(""), Instant.ofEpochSecond(2059))).isEmpty();
    assertThat(TokenRules.flawOfLogin(RULES, login(""), Instant.ofEpochSecond(2060))).isPresent();
    TokenClaims early = login(",'nbf':1560");
    assertThat(TokenRules.flawOfLogin(RULES, early, Instant.ofEpochSecond(1500))).isEmpty();
    assertThat(TokenRules.flawOfLogin(RULES, early, Instant.ofEpochSecond(1499))).isPresent();
  }

  @Test
  void tokens_of_cognito_need_no_audience() {
    AuthRules cognito = AuthRules.of(AuthRules.Provider.AWS_COGNITO, ISSUER, "console");
    TokenClaims token =
        claims("{'iss':'" + ISSUER + "','sub':'ann','exp':2000,'iat':1,'token_use':'access'}");
    assertThat(TokenRules.flawOfLogin(cognito, token, NOW)).isEmpty();
    assertThat(TokenRules.flawOfLogin(RULES, token, NOW)).isPresent();
  }

  @Test
  void tenants_are_an_array_or_a_list_with_commas_and_win_over_tenant() {
    assertThat(login(",'tenants':['a','','b','a',3]").tenants()).containsExactly("a", "b");
    assertThat(login(",'tenants':' a, b ,,','tenant':'c'").tenants()).containsExactly("a", "b");
    assertThat(login(",'tenants':['',' '],'tenant':'c,d'").tenants()).containsExactly("c,d");
    assertThat(login(",'tenants':[],'tenant':''").tenants()).isEmpty();
  }

  @Test
  void only_a_verified_address_is_one() {
    assertThat(login(",'email':'a@x','email_verified':true").emailVerified()).isTrue();
    assertThat(login(",'email':'a@x','email_verified':'true'").emailVerified()).isTrue();
    assertThat(login(",'email':'a@x','email_verified':'yes'").emailVerified()).isFalse();
    assertThat(login(",'email':'a@x'").emailVerified()).isFalse();
  }

  @Test
  void owners_are_named_by_subject_verified_address_or_issuer_with_subject() {
    assertThat(Tokens.owners(List.of("ann"), List.of()).isOwner(login(""))).isTrue();
    assertThat(Tokens.owners(List.of(ISSUER + " ann"), List.of()).isOwner(login(""))).isTrue();
    assertThat(Tokens.owners(List.of("https://other ann"), List.of()).isOwner(login(""))).isFalse();
    AuthRules byAddress = Tokens.owners(List.of("a@x"), List.of());
    assertThat(byAddress.isOwner(login(",'email':'a@x','email_verified':true"))).isTrue();
    assertThat(byAddress.isOwner(login(",'email':'a@x','email_verified':false"))).isFalse();
    assertThat(byAddress.isOwner(login(""))).isFalse();
  }

  @Test
  void an_owner_trust_wants_issuer_subject_and_audience() {
    OwnerTrust trust = new OwnerTrust(ISSUER, "a*", "feldera-*");
    assertThat(Tokens.owners(List.of(), List.of(trust)).isOwner(login(""))).isTrue();
    assertThat(new OwnerTrust(ISSUER, "b*", null).matches(login(""))).isFalse();
    assertThat(new OwnerTrust(ISSUER, "a*", "other").matches(login(""))).isFalse();
    assertThat(new OwnerTrust("https://*", "a*", null).matches(login(""))).isFalse();
  }

  @Test
  void one_authorized_group_is_enough() {
    AuthRules rules = Tokens.provisioning(false, true, true);
    assertThat(rules.admitsGroupsOf(login(",'groups':['ops','dev']"))).isTrue();
    assertThat(rules.admitsGroupsOf(login(",'groups':['ops']"))).isFalse();
    assertThat(rules.admitsGroupsOf(login(",'groups':'dev'"))).isFalse();
    assertThat(RULES.admitsGroupsOf(login(""))).isTrue();
  }
}
