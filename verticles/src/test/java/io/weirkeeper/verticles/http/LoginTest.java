package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.auth.Role;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoginTest {
  private static final String SESSION = "/v0/config/session";
  private AccessFixture fixture;

  @BeforeEach
  void open() {
    fixture = new AccessFixture();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static void assertUnauthenticated(HttpResponse<String> answer, String what) {
    assertThat(answer.statusCode()).as(what).isEqualTo(401);
    assertThat(answer.body()).as(what).isEmpty();
    assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
        .as(what)
        .startsWith("Bearer");
  }

  @Test
  void withoutACredentialEveryPathBelowV0IsClosedAndThePublicOnesAreOpen() {
    for (String path : List.of("/v0/pipelines", "/v0/nowhere", "/v0", SESSION)) {
      HttpResponse<String> answer = fixture.get(path, null);
      assertUnauthenticated(answer, path);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
    }
    assertUnauthenticated(
        fixture.front.send(fixture.front.request(SESSION).header("Authorization", "Basic x")),
        "another scheme");
    for (String path : List.of("/healthz", "/config/authentication", "/openapi.json", "/docs")) {
      assertThat(fixture.get(path, null).statusCode()).as(path).isEqualTo(200);
    }
    assertThat(parse(fixture.get("/config/authentication", null)).toString())
        .isEqualTo(
            "{\"GenericOidc\":{\"issuer\":\""
                + fixture.issuer.issuer()
                + "\",\"client_id\":\"console\",\"extra_oidc_scopes\":[]}}");
  }

  @Test
  void aFirstLoginMakesATenantOfItsOwnAndIsItsAdmin() {
    String ann = fixture.issuer.token("ann");
    assertThat(fixture.session(fixture.get(SESSION, ann)))
        .isEqualTo(Map.of("tenant", "ann", "role", "admin"));
    assertThat(fixture.get("/v0/nowhere", ann).statusCode()).isEqualTo(404);
    assertThat(fixture.get("/v0/tenants", ann).statusCode()).isEqualTo(403);
    assertThat(code(fixture.get("/v0/tenants", ann))).isEqualTo("InsufficientPermissions");
  }

  @Test
  void whatIsWrongWithATokenIs401() {
    TestingIssuer issuer = fixture.issuer;
    long now = Instant.now().getEpochSecond();
    ObjectNode good = issuer.claims("ann");
    ObjectNode none = JsonNodeFactory.instance.objectNode();
    none.put("alg", "none").put("kid", "k1");
    ObjectNode otherAlgorithm = JsonNodeFactory.instance.objectNode();
    otherAlgorithm.put("alg", "PS256").put("kid", "k1");
    ObjectNode longer = JsonNodeFactory.instance.objectNode();
    longer.put("alg", "RS512").put("kid", "k1");
    ObjectNode critical = JsonNodeFactory.instance.objectNode();
    critical.put("alg", "RS256").put("kid", "k1").putArray("crit").add("b64");
    ObjectNode noKey = JsonNodeFactory.instance.objectNode();
    noKey.put("alg", "RS256");
    ObjectNode stranger = JsonNodeFactory.instance.objectNode();
    stranger.put("alg", "RS256").put("kid", "k9");
    String token = issuer.token("ann");
    String[] parts = token.split("\\.");
    ObjectNode forged = issuer.claims("bob");
    Map<String, String> wrong =
        Map.ofEntries(
            Map.entry("expired", issuer.token("a", c -> c.put("exp", now - 61))),
            Map.entry("not yet", issuer.token("a", c -> c.put("nbf", now + 90))),
            Map.entry("audience", issuer.token("a", c -> c.put("aud", "other"))),
            Map.entry("issuer", issuer.token("a", c -> c.put("iss", "https://other.example"))),
            Map.entry("no issuer", issuer.token("a", c -> c.without("iss"))),
            Map.entry("no subject", issuer.token("a", c -> c.without("sub"))),
            Map.entry("no iat", issuer.token("a", c -> c.without("iat"))),
            Map.entry("client", issuer.token("a", c -> c.put("client_id", "other"))),
            Map.entry("use", issuer.token("a", c -> c.put("token_use", "id"))),
            Map.entry(
                "payload of another",
                parts[0] + "." + TestingIssuer.encoded(forged) + "." + parts[2]),
            Map.entry(
                "none", TestingIssuer.encoded(none) + "." + TestingIssuer.encoded(good) + "."),
            Map.entry("public key as secret", issuer.signedWithThePublicKey("k1", good)),
            Map.entry("not configured", issuer.sign(otherAlgorithm, good, issuer.privateKey("k1"))),
            Map.entry("longer digest", issuer.sign(longer, good, issuer.privateKey("k1"))),
            Map.entry("crit", issuer.sign(critical, good, issuer.privateKey("k1"))),
            Map.entry("no kid", issuer.sign(noKey, good, issuer.privateKey("k1"))),
            Map.entry("unknown kid", issuer.sign(stranger, good, issuer.privateKey("k1"))),
            Map.entry("no signature", parts[0] + "." + parts[1] + "."),
            Map.entry("two parts", parts[0] + "." + parts[1]),
            Map.entry("four parts", token + ".x"),
            Map.entry("no JSON", "a.b.c"),
            Map.entry("nothing like it", "letmein"));
    wrong.forEach((what, each) -> assertUnauthenticated(fixture.get(SESSION, each), what));
    assertThat(fixture.get(SESSION, token).statusCode()).isEqualTo(200);
  }

  @Test
  void otherSignaturesAreAcceptedWhereTheyAreConfigured() {
    fixture.close();
    fixture =
        new AccessFixture(
            same -> same, s -> s.with(Set.of("RS256", "PS256", "ES256", "EdDSA"), true, "", ""));
    TestingIssuer issuer = fixture.issuer;
    for (String algorithm : List.of("PS256", "ES256", "EdDSA")) {
      issuer.addKey(algorithm, algorithm);
      String token = issuer.sign(algorithm, issuer.claims("ann"));
      assertThat(fixture.get(SESSION, token).statusCode()).as(algorithm).isEqualTo(200);
      // A key does what its algorithm says, and nothing else.
      ObjectNode confused = JsonNodeFactory.instance.objectNode();
      confused.put("alg", "RS256").put("kid", algorithm);
      if (algorithm.equals("PS256")) {
        assertUnauthenticated(
            fixture.get(
                SESSION, issuer.sign(confused, issuer.claims("ann"), issuer.privateKey(algorithm))),
            "RS256 with a key for PS256");
      }
    }
  }

  @Test
  void clocksMayDifferByAMinute() {
    long now = Instant.now().getEpochSecond();
    String late = fixture.issuer.token("ann", c -> c.put("exp", now - 50));
    assertThat(fixture.get(SESSION, late).statusCode()).isEqualTo(200);
    fixture.clock.shift = Duration.ofSeconds(30);
    assertUnauthenticated(fixture.get(SESSION, late), "remembered, and then expired");
  }

  @Test
  void keysAreRotatedWithoutAFailedRequest() {
    TestingIssuer issuer = fixture.issuer;
    assertThat(fixture.get(SESSION, issuer.token("ann")).statusCode()).isEqualTo(200);
    for (int i = 2; i <= 5; i++) {
      issuer.addKey("k" + i, "RS256");
      issuer.removeKey("k" + (i - 1));
      List<CompletableFuture<Integer>> answers = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        String token = issuer.sign("k" + i, issuer.claims("user" + caller));
        answers.add(CompletableFuture.supplyAsync(() -> fixture.get(SESSION, token).statusCode()));
      }
      assertThat(answers).allSatisfy(each -> assertThat(each.get()).isEqualTo(200));
    }
    assertThat(issuer.keyFetches.get()).isLessThanOrEqualTo(12);
  }

  @Test
  void anOutageOfTheIssuerHurtsOnlyWhoComesWithANewKey() {
    TestingIssuer issuer = fixture.issuer;
    assertThat(fixture.get(SESSION, issuer.token("ann")).statusCode()).isEqualTo(200);
    issuer.stop();
    assertThat(fixture.get(SESSION, issuer.token("bob")).statusCode()).isEqualTo(200);
    issuer.addKey("k2", "RS256");
    String fresh = issuer.sign("k2", issuer.claims("bob"));
    assertUnauthenticated(fixture.get(SESSION, fresh), "a key that can't be fetched");
    issuer.start();
    Fixture.until("the keys are there", () -> fixture.get(SESSION, fresh).statusCode() == 200);
  }

  @Test
  void aFloodOfUnknownKeysIsAFewFetches() {
    TestingIssuer issuer = fixture.issuer;
    fixture.get(SESSION, issuer.token("ann"));
    int before = issuer.keyFetches.get();
    long began = System.nanoTime();
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      ObjectNode header = JsonNodeFactory.instance.objectNode();
      header.put("alg", "RS256").put("kid", "unknown" + i);
      String token = issuer.sign(header, issuer.claims("x"), issuer.privateKey("k1"));
      answers.add(CompletableFuture.supplyAsync(() -> fixture.get(SESSION, token)));
    }
    answers.forEach(each -> assertUnauthenticated(each.join(), "unknown key"));
    long intervals = Duration.ofNanos(System.nanoTime() - began).toMillis() / 50;
    assertThat(issuer.keyFetches.get() - before).isLessThanOrEqualTo((int) intervals + 2);
  }

  @Test
  void tenantsOfATokenAreJoinedAndOneIsChosenByTheHeader() {
    String ann = fixture.member("ann", "acme");
    assertThat(fixture.session(fixture.get(SESSION, ann)))
        .isEqualTo(Map.of("tenant", "acme", "role", "admin"));
    String bob = fixture.member("bob", "acme", "nowhere");
    assertThat(fixture.session(fixture.get(SESSION, bob)))
        .isEqualTo(Map.of("tenant", "acme", "role", "read"));
    String both = fixture.member("bob", "acme", "bobs");
    assertThat(fixture.session(fixture.get(SESSION, both, "bobs")))
        .isEqualTo(Map.of("tenant", "bobs", "role", "admin"));
    HttpResponse<String> ambiguous = fixture.get("/v0/pipelines", both);
    assertThat(ambiguous.statusCode()).isEqualTo(400);
    assertThat(code(ambiguous)).isEqualTo("AmbiguousTenantMembership");
    HttpResponse<String> session = fixture.get(SESSION, both);
    assertThat(session.statusCode()).isEqualTo(200);
    assertThat(parse(session).get("tenant_id").isNull()).isTrue();
    assertThat(parse(session).get("memberships")).hasSize(2);
    HttpResponse<String> foreign = fixture.get("/v0/pipelines", ann, "bobs");
    HttpResponse<String> missing = fixture.get("/v0/pipelines", ann, "xxxx");
    assertThat(foreign.statusCode()).isEqualTo(403);
    assertThat(missing.statusCode()).isEqualTo(403);
    assertThat(foreign.body().replace("bobs", "xxxx")).isEqualTo(missing.body());
  }

  @Test
  void anOwnerActsInAnyTenantButNotInOneThatIsNot() {
    fixture.get(SESSION, fixture.member("ann", "acme"));
    String owner = fixture.issuer.token(AccessFixture.OWNER);
    assertThat(fixture.session(fixture.get(SESSION, owner, "acme")))
        .isEqualTo(Map.of("tenant", "acme", "role", "owner"));
    assertThat(fixture.session(fixture.get(SESSION, owner)))
        .isEqualTo(Map.of("tenant", AccessFixture.OWNER, "role", "owner"));
    HttpResponse<String> unknown = fixture.get(SESSION, owner, "xxxx");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(code(unknown)).isEqualTo("UnknownTenantName");
    assertThat(parse(fixture.get("/v0/config/owners", owner)).toString())
        .isEqualTo("{\"owners\":[\"the-owner\"],\"owner_trusts\":[]}");
  }

  @Test
  void groupsAreAskedForWhereTheyAreConfigured() {
    fixture.close();
    fixture =
        new AccessFixture(
            r -> AccessFixture.rules(r.issuer(), true, List.of("dev"), List.of()), s -> s);
    HttpResponse<String> refused = fixture.get(SESSION, fixture.issuer.token("ann"));
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body())
        .isEqualTo(
            "{\"message\":\"User does not belong to required groups for access.\","
                + "\"error_code\":\"AuthenticationFailed\"}");
    assertThat(refused.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    String dev =
        fixture.issuer.token(
            "ann",
            c -> {
              c.putArray("groups").add("dev");
              return c;
            });
    assertThat(fixture.get(SESSION, dev).statusCode()).isEqualTo(200);
  }

  @Test
  void removalIsRevocationAtOnceWhereLoginsProvisionNothing() {
    fixture.close();
    fixture =
        new AccessFixture(
            r -> AccessFixture.rules(r.issuer(), false, List.of(), List.of()), s -> s);
    String ann = fixture.memberWithRole("ann", "acme", Role.WRITE);
    String admin = fixture.memberWithRole("boss", "acme", Role.ADMIN);
    assertThat(fixture.get("/v0/pipelines", ann).statusCode()).isEqualTo(200);
    String id = "";
    for (var member : parse(fixture.get("/v0/tenant/users", admin))) {
      id = member.get("subject").asText().equals("ann") ? member.get("user_id").asText() : id;
    }
    assertThat(fixture.json("PUT", "/v0/tenant/users/" + id, admin, "{'role':'read'}").statusCode())
        .isEqualTo(200);
    assertThat(fixture.session(fixture.get(SESSION, ann)))
        .isEqualTo(Map.of("tenant", "acme", "role", "read"));
    assertThat(fixture.delete("/v0/tenant/users/" + id, admin).statusCode()).isEqualTo(200);
    HttpResponse<String> gone = fixture.get("/v0/pipelines", ann);
    assertThat(gone.statusCode()).isEqualTo(403);
    assertThat(code(gone)).isEqualTo("NoTenantMemberships");
    assertThat(fixture.get("/v0/pipelines", fixture.issuer.token("stranger")).statusCode())
        .isEqualTo(403);
  }

  @Test
  void aBrowsersWebSocketBringsItsTokenAsASubprotocol() {
    String ann = fixture.member("ann", "acme");
    String token = base64(ann);
    HttpResponse<String> answer =
        fixture.front.send(
            fixture
                .front
                .request(SESSION)
                .header(
                    "Sec-WebSocket-Protocol",
                    "feldera-ws-v1, feldera-bearer."
                        + token
                        + ", feldera-tenant."
                        + base64("acme")));
    assertThat(fixture.session(answer)).isEqualTo(Map.of("tenant", "acme", "role", "admin"));
    assertUnauthenticated(
        fixture.front.send(
            fixture
                .front
                .request(SESSION)
                .header("Sec-WebSocket-Protocol", "feldera-tenant." + base64("acme"))),
        "a tenant without a token");
    assertUnauthenticated(
        fixture.front.send(
            fixture
                .front
                .request(SESSION)
                .header("Authorization", "Bearer x")
                .header("Sec-WebSocket-Protocol", "feldera-bearer." + token)),
        "the header wins");
  }

  @Test
  void aWebSocketOpensWithTheFirstRequestOfATokenAndNeverSendsTheTokenBack() throws Exception {
    fixture.front.routed();
    fixture.front.process =
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.writeTextMessage("hello");
                      socket.close();
                    });
    CompletableFuture<String> heard = new CompletableFuture<>();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .subprotocols(
                "feldera-bearer." + base64(fixture.member("ann", "acme")), "feldera-ws-v1")
            .buildAsync(
                URI.create("ws://127.0.0.1:" + fixture.front.port + "/v0/pipelines/p/query"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean end) {
                    heard.complete(text.toString());
                    return null;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    assertThat(heard.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(socket.getSubprotocol()).isEqualTo("feldera-ws-v1");
  }

  @Test
  void whoFailsTooOftenIsNotJudgedForAWhileButWhoIsKnownIs() {
    fixture.close();
    fixture = new AccessFixture(r -> r, s -> s.withAttempts(10, 1));
    String ann = fixture.issuer.token("ann");
    assertThat(fixture.get(SESSION, ann).statusCode()).isEqualTo(200);
    for (int i = 0; i < 10; i++) {
      assertThat(fixture.get(SESSION, "bad" + i).statusCode()).isEqualTo(401);
    }
    Fixture.until("attempts run out", () -> fixture.get(SESSION, "bad").statusCode() == 429);
    HttpResponse<String> refused = fixture.get(SESSION, fixture.issuer.token("bob"));
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(code(refused)).isEqualTo("TooManyFailedAttempts");
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    assertThat(fixture.get(SESSION, ann).statusCode()).isEqualTo(200);
    Fixture.until(
        "the source may try again",
        () -> fixture.get(SESSION, fixture.issuer.token("bob")).statusCode() == 200);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aBodySentWithTheFirstRequestOfATokenArrivesWhole() {
    String ann = fixture.issuer.token("ann");
    String description = "x".repeat(1_000_000);
    HttpResponse<String> answer =
        fixture.json(
            "POST", "/v0/pipelines", ann, "{'name':'p','program_code':'" + description + "'}");
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(fixture.front.requests).hasSize(1);
    assertUnauthenticated(
        fixture.json(
            "POST", "/v0/pipelines", "x", "{'name':'p','program_code':'" + description + "'}"),
        "with a body that nobody reads");
  }

  @Test
  void theIssuerIsAskedForTheProfileOnceForEachTimeAUserLogsIn() {
    fixture.issuer.userInfo =
        "{\"sub\":\"ann\",\"email\":\"ann@x.example\",\"email_verified\":true,\"name\":\"Ann\"}";
    String ann = fixture.issuer.token("ann", c -> c.put("auth_time", 1000));
    fixture.get(SESSION, ann);
    Fixture.until(
        "the profile is stored",
        () ->
            parse(fixture.get("/v0/tenant/users", ann))
                .get(0)
                .path("display_name")
                .asText()
                .equals("Ann"));
    assertThat(parse(fixture.get("/v0/tenant/users", ann)).get(0).get("email").asText())
        .isEqualTo("ann@x.example");
  }
}
