package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.ApiKeySecret;
import io.weirkeeper.core.auth.AuthRules;
import io.weirkeeper.core.auth.OwnerTrust;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.verticles.actor.Identifiers;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Dispatches credentials by their form, and remembers those that were accepted. */
final class BearerAuthenticator implements Authenticator {
  private static final Logger LOG = LoggerFactory.getLogger(BearerAuthenticator.class);

  private final AuthenticationSettings settings;
  private final Clock clock;
  private final Generation generation;
  private final KeyFetch fetch;
  private final IssuerAddress addresses;
  private final ApiKeys apiKeys;
  private final Logins logins;
  private final Workloads workloads;
  private final FailedAttempts attempts;
  private final Cache<CredentialDigest, Remembered> remembered;

  /**
   * An accepted credential.
   *
   * @param generation before the database was read
   * @param recheckNanos from when on it is checked anew
   * @param expires when the credential itself ends
   */
  private record Remembered(
      Principal principal, long generation, long recheckNanos, Instant expires) {}

  /**
   * What a path found.
   *
   * @param expires when the credential itself ends; of use only with an admission
   */
  record Finding(Admission admission, Instant expires) {}

  BearerAuthenticator(
      Vertx vertx,
      AuthenticationSettings settings,
      AccessStores stores,
      Identifiers ids,
      Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.addresses = new IssuerAddress(vertx, settings.allowInternalIssuers());
    this.fetch =
        new KeyFetch(vertx, settings.keyTimes().fetch(), addresses, settings.authorities());
    this.generation =
        new Generation(vertx, stores.generation(), settings.poll(), settings.validity());
    this.apiKeys = new ApiKeys(vertx, stores.apiKeys(), clock, settings.recheckKey());
    this.logins = new Logins(vertx, settings, stores, fetch, ids, clock);
    this.workloads = new Workloads(vertx, settings, stores, fetch, clock);
    this.attempts =
        new FailedAttempts(settings.failures(), settings.failuresPerSecond(), System::nanoTime);
    this.remembered = Caffeine.newBuilder().maximumSize(settings.remembered()).build();
  }

  @Override
  public Principal known(HttpServerRequest request) {
    Credential credential = Credential.of(request);
    if (credential == null) {
      return null;
    }
    Remembered found = remembered.getIfPresent(CredentialDigest.of(credential));
    long now = System.nanoTime();
    return found != null
            && now - found.recheckNanos() < 0
            && generation.counts(found.generation(), now)
            && clock.instant().isBefore(found.expires())
        ? found.principal()
        : null;
  }

  @Override
  public Future<Admission> admit(HttpServerRequest request) {
    Credential credential = Credential.of(request);
    if (credential == null) {
      return Future.succeededFuture(new Admission.Unauthenticated(""));
    }
    String source =
        request.remoteAddress() == null
            ? ""
            : String.valueOf(request.remoteAddress().hostAddress());
    if (!attempts.mayTry(source)) {
      return Future.succeededFuture(new Admission.Refused(AccessErrors.tooManyFailedAttempts()));
    }
    long before = generation.current();
    return find(credential, before)
        .otherwise(
            failure -> {
              LOG.error("A credential could not be judged", failure);
              return new Finding(new Admission.Unauthenticated("The token can't be judged"), null);
            })
        .map(Finding::admission)
        .onSuccess(
            admission -> {
              if (provesNothing(admission)) {
                attempts.failed(source);
              }
            });
  }

  private static boolean provesNothing(Admission admission) {
    return admission instanceof Admission.Unauthenticated
        || (admission instanceof Admission.Rejected && !admission.equals(Logins.NO_DATABASE));
  }

