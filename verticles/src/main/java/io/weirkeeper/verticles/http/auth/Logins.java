package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.AuthRules;
import io.weirkeeper.core.auth.Membership;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.core.auth.ProvisionPlan;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import io.weirkeeper.core.auth.TenantChoice;
import io.weirkeeper.core.auth.TokenClaims;
import io.weirkeeper.core.auth.TokenRules;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.MemberStore;
import io.weirkeeper.verticles.actor.Identifiers;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Callers who logged in at the configured identity provider (spec: auth §4, §6). */
final class Logins {
  private static final Logger LOG = LoggerFactory.getLogger(Logins.class);

  /** What a login hears that can't be resolved, though nothing is wrong with it. */
  static final Admission NO_DATABASE =
      new Admission.Rejected("Database error while resolving the login");

  /** A login that loses the race for a new tenant joins it at the next attempt. */
  private static final int PROVISION_ATTEMPTS = 3;

  /** A user's profile is asked for again after this, though they have not logged in anew. */
  private static final Duration PROFILE_AGE = Duration.ofHours(24);

  private static final int PROFILES = 10_000;
  private static final int MAX_PROFILE_TEXT = 1_000;

  private final AuthRules rules;
  private final AccessStores stores;
  private final KeyFetch fetch;
  private final IssuerKeys keys;
  private final Identifiers ids;
  private final Clock clock;

  /** Logins whose profile was asked for, as subject and time of the login. */
  private final Cache<String, Boolean> profiles =
      Caffeine.newBuilder().maximumSize(PROFILES).expireAfterWrite(PROFILE_AGE).build();

  Logins(
      Vertx vertx,
      AuthenticationSettings settings,
      AccessStores stores,
      KeyFetch fetch,
      Identifiers ids,
      Clock clock) {
    this.rules = settings.rules();
    this.stores = stores;
    this.fetch = fetch;
    this.ids = ids;
    this.clock = clock;
    String direct =
        rules.provider() == AuthRules.Provider.AWS_COGNITO
            ? rules.issuer() + "/.well-known/jwks.json"
            : null;
    this.keys =
        new IssuerKeys(
            vertx,
            new IssuerKeys.Source(
                rules.issuer(), direct, false, settings.keyTimes().loginInterval(), true),
            settings.keyTimes(),
            fetch);
    keys.warm();
  }

  /**
   * Judges a token of the configured issuer.
   *
   * @param header value of {@code Feldera-Tenant}, or null
   * @param checked whether its signature is known to be good
   */
  Future<BearerAuthenticator.Finding> admit(SignedToken token, String header, boolean checked) {
    Optional<String> flaw = TokenRules.flawOfLogin(rules, token.claims(), clock.instant());
    if (flaw.isPresent()) {
      return BearerAuthenticator.refuse(flaw.get());
    }
    Future<Boolean> signed = checked ? Future.succeededFuture(true) : keys.signed(token);
    return signed
        .map(good -> good ? "" : "The signature is wrong")
        .otherwise(Throwable::getMessage)
        .compose(
            trouble ->
                trouble.isEmpty()
                    ? admitSigned(token, header)
                    : BearerAuthenticator.refuse(trouble));
  }

  /** What a login may do now whose token was accepted before. */
  Future<BearerAuthenticator.Finding> rights(SignedToken token, String header) {
    return admitSigned(token, header);
  }

  private Future<BearerAuthenticator.Finding> admitSigned(SignedToken token, String header) {
    TokenClaims login = token.claims();
    if (!rules.admitsGroupsOf(login)) {
      return finding(
          token, new Admission.Rejected("User does not belong to required groups for access."));
    }
    Actor actor = new Actor(Actor.Kind.USER, login.issuer(), login.subject());
    Future<Admission> admission =
        rules.isOwner(login) ? owner(actor, login, header) : member(actor, login, header);
    return admission
        .onSuccess(done -> profile(token))
        .recover(
            failure -> {
              LOG.warn("Login not resolved: {}", failure.toString());
              return Future.succeededFuture(NO_DATABASE);
            })
        .compose(done -> finding(token, done));
  }

  private static Future<BearerAuthenticator.Finding> finding(
      SignedToken token, Admission admission) {
    return Future.succeededFuture(
        new BearerAuthenticator.Finding(
            admission, token.claims().expiresAt().plus(TokenRules.LEEWAY)));
  }

