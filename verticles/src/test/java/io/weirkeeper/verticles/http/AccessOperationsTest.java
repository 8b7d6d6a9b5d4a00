package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.auth.OwnerTrust;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.Database;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessOperationsTest {
  private static final String SESSION = "/v0/config/session";
  private AccessFixture fixture;
  private TestingIssuer workloads;
  private String owner;
  private String admin;
  private String writer;

  @BeforeEach
  void open() {
    fixture = new AccessFixture();
    owner = fixture.issuer.token(AccessFixture.OWNER);
    admin = fixture.memberWithRole("boss", "acme", Role.ADMIN);
    writer = fixture.memberWithRole("ann", "acme", Role.WRITE);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static void assertError(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(code(answer)).isEqualTo(code);
    assertThat(parse(answer).has("details")).isTrue();
    assertThat(parse(answer).get("message").asText()).isNotEmpty();
  }

  @Test
  void aKeyIsShownOnceActsInItsTenantAndIsWorthNothingOnceDeleted() {
    HttpResponse<String> made = fixture.json("POST", "/v0/api_keys", writer, "{'name':'ci'}");
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(made.headers().firstValue("Cache-Control")).contains("no-cache");
    String key = parse(made).get("api_key").asText();
    assertThat(key).matches("apikey:[A-Za-z0-9]{128}");
    assertThat(fixture.session(fixture.get(SESSION, key, "elsewhere")))
        .isEqualTo(Map.of("tenant", "acme", "role", "read"));
    HttpResponse<String> found = fixture.get("/v0/api_keys/ci", writer);
    assertThat(found.body())
        .isEqualTo("[{\"id\":" + parse(made).get("id") + ",\"name\":\"ci\",\"role\":\"read\"}]");
    assertThat(fixture.get("/v0/api_keys", writer).body()).isEqualTo(found.body());
    assertError(
        fixture.json("POST", "/v0/api_keys", writer, "{'name':'ci'}"), 409, "DuplicateName");
    HttpResponse<String> gone = fixture.delete("/v0/api_keys/ci", writer);
    assertThat(gone.statusCode()).isEqualTo(200);
    assertThat(gone.body()).isEmpty();
    HttpResponse<String> refused = fixture.get(SESSION, key);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body())
        .isEqualTo(
            "{\"message\":\"Unauthorized API key\",\"error_code\":\"AuthenticationFailed\"}");
    assertThat(refused.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(refused.headers().firstValue("WWW-Authenticate")).isEmpty();
    assertError(fixture.delete("/v0/api_keys/ci", writer), 404, "UnknownApiKey");
    assertThat(fixture.get(SESSION, "apikey:short").statusCode()).isEqualTo(401);
  }

  @Test
  void whoAsksIsToldWhenAKeyWasMadeAndLastUsed() {
    try (AccessFixture quick =
        new AccessFixture(
            same -> same,
            settings ->
                settings.withTimes(
                    settings.recheckToken(),
                    Duration.ofMillis(50),
                    settings.poll(),
                    settings.validity(),
                    settings.keyTimes()))) {
      String ann = quick.memberWithRole("ann", "acme", Role.WRITE);
      HttpResponse<String> made =
          quick.json(
              "POST", "/v0/api_keys", ann, "{'name':'ci','expires_at':'2100-01-01T00:00:00Z'}");
      JsonNode unused = parse(quick.get("/v0/api_keys/ci?selector=all", ann)).get(0);
      assertThat(unused.get("expires_at").asText()).isEqualTo("2100-01-01T00:00:00Z");
      assertThat(Instant.parse(unused.get("created_at").asText())).isBefore(Instant.now());
      assertThat(unused.get("last_used_at").isNull()).isTrue();

      quick.get(SESSION, parse(made).get("api_key").asText());
      Fixture.until(
          "the use of the key to be recorded",
          () ->
              !parse(quick.get("/v0/api_keys?selector=all", ann))
                  .get(0)
                  .get("last_used_at")
                  .isNull());
      assertThat(quick.get("/v0/api_keys?selector=other", ann).statusCode()).isEqualTo(400);
    }
  }

  @Test
  void nobodyMakesAKeyThatMayMoreThanTheyDo() {
    for (String role : List.of("admin", "owner")) {
      assertError(
          fixture.json("POST", "/v0/api_keys", writer, "{'name':'k','role':'" + role + "'}"),
          403,
          "RoleExceedsCreator");
    }
    assertError(
        fixture.json("POST", "/v0/api_keys", admin, "{'name':'k','role':'admin'}"),
        403,
        "OwnerAdminNotMintableAsApiKey");
    assertError(
        fixture.json("POST", "/v0/api_keys", owner, "{'name':'k','role':'owner'}"),
        403,
        "OwnerAdminNotMintableAsApiKey");
    assertThat(fixture.json("POST", "/v0/api_keys", writer, "{'name':'k','role':'king'}").body())
        .startsWith("Json deserialize error: ");
    assertError(fixture.json("POST", "/v0/api_keys", writer, "{'name':''}"), 400, "EmptyName");
    assertError(
        fixture.json("POST", "/v0/api_keys", writer, "{'name':'a b'}"),
        400,
        "NameDoesNotMatchPattern");
    String reader = fixture.key(writer, "r", "read");
    assertError(
        fixture.json("POST", "/v0/api_keys", reader, "{'name':'x'}"),
        403,
        "InsufficientPermissions");
    assertError(fixture.get("/v0/api_keys/%ff", writer), 400, "InvalidNameParam");
  }

  @Test
  void aKeyExpires() {
    String later = Instant.now().plusSeconds(600).toString();
    String key =
        parse(
                fixture.json(
                    "POST",
                    "/v0/api_keys",
                    writer,
                    "{'name':'short','expires_at':'" + later + "'}"))
            .get("api_key")
            .asText();
    assertThat(fixture.get(SESSION, key).statusCode()).isEqualTo(200);
    fixture.clock.shift = Duration.ofSeconds(601);
    assertThat(fixture.get(SESSION, key).statusCode()).isEqualTo(401);
  }

  @Test
  void whatIsRevokedOnAnotherNodeIsRefusedHereWithinASecond() {
    String key = fixture.key(writer, "ci", "read");
    assertThat(fixture.get(SESSION, key).statusCode()).isEqualTo(200);
    Database other = TestingDatabase.open(fixture.vertx, fixture.uri);
    AccessStores elsewhere = other.access();
    Tenant acme = Fixture.await(elsewhere.tenants().findByIdOrName("acme")).orElseThrow();
    Fixture.await(elsewhere.apiKeys().delete(acme.id(), "ci"));
    long deleted = System.nanoTime();
    Fixture.until("the key is refused", () -> fixture.get(SESSION, key).statusCode() == 401);
    assertThat(Duration.ofNanos(System.nanoTime() - deleted)).isLessThan(Duration.ofSeconds(1));
    Fixture.await(other.close());
  }

  @Test
  void withoutTheDatabaseNobodyIsRememberedForLongerThanTheBound() {
    String key = fixture.key(writer, "ci", "read");
    assertThat(fixture.get(SESSION, key).statusCode()).isEqualTo(200);
    assertThat(fixture.get(SESSION, writer).statusCode()).isEqualTo(200);
    Fixture.await(fixture.database.close());
    Fixture.until(
        "the key is not vouched for", () -> fixture.get(SESSION, key).statusCode() == 503);
    HttpResponse<String> refused = fixture.get(SESSION, writer);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).contains("Database error", "AuthenticationFailed");
  }

  @Test
  void ownersRuleOverTenants() {
    HttpResponse<String> made = fixture.json("POST", "/v0/tenants", owner, "{'name':'team'}");
    assertThat(made.statusCode()).isEqualTo(201);
    String id = parse(made).get("id").asText();
    assertThat(parse(made).get("initial_provider").asText()).isEqualTo(fixture.issuer.issuer());
    HttpResponse<String> again = fixture.json("POST", "/v0/tenants", owner, "{'name':'team'}");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.body()).isEqualTo(made.body());
    for (String path : List.of("/v0/tenants/team", "/v0/tenants/" + id)) {
      assertThat(fixture.get(path, owner).body()).isEqualTo(made.body());
    }
    assertError(fixture.get("/v0/tenants/nobody", owner), 404, "UnknownTenantName");
    String renamed = "/v0/tenants/" + Tenant.DEFAULT_ID;
    assertError(fixture.json("PATCH", renamed, owner, "{'name':'team'}"), 409, "DuplicateName");
    HttpResponse<String> displaced =
        fixture.json("PATCH", renamed, owner, "{'name':'team','displace_existing':true}");
    assertThat(displaced.statusCode()).isEqualTo(200);
    assertThat(parse(displaced).get("displaced").get("name").asText())
        .isEqualTo("team (" + id + ")");
    assertThat(fixture.json("PATCH", renamed, owner, "{'name':'mine'}").body())
        .isEqualTo("{\"displaced\":null}");
    assertError(
        fixture.json("PATCH", "/v0/tenants/team", owner, "{'name':'x'}"), 404, "UnknownTenantName");
    String acme = parse(fixture.get("/v0/tenants/acme", owner)).get("id").asText();
    fixture.key(writer, "ci", "read");
    HttpResponse<String> kept = fixture.delete("/v0/tenants/" + acme, owner);
    assertError(kept, 409, "TenantNotEmpty");
    assertThat(parse(kept).get("details").toString())
        .isEqualTo(
            "{\"tenant_id\":\"" + acme + "\",\"pipelines\":0,\"api_keys\":1,\"oidc_trusts\":0}");
    assertThat(fixture.delete("/v0/tenants/" + id, owner).statusCode()).isEqualTo(200);
    assertError(fixture.delete("/v0/tenants/" + id, owner), 404, "UnknownTenantName");
    assertThat(parse(fixture.get("/v0/tenants", owner))).hasSize(3);
  }

  @Test
  void adminsRuleOverMembersAndMakeNoOwners() {
    HttpResponse<String> added =
        fixture.json(
            "POST", "/v0/tenant/users", admin, "{'subject':'new','email':'n@x','role':'write'}");
    assertThat(added.statusCode()).isEqualTo(200);
    String id = parse(added).get("user_id").asText();
    var found =
        java.util.stream.StreamSupport.stream(
                parse(fixture.get("/v0/tenant/users", admin)).spliterator(), false)
            .filter(each -> each.get("user_id").asText().equals(id))
            .findFirst()
            .orElseThrow();
    assertThat(found.toString())
        .isEqualTo(
            "{\"user_id\":\""
                + id
                + "\",\"provider\":\""
                + fixture.issuer.issuer()
                + "\",\"subject\":\"new\",\"email\":\"n@x\",\"email_verified\":false,"
                + "\"display_name\":null,\"role\":\"write\",\"origin\":\"api\"}");
    assertError(
        fixture.json("POST", "/v0/tenant/users", admin, "{'subject':'x','role':'owner'}"),
        403,
        "OwnerRoleNotAssignable");
    assertError(
        fixture.json("PUT", "/v0/tenant/users/" + id, owner, "{'role':'owner'}"),
        403,
        "OwnerRoleNotAssignable");
    assertError(
        fixture.json("PUT", "/v0/tenant/users/nobody", admin, "{'role':'read'}"),
        404,
        "UnknownUser");
    assertError(fixture.delete("/v0/tenant/users/nobody", admin), 404, "UnknownUser");
    assertThat(fixture.delete("/v0/tenant/users/" + id, admin).statusCode()).isEqualTo(200);
    assertError(fixture.delete("/v0/tenant/users/" + id, admin), 404, "UnknownUser");
    assertError(fixture.get("/v0/tenant/users", writer), 403, "InsufficientPermissions");
  }

  // ---- trusts

  private String trust(String tenantsAdmin, String name, String subject, String role) {
    HttpResponse<String> made =
        fixture.json(
            "POST",
            "/v0/oidc_trust",
            tenantsAdmin,
            "{'name':'"
                + name
                + "','issuer':'"
                + workloads.issuer()
                + "','subject':'"
                + subject
                + "','role':'"
                + role
                + "'}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return parse(made).get("id").asText();
  }

  @Test
  void aTrustedWorkloadActsWhereItIsTrustedAsLongAsItIs() {
    workloads = new TestingIssuer(fixture.vertx);
    String token = workloads.token("repo:acme/app", c -> c.put("aud", "anything"));
    assertThat(fixture.get(SESSION, token).statusCode()).isEqualTo(401);
    assertThat(workloads.discoveries.get()).as("asked before anybody trusts it").isZero();
    trust(admin, "deploy", "repo:acme/*", "write");
    assertThat(fixture.session(fixture.get(SESSION, token)))
        .isEqualTo(Map.of("tenant", "acme", "role", "write"));
    trust(admin, "more", "repo:*", "admin");
    assertThat(fixture.session(fixture.get(SESSION, token)))
        .isEqualTo(Map.of("tenant", "acme", "role", "admin"));
    String other = fixture.memberWithRole("eve", "other", Role.ADMIN);
    assertError(fixture.get(SESSION, token, "other"), 403, "OidcTenantNotTrusted");
    assertError(fixture.get(SESSION, token, "nowhere"), 404, "UnknownTenantName");
    trust(other, "theirs", "*", "read");
    assertError(fixture.get(SESSION, token), 400, "AmbiguousOidcTenant");
    assertThat(fixture.session(fixture.get(SESSION, token, "other")))
        .isEqualTo(Map.of("tenant", "other", "role", "read"));
    for (String name : List.of("deploy", "more")) {
      assertThat(fixture.delete("/v0/oidc_trust/" + name, admin).statusCode()).isEqualTo(200);
    }
    assertThat(fixture.session(fixture.get(SESSION, token)))
        .isEqualTo(Map.of("tenant", "other", "role", "read"));
    assertThat(fixture.delete("/v0/oidc_trust/theirs", other).statusCode()).isEqualTo(200);
    assertThat(fixture.get(SESSION, token).statusCode()).isEqualTo(401);
    workloads.close();
  }

  @Test
  void aTrustIsShownAsItWasMade() {
    workloads = new TestingIssuer(fixture.vertx);
    String id = trust(admin, "t", "s", "read");
    String json =
        "{\"id\":\""
            + id
            + "\",\"name\":\"t\",\"description\":null,\"issuer\":\""
            + workloads.issuer()
            + "\",\"subject\":\"s\",\"audience\":null,\"role\":\"read\"}";
    assertThat(fixture.get("/v0/oidc_trust/t", admin).body()).isEqualTo(json);
    assertThat(fixture.get("/v0/oidc_trust", admin).body()).isEqualTo("[" + json + "]");
    assertError(fixture.get("/v0/oidc_trust/x", admin), 404, "UnknownOidcTrust");
    String start = "{'name':'n','issuer':'https://i.example','subject':'s'";
    assertThat(fixture.json("POST", "/v0/oidc_trust", admin, start + ",'role':'owner'}").body())
        .startsWith("Json deserialize error: ");
    assertError(
        fixture.json(
            "POST", "/v0/oidc_trust", admin, "{'name':'n','issuer':'https://i','subject':''}"),
        400,
        "EmptyOidcTrustField");
    for (String issuer : List.of("ftp://x", "not a url", "https://u:p@i.example", "/x")) {
      assertError(
          fixture.json(
              "POST",
              "/v0/oidc_trust",
              admin,
              "{'name':'n','issuer':'" + issuer + "','subject':'s'}"),
          400,
          "InvalidOidcIssuerUrl");
    }
    workloads.close();
  }

  @Test
  void issuersInsideTheNetworkAreRefusedUnlessTheDeploymentAllowsThem() {
    fixture.close();
    fixture = new AccessFixture(s -> s, s -> s.with(java.util.Set.of("RS256"), false, "", ""));
    admin = fixture.memberWithRole("boss", "acme", Role.ADMIN);
    for (String host :
        List.of(
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "[::1]",
            "[fd00::1]",
            "0.0.0.0",
            "100.64.0.1",
            "localhost",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]")) {
      HttpResponse<String> refused =
          fixture.json(
              "POST",
              "/v0/oidc_trust",
              admin,
              "{'name':'n','issuer':'https://" + host + "/x','subject':'s'}");
      assertError(refused, 400, "InvalidOidcIssuerUrl");
    }
    assertThat(
            fixture
                .json(
                    "POST",
                    "/v0/oidc_trust",
                    admin,
                    "{'name':'n','issuer':'https://8.8.8.8/x','subject':'s'}")
                .statusCode())
        .isEqualTo(201);
  }

  @Test
  void theDeploymentMayTrustWorkloadsAsOwners() {
    fixture.close();
    TestingIssuer[] made = new TestingIssuer[1];
    io.vertx.core.Vertx vertx = io.vertx.core.Vertx.vertx();
    made[0] = new TestingIssuer(vertx);
    fixture =
        new AccessFixture(
            r ->
                AccessFixture.rules(
                    r.issuer(),
                    true,
                    List.of(),
                    List.of(new OwnerTrust(made[0].issuer(), "ops:*", "weir*"))),
            s -> s);
    String ops = made[0].token("ops:1", c -> c.put("aud", "weirkeeper"));
    assertThat(fixture.session(fixture.get(SESSION, ops)))
        .isEqualTo(Map.of("tenant", "default", "role", "owner"));
    assertError(fixture.get(SESSION, ops, "nowhere"), 404, "UnknownTenantName");
    assertThat(fixture.get(SESSION, made[0].token("ops:1")).statusCode()).isEqualTo(401);
    assertThat(fixture.get(SESSION, made[0].token("dev:1")).statusCode()).isEqualTo(401);
    Fixture.await(vertx.close());
  }

  @Test
  void bodiesThatAreNoneAreRefusedInPlainText() {
    for (String path : List.of("/v0/api_keys", "/v0/tenants", "/v0/tenant/users")) {
      HttpResponse<String> none =
          fixture.front.send(
              fixture.request(path, owner).POST(HttpRequest.BodyPublishers.noBody()));
      assertThat(none.statusCode()).isEqualTo(400);
      assertThat(none.body()).isEqualTo("Content type error");
      assertThat(fixture.json("POST", path, owner, "{}").body())
          .startsWith("Json deserialize error: ");
    }
  }
}