  private Future<Finding> find(Credential credential, long before) {
    if (credential.token().startsWith(ApiKeySecret.PREFIX)) {
      return apiKeys
          .admit(credential.token())
          .onSuccess(found -> remember(credential, found, before, settings.recheckKey().toNanos()));
    }
    SignedToken token = SignedToken.parse(credential.token());
    if (token == null || token.claims().issuer() == null) {
      return refuse("The token is malformed");
    }
    if (token.algorithm() == null || !settings.algorithms().contains(token.algorithm())) {
      return refuse("The token is not signed in an accepted way");
    }
    if (token.keyId() == null || token.extended()) {
      return refuse("The token's header lacks kid, or has crit");
    }
    Remembered last = remembered.getIfPresent(CredentialDigest.of(credential));
    long left = last == null ? 0 : last.recheckNanos() - System.nanoTime();
    // Only the tenant and the role are asked for anew as long as the signature need not be.
    boolean checked = left > 0;
    long recheck = checked ? left : settings.recheckToken().toNanos();
    Future<Finding> found =
        token.claims().issuer().equals(settings.rules().issuer())
            ? logins.admit(token, credential.tenant(), checked)
            : workloads.admit(token, credential.tenant(), checked);
    return found.onSuccess(finding -> remember(credential, finding, before, recheck));
  }

  static Future<Finding> refuse(String reason) {
    return Future.succeededFuture(new Finding(new Admission.Unauthenticated(reason), null));
  }

  private void remember(Credential credential, Finding found, long before, long recheckNanos) {
    if (found.admission() instanceof Admission.Admitted admitted) {
      remembered.put(
          CredentialDigest.of(credential),
          new Remembered(
              admitted.principal(), before, System.nanoTime() + recheckNanos, found.expires()));
    }
  }

  @Override
  public long generation() {
    return generation.current();
  }

  @Override
  public Standing standing(HttpServerRequest request) {
    Credential credential = Credential.of(request);
    return credential == null ? null : () -> again(credential);
  }

  private Future<Admission> again(Credential credential) {
    Future<Finding> found;
    SignedToken token = SignedToken.parse(credential.token());
    if (credential.token().startsWith(ApiKeySecret.PREFIX)) {
      found = apiKeys.admit(credential.token());
    } else if (token == null) {
      found = refuse("The token is malformed");
    } else if (settings.rules().issuer().equals(token.claims().issuer())) {
      found = logins.rights(token, credential.tenant());
    } else {
      found = workloads.rights(token.claims(), credential.tenant());
    }
    return found
        .map(Finding::admission)
        .map(
            admission ->
                admission.equals(Logins.NO_DATABASE)
                    ? new Admission.Refused(ApiErrors.databaseUnavailable("the login's rights"))
                    : admission)
        .otherwise(
            failure -> {
              LOG.error("A caller could not be judged again", failure);
              return new Admission.Refused(ApiErrors.databaseUnavailable(failure.toString()));
            });
  }

  @Override
  public void forget() {
    generation.forget();
  }

  @Override
  public String issuer() {
    return settings.rules().issuer();
  }

  @Override
  public ObjectNode configuration() {
    AuthRules rules = settings.rules();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (rules.provider() == AuthRules.Provider.AWS_COGNITO) {
      ObjectNode cognito = json.putObject("AwsCognito");
      cognito.put("issuer", rules.issuer());
      cognito.put("login_url", settings.loginUrl());
      cognito.put("logout_url", settings.logoutUrl());
    } else {
      ObjectNode oidc = json.putObject("GenericOidc");
      oidc.put("issuer", rules.issuer());
      oidc.put("client_id", rules.clientId());
      ArrayNode scopes = oidc.putArray("extra_oidc_scopes");
      if (!rules.authorizedGroups().isEmpty()) {
        scopes.add("groups");
      }
    }
    return json;
  }

  @Override
  public ObjectNode owners() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode owners = json.putArray("owners");
    settings.rules().owners().forEach(owners::add);
    ArrayNode trusts = json.putArray("owner_trusts");
    for (OwnerTrust trust : settings.rules().ownerTrusts()) {
      trusts
          .addObject()
          .put("issuer", trust.issuer())
          .put("subject", trust.subject())
          .put("audience", trust.audience());
    }
    return json;
  }

  @Override
  public Future<String> flawOfIssuer(String url) {
    return addresses.flaw(url);
  }

  @Override
  public void close() {
    generation.close();
    apiKeys.close();
    fetch.close();
    addresses.close();
  }

  /** The id of something new, for the paths that make tenants and users. */
  static UUID newId(Identifiers ids, Clock clock) {
    return ids.uuid7(clock.instant());
  }
}
