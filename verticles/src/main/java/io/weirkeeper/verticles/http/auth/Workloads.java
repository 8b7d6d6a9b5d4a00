package io.weirkeeper.verticles.http.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.AuthRules;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import io.weirkeeper.core.auth.TenantChoice;
import io.weirkeeper.core.auth.TokenClaims;
import io.weirkeeper.core.auth.TokenRules;
import io.weirkeeper.core.auth.Trust;
import io.weirkeeper.store.AccessStores;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * Callers with tokens of other issuers, which a tenant or the deployment trusts (spec: auth §8).
 */
final class Workloads {
  /** Most issuers whose keys are kept. */
  private static final int ISSUERS = 64;

  private final Vertx vertx;
  private final AuthenticationSettings settings;
  private final AuthRules rules;
  private final AccessStores stores;
  private final KeyFetch fetch;
  private final Clock clock;
  private final Cache<String, IssuerKeys> issuers =
      Caffeine.newBuilder().maximumSize(ISSUERS).build();

  Workloads(
      Vertx vertx,
      AuthenticationSettings settings,
      AccessStores stores,
      KeyFetch fetch,
      Clock clock) {
    this.vertx = vertx;
    this.settings = settings;
    this.rules = settings.rules();
    this.stores = stores;
    this.fetch = fetch;
    this.clock = clock;
  }

  /**
   * Judges a token of another issuer.
   *
   * @param header value of {@code Feldera-Tenant}, or null
   * @param checked whether its signature is known to be good
   */
  Future<BearerAuthenticator.Finding> admit(SignedToken token, String header, boolean checked) {
    TokenClaims claims = token.claims();
    Optional<String> flaw = TokenRules.flawOfAny(claims, clock.instant());
    if (flaw.isPresent()) {
      return BearerAuthenticator.refuse(flaw.get());
    }
    boolean owners =
        rules.ownerTrusts().stream().anyMatch(each -> each.issuer().equals(claims.issuer()));
    return stores
        .trusts()
        .inIssuer(claims.issuer())
        .compose(
            trusts -> {
              // Nobody is asked for keys of an issuer that nobody here has named.
              if (!owners && trusts.isEmpty()) {
                return BearerAuthenticator.refuse("The token's issuer is not trusted");
              }
              return signed(token, checked, owners)
                  .compose(
                      trouble ->
                          trouble.isEmpty()
                              ? choose(claims, trusts, header)
                                  .map(admission -> finding(claims, admission))
                              : BearerAuthenticator.refuse(trouble));
            })
        .recover(
            failure ->
                Future.succeededFuture(
                    finding(
                        claims,
                        new Admission.Refused(
                            ApiErrors.databaseUnavailable(failure.getMessage())))));
  }

  /** What a workload may do now whose token was accepted before. */
  Future<BearerAuthenticator.Finding> rights(TokenClaims claims, String header) {
    return stores
        .trusts()
        .inIssuer(claims.issuer())
        .compose(trusts -> choose(claims, trusts, header))
        .map(admission -> finding(claims, admission))
        .recover(
            failure ->
                Future.succeededFuture(
                    finding(
                        claims,
                        new Admission.Refused(
                            ApiErrors.databaseUnavailable(failure.getMessage())))));
  }

  private static BearerAuthenticator.Finding finding(TokenClaims claims, Admission admission) {
    return new BearerAuthenticator.Finding(admission, claims.expiresAt().plus(TokenRules.LEEWAY));
  }

  private Future<String> signed(SignedToken token, boolean checked, boolean named) {
    if (checked) {
      return Future.succeededFuture("");
    }
    String issuer = token.claims().issuer();
    IssuerKeys keys =
        issuers.get(
            (named ? "named " : "registered ") + issuer,
            any ->
                new IssuerKeys(
                    vertx,
                    new IssuerKeys.Source(
                        issuer, null, !named, settings.keyTimes().trustInterval(), false),
                    settings.keyTimes(),
                    fetch));
    return keys.signed(token)
        .map(good -> good ? "" : "The signature is wrong")
        // What exactly went wrong is for the log: it would tell about the network here.
        .otherwise("The signature can't be checked");
  }

  private Future<Admission> choose(TokenClaims claims, List<Trust> trusts, String header) {
    Actor actor = new Actor(Actor.Kind.WORKLOAD, claims.issuer(), claims.subject());
    Future<Optional<Tenant>> named =
        header == null
            ? Future.succeededFuture(Optional.empty())
            : stores.tenants().findByIdOrName(header);
    if (rules.isTrustedOwner(claims)) {
      Future<Optional<Tenant>> tenant =
          header == null ? stores.tenants().find(Tenant.DEFAULT_ID) : named;
      return tenant.map(
          found ->
              found
                  .<Admission>map(
                      each ->
                          new Admission.Admitted(
                              Principal.in(each.id(), each.name(), Role.OWNER, actor)))
                  .orElseGet(
                      () ->
                          new Admission.Refused(
                              AccessErrors.unknownTenantName(
                                  header == null ? Tenant.DEFAULT_NAME : header))));
    }
    List<Trust> matching = trusts.stream().filter(each -> each.matches(claims)).toList();
    return named.map(found -> TenantChoice.ofWorkload(actor, matching, found, header));
  }
}