  private Future<Admission> member(Actor actor, TokenClaims login, String header) {
    return provisioned(login, ProvisionPlan.of(rules, login, header), PROVISION_ATTEMPTS)
        .map(memberships -> TenantChoice.ofMember(actor, memberships, header));
  }

  /** The memberships of a login after what it is to make and join was made and joined. */
  private Future<List<Membership>> provisioned(
      TokenClaims login, ProvisionPlan plan, int attempts) {
    return stores
        .members()
        .memberships(login.issuer(), login.subject())
        .compose(
            known -> {
              Set<String> names =
                  known.orElse(List.of()).stream()
                      .map(Membership::tenantName)
                      .collect(Collectors.toSet());
              boolean last = attempts == 0;
              if (last || (known.isPresent() && plan.isFulfilledBy(names))) {
                return Future.succeededFuture(known.orElse(List.of()));
              }
              return provision(login, plan)
                  .compose(
                      done ->
                          // Only a tenant that must be there by now is worth another look.
                          provisioned(
                              login,
                              new ProvisionPlan(plan.makeAndJoin(), List.of(), plan.origin()),
                              attempts - 1));
            });
  }

  private Future<Void> provision(TokenClaims login, ProvisionPlan plan) {
    return stores
        .members()
        .provision(
            loginOf(login),
            BearerAuthenticator.newId(ids, clock),
            plan,
            BearerAuthenticator.newId(ids, clock),
            rules.firstUserRole(),
            rules.defaultRole());
  }

  private static MemberStore.Login loginOf(TokenClaims login) {
    return new MemberStore.Login(
        login.issuer(), login.subject(), login.email(), login.emailVerified(), login.displayName());
  }

  // ---- owners

  private Future<Admission> owner(Actor actor, TokenClaims login, String header) {
    return provisioned(login, ProvisionPlan.NOTHING, 1)
        .compose(
            memberships ->
                ownersTenant(login, header)
                    .map(
                        found ->
                            found
                                .<Admission>map(
                                    tenant ->
                                        new Admission.Admitted(
                                            new Principal(
                                                tenant.id(),
                                                tenant.name(),
                                                Role.OWNER,
                                                actor,
                                                memberships)))
                                .orElseGet(
                                    () ->
                                        new Admission.Refused(
                                            AccessErrors.unknownTenantName(
                                                header == null ? "default" : header)))));
  }

  private Future<Optional<Tenant>> ownersTenant(TokenClaims login, String header) {
    if (header != null) {
      return stores.tenants().findByIdOrName(header);
    }
    String home =
        login.tenants().size() == 1
            ? login.tenants().get(0)
            : ProvisionPlan.homeTenant(rules, login);
    if (home == null) {
      return stores.tenants().find(Tenant.DEFAULT_ID);
    }
    if (rules.provisionOnLogin()) {
      return stores
          .tenants()
          .create(BearerAuthenticator.newId(ids, clock), home, rules.issuer())
          .map(made -> Optional.of(made.tenant()));
    }
    return stores
        .tenants()
        .findByIdOrName(home)
        .compose(
            found ->
                found.isPresent()
                    ? Future.succeededFuture(found)
                    : stores.tenants().find(Tenant.DEFAULT_ID));
  }

  // ---- profiles

  /** Asks for e-mail and name of a user in the background, once for each time they log in. */
  private void profile(SignedToken token) {
    TokenClaims login = token.claims();
    if (login.authTime() == null || keys.userInfoUrl().isEmpty()) {
      return;
    }
    String occasion = login.authTime() + " " + login.subject();
    if (profiles.asMap().putIfAbsent(occasion, true) != null) {
      return;
    }
    fetch
        .json(keys.userInfoUrl().get(), false, token.text())
        .compose(profile -> stores.members().profile(profileOf(login, profile)))
        .onFailure(failure -> LOG.info("Profile of a user not stored: {}", failure.toString()));
  }

  private static MemberStore.Login profileOf(TokenClaims login, JsonNode profile) {
    TokenClaims told = TokenClaims.read(profile);
    if (!login.subject().equals(told.subject())) {
      throw new IllegalStateException("the profile is of another subject");
    }
    return new MemberStore.Login(
        login.issuer(),
        login.subject(),
        shortened(told.email()),
        told.emailVerified(),
        shortened(told.displayName()));
  }

  private static String shortened(String text) {
    return text == null || text.length() <= MAX_PROFILE_TEXT
        ? text
        : text.substring(0, MAX_PROFILE_TEXT);
  }
}
