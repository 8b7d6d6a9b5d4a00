package io.weirkeeper.verticles.http;

import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.AuthRules;
import io.weirkeeper.core.auth.OwnerTrust;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.PostgresUri;
import io.weirkeeper.verticles.http.auth.AuthenticationSettings;
import io.weirkeeper.verticles.http.auth.AuthenticationSettings.KeyTimes;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.pipeline.Ids;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** A front that asks who its callers are: real database, real tokens, a testing issuer. */
final class AccessFixture implements AutoCloseable {
  static final String OWNER = "the-owner";

  /** A clock that a test can put forward. */
  static final class ShiftedClock extends Clock {
    volatile Duration shift = Duration.ZERO;

    @Override
    public java.time.ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(shift);
    }
  }

  final Vertx vertx = Vertx.vertx();
  final PostgresUri uri = TestingDatabase.create();
  final Database database = TestingDatabase.open(vertx, uri);
  final AccessStores stores = database.access();
  final TestingIssuer issuer = new TestingIssuer(vertx);
  final ShiftedClock clock = new ShiftedClock();
  final Fixture front;

  AccessFixture() {
    this(same -> same, same -> same);
  }

  AccessFixture(UnaryOperator<AuthRules> rules, UnaryOperator<AuthenticationSettings> change) {
    AuthRules changed = rules.apply(rules(issuer.issuer()));
    // Short intervals, so that no test waits for a day or a minute.
    AuthenticationSettings settings =
        AuthenticationSettings.of(changed)
            .with(Set.of("RS256"), true, "", "")
            .withTimes(
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                new KeyTimes(
                    Duration.ofSeconds(120),
                    Duration.ofHours(24),
                    Duration.ofMillis(50),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(5)));
    front =
        new Fixture(
            same -> same,
            vertx,
            each -> Authenticator.bearer(each, change.apply(settings), stores, Ids.SECURE, clock),
            stores,
            database.audit());
  }

  static AuthRules rules(String issuer) {
    return rules(issuer, true, List.of(), List.of());
  }

  static AuthRules rules(
      String issuer, boolean provision, List<String> groups, List<OwnerTrust> trusts) {
    return new AuthRules(
        AuthRules.Provider.GENERIC_OIDC,
        issuer,
        "console",
        "feldera-api",
        groups,
        false,
        true,
        provision,
        Role.READ,
        Role.ADMIN,
        List.of(OWNER),
        trusts);
  }

  HttpRequest.Builder request(String path, String credential) {
    HttpRequest.Builder request = front.request(path);
    return credential == null ? request : request.header("Authorization", "Bearer " + credential);
  }

  HttpResponse<String> get(String path, String credential) {
    return front.send(request(path, credential));
  }

  HttpResponse<String> get(String path, String credential, String tenant) {
    return front.send(request(path, credential).header("Feldera-Tenant", tenant));
  }

  HttpResponse<String> json(String method, String path, String credential, String body) {
    return front.send(
        request(path, credential)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"'))));
  }

  HttpResponse<String> delete(String path, String credential) {
    return front.send(request(path, credential).DELETE());
  }

  /** A token that lists its tenants. */
  String member(String subject, String... tenants) {
    return issuer.token(
        subject,
        claims -> {
          var list = claims.putArray("tenants");
          for (String tenant : tenants) {
            list.add(tenant);
          }
          return claims;
        });
  }

  /** A member of a tenant with a role, by the store; the tenant is made when it is missing. */
  String memberWithRole(String subject, String tenant, Role role) {
    UUID id =
        Fixture.await(stores.tenants().create(UUID.randomUUID(), tenant, issuer.issuer()))
            .tenant()
            .id();
    Fixture.await(
        stores
            .members()
            .add(
                UUID.randomUUID(),
                id,
                new io.weirkeeper.store.MemberStore.Login(
                    issuer.issuer(), subject, null, false, null),
                role));
    return member(subject, tenant);
  }

  /** A new API key of the caller's tenant. */
  String key(String credential, String name, String role) {
    HttpResponse<String> made =
        json("POST", "/v0/api_keys", credential, "{'name':'" + name + "','role':'" + role + "'}");
    if (made.statusCode() != 201) {
      throw new AssertionError(made.statusCode() + " " + made.body());
    }
    return Fixture.parse(made).get("api_key").textValue();
  }

  Map<String, String> session(HttpResponse<String> answer) {
    var json = Fixture.parse(answer);
    return Map.of("tenant", json.path("tenant_name").asText(), "role", json.path("role").asText());
  }

  @Override
  public void close() {
    Fixture.await(database.close());
    front.close();
  }
}
