package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.PipelineRequest;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRulesTest {
  private static final int LIMIT = 2_097_152;

  private static Fixture fixture;

  @BeforeAll
  static void open() {
    fixture = new Fixture();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @BeforeEach
  void reset() {
    fixture.requests.clear();
    fixture.observed.clear();
    fixture.readsValid = true;
    fixture.databaseReachable = true;
    fixture.health = Fixture.healthy(true);
    fixture.pipelines = request -> Future.succeededFuture(Answer.text(202, "done"));
  }

  // ---- routing

  @ParameterizedTest
  @ValueSource(
      strings = {"/v0", "/v0/", "/v0/nothing", "/v0/pipelines/p/nothing", "/v0/pipelines/"})
  void anUnknownPathOfTheApiIs404WithoutABody(String path) {
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE,/v0/pipelines",
    "HEAD,/v0/pipelines/p/logs",
    "OPTIONS,/v0/pipelines",
    "PUT,/v0/config",
    "GET,/v0/pipelines/p/start",
    "PATCH,/v0/pipelines/p/stats"
  })
  void aMethodThatNoRoleMayUseIs403WithoutDetails(String method, String path) {
    HttpResponse<String> response =
        fixture.send(fixture.request(path).method(method, HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(403);
    if (!method.equals("HEAD")) {
      JsonNode body = parse(response);
      assertThat(body.get("error_code").textValue()).isEqualTo("InsufficientPermissions");
      assertThat(body.has("message")).isTrue();
      assertThat(body.has("details")).isFalse();
    }
  }

  @Test
  void aRoleThatIsTooLowIs403BeforeTheBodyIsRead() {
    HttpResponse<String> response = fixture.json("POST", "/v0/tenants", "not json");
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(parse(response).get("details").toString())
        .isEqualTo("{\"required\":\"owner\",\"actual\":\"admin\"}");
  }

  @Test
  void publicPathsAnswerHeadAndRefuseOtherMethods() {
    assertThat(
            fixture
                .send(
                    fixture.request("/healthz").method("HEAD", HttpRequest.BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(200);
    HttpResponse<String> response = fixture.post("/healthz");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
  }

  @Test
  void aPathOutsideTheApiIs404InWords() {
    HttpResponse<String> response = fixture.get("/index.html");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("/v0");
  }

  @Test
  void withoutADatabaseNobodyIsToldWhoMayDoWhat() {
    HttpResponse<String> response = fixture.get("/v0/api_keys");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("DatabaseUnavailable");
    assertThat(response.headers().firstValue("Retry-After")).contains("5");
  }

  @Test
  void theHiddenTestingOperationIsOff() {
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/testing");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(code(response)).isEqualTo("UnsupportedPipelineAction");
  }

  // ---- bodies

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "null", "{\"name\":\"p\"}", "{\"name\":1,\"program_code\":\"\"}"})
  void aBodyThatIsNotWhatItShouldBeIsAPlainTextError(String body) {
    HttpResponse<String> response = fixture.json("POST", "/v0/pipelines", body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).startsWith("Json deserialize error: ");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain");
    assertThat(fixture.requests).isEmpty();
  }

  @Test
  void aValueThatIsNotAllowedIsAnErrorBody() {
    HttpResponse<String> response =
        fixture.json("POST", "/v0/pipelines", "{\"name\":\"a b\",\"program_code\":\"\"}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(code(response)).isEqualTo("NameDoesNotMatchPattern");
  }

  @Test
  void aNulCharacterIsRefused() {
    HttpResponse<String> response =
        fixture.json("POST", "/v0/pipelines", "{\"name\":\"a\",\"program_code\":\"\\u0000\"}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(code(response)).isEqualTo("NulCharacter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/jsonx", "application/x-www-form-urlencoded"})
  void anotherContentTypeIsRefused(String type) {
    HttpResponse<String> response =
        fixture.send(
            fixture
                .request("/v0/pipelines")
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("Content type error");
  }

  @Test
  void noContentTypeIsRefused() {
    HttpResponse<String> response =
        fixture.send(
            fixture.request("/v0/pipelines").POST(HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("Content type error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/merge-patch+json"
      })
  void jsonUnderAnyOfItsNamesIsTaken(String type) {
    HttpResponse<String> response =
        fixture.send(
            fixture
                .request("/v0/pipelines/p")
                .header("Content-Type", type)
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(response.statusCode()).isEqualTo(202);
  }

  @Test
  void aBodyOfExactlyTheLimitIsTaken() {
    String frame = "{\"name\":\"p\",\"program_code\":\"\"}";
    String body =
        "{\"name\":\"p\",\"program_code\":\"" + "x".repeat(LIMIT - frame.length()) + "\"}";
    assertThat(body).hasSize(LIMIT);
    assertThat(fixture.json("POST", "/v0/pipelines", body).statusCode()).isEqualTo(202);
    assertThat(fixture.json("POST", "/v0/pipelines", body + " ").statusCode()).isEqualTo(413);
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedAndTheConnectionGoesOn() {
    try (RawClient client = fixture.raw()) {
      client.head(
          "POST /v0/pipelines HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Content-Length: 100000000");
      byte[] chunk = new byte[1_000_000];
      for (int i = 0; i < 100; i++) {
        client.bytes(chunk);
      }
      assertThat(client.response()).startsWith("HTTP/1.1 413").contains("larger than allowed");
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aChunkedBodyThatGrowsTooLargeIsRefused() {
    try (RawClient client = fixture.raw()) {
      client.head(
          "POST /v0/pipelines HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Transfer-Encoding: chunked");
      String chunk = "80000\r\n" + "x".repeat(0x80000) + "\r\n";
      for (int i = 0; i < 5; i++) {
        client.text(chunk);
      }
      client.text("0\r\n\r\n");
      assertThat(client.response()).startsWith("HTTP/1.1 413");
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aClientThatAsksFirstIsToldBeforeItSendsTooMuch() {
    try (RawClient client = fixture.raw()) {
      client.head(
          "POST /v0/pipelines HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Expect: 100-continue",
          "Content-Length: 100000000");
      assertThat(client.response()).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void aClientThatAsksFirstMayGoOn() {
    try (RawClient client = fixture.raw()) {
      client.head(
          "PATCH /v0/pipelines/p HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Expect: 100-continue",
          "Content-Length: 2");
      assertThat(client.responseHead()).startsWith("HTTP/1.1 100");
      client.text("{}");
      assertThat(client.response()).startsWith("HTTP/1.1 202");
    }
  }

  @Test
  void aBodyThatDoesNotArriveIsGivenUp() {
    try (Fixture impatient = withTimeouts(Duration.ofMillis(100), Duration.ofSeconds(75));
        RawClient client = impatient.raw()) {
      client.head(
          "POST /v0/pipelines HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Content-Length: 10");
      assertThat(client.response()).startsWith("HTTP/1.1 408");
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void aConnectionWithoutARequestIsClosed() {
    try (Fixture impatient = withTimeouts(Duration.ofSeconds(30), Duration.ofMillis(100));
        RawClient client = impatient.raw();
        RawClient halfHead = impatient.raw()) {
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
      halfHead.text("GET /healthz HTTP/1.1\r\nHost: x\r\n");
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(halfHead.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void connectionsStayUsableAfterErrors() {
    try (RawClient client = fixture.raw()) {
      for (String request :
          List.of(
              "GET /v0/nothing HTTP/1.1",
              "GET /v0/pipelines/unknown HTTP/1.1",
              "GET /v0/pipelines?selector=x HTTP/1.1",
              "PUT /v0/config HTTP/1.1",
              "GET /v0/tenants HTTP/1.1")) {
        client.head(request, "Host: x");
        assertThat(client.response()).startsWith("HTTP/1.1 4");
      }
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void whatIsNotHttpIsRefused() {
    try (RawClient client = fixture.raw()) {
      client.head("NONSENSE");
      assertThat(client.response()).contains(" 400 ");
    }
    try (RawClient client = fixture.raw()) {
      client.head("GET /v0/pipelines/" + "x".repeat(70_000) + " HTTP/1.1", "Host: x");
      assertThat(client.response()).contains(" 414 ");
    }
    try (RawClient client = fixture.raw()) {
      client.head("GET /healthz HTTP/1.1", "Host: x", "X: " + "x".repeat(40_000));
      assertThat(client.response()).contains(" 431 ");
    }
  }

  // ---- query strings

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v0/pipelines?selector=some",
        "GET /v0/pipelines/p?selector=",
        "GET /v0/pipelines?selector=all&selector=status",
        "POST /v0/pipelines/p/stop?force=yes",
        "POST /v0/pipelines/p/stop?force=True",
        "POST /v0/pipelines/p/start?dismiss_error=1",
        "POST /v0/pipelines/p/start?bootstrap_policy=Allow",
        "GET /v0/pipelines/p/completion_status",
        "GET /v0/pipelines/p/metrics?format=xml",
        "GET /v0/pipelines/p/events?selector=status_with_connectors"
      })
  void aQueryStringThatCannotBeReadIsAPlainTextError(String request) {
    String[] parts = request.split(" ", 2);
    HttpResponse<String> response =
        fixture.send(
            fixture.request(parts[1]).method(parts[0], HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).startsWith("Query deserialize error: ");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain");
    assertThat(fixture.requests).isEmpty();
  }

  @Test
  void unknownParametersAreIgnored() {
    assertThat(fixture.get("/v0/pipelines?unknown=1&unknown=2&&=x").statusCode()).isEqualTo(200);
  }

  // ---- headers

  @Test
  void errorsOfTheServerWith503AskToRetry() {
    fixture.readsValid = false;
    HttpResponse<String> response = fixture.get("/v0/pipelines");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("ReadNotCurrent");
    assertThat(response.headers().firstValue("Retry-After")).contains("5");
  }

  @Test
  void otherErrorsDoNotAskToRetry() {
    assertThat(fixture.get("/v0/pipelines/x").headers().firstValue("Retry-After")).isEmpty();
    assertThat(fixture.get("/v0/pipelines/x/support_bundle").headers().firstValue("Retry-After"))
        .isEmpty();
  }

  @Test
  void a503OfTheProcessIsPassedOnAsItIs() {
    fixture.pipelines =
        request ->
            Future.succeededFuture(
                Answer.json(
                    503,
                    new io.weirkeeper.core.api.ApiError(503, "Initializing", "", null).body(),
                    0));
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/pause");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isEmpty();
  }

  @Test
  void pipelinesAreNotCachedAndTheConfigMayBe() {
    assertThat(fixture.get("/v0/pipelines").headers().firstValue("Cache-Control"))
        .contains("no-cache");
    assertThat(fixture.post("/v0/pipelines/p/clear").headers().firstValue("Cache-Control"))
        .contains("no-cache");
    for (String path : List.of("/v0/config", "/v0/config/session", "/config/authentication")) {
      assertThat(fixture.get(path).headers().firstValue("Cache-Control")).as(path).isEmpty();
    }
  }

  @Test
  void largeAnswersAreCompressedForThoseWhoAskForIt() {
    fixture.publish("compressed", pipeline -> pipeline);
    String plain = fixture.get("/v0/pipelines").body();
    for (String offer : List.of("gzip, deflate", "br;q=1, GZIP;q=0.5", "*")) {
      HttpResponse<String> response =
          fixture.send(fixture.request("/v0/pipelines").header("Accept-Encoding", offer));
      assertThat(response.headers().firstValue("Content-Encoding")).as(offer).contains("gzip");
      assertThat(response.headers().firstValue("Vary")).contains("accept-encoding");
    }
    assertThat(fixture.unzipped("/v0/pipelines")).isEqualTo(plain);
    for (String offer : List.of("identity", "gzip;q=0", "gzip; q=0.0", "br")) {
      assertThat(
              fixture
                  .send(fixture.request("/v0/pipelines").header("Accept-Encoding", offer))
                  .headers()
                  .firstValue("Content-Encoding"))
          .as(offer)
          .isEmpty();
    }
    assertThat(
            fixture
                .send(fixture.request("/healthz").header("Accept-Encoding", "gzip"))
                .headers()
                .firstValue("Content-Encoding"))
        .isEmpty();
  }

  // ---- pages of other origins

  @Test
  void aPreflightIsAnsweredBeforeAnythingElse() {
    HttpResponse<String> response = preflight(fixture, "http://a.example", "PATCH", "Content-Type");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Access-Control-Allow-Origin"))
        .contains("http://a.example");
    assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).contains("true");
    assertThat(response.headers().firstValue("Access-Control-Allow-Methods"))
        .contains("GET, POST, PATCH, PUT, DELETE");
    assertThat(response.headers().firstValue("Access-Control-Allow-Headers"))
        .contains("authorization, accept, content-type, feldera-tenant");
  }

  @Test
  void aPreflightForAnythingElseIsRefused() {
    assertThat(preflight(fixture, "http://a.example", "TRACE", null).statusCode()).isEqualTo(400);
    assertThat(preflight(fixture, "http://a.example", "GET", "X-Other").statusCode())
        .isEqualTo(400);
  }

  @Test
  void refusalsCarryTheHeadersForOtherOriginsToo() {
    HttpResponse<String> response =
        fixture.send(fixture.request("/v0/tenants").header("Origin", "http://a.example"));
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(response.headers().firstValue("Access-Control-Allow-Origin"))
        .contains("http://a.example");
    assertThat(
            fixture
                .send(fixture.request("/healthz").header("Origin", "http://a.example"))
                .headers()
                .firstValue("Access-Control-Allow-Origin"))
        .isEmpty();
  }

  @Test
  void onlyListedOriginsAreAdmittedWhenThereIsAList() {
    try (Fixture strict =
        new Fixture(settings -> settings.withOrigins(false, List.of("http://a.example")))) {
      assertThat(preflight(strict, "http://b.example", "GET", null).statusCode()).isEqualTo(400);
      assertThat(
              strict
                  .send(strict.request("/v0/config").header("Origin", "http://b.example"))
                  .statusCode())
          .isEqualTo(400);
      assertThat(
              strict
                  .send(strict.request("/v0/config").header("Origin", "http://a.example"))
                  .statusCode())
          .isEqualTo(200);
      assertThat(strict.get("/v0/config").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void developerModeAdmitsEverything() {
    try (Fixture open = new Fixture(settings -> settings.withOrigins(true, List.of()))) {
      HttpResponse<String> response = preflight(open, "null", "TRACE", "X-Other");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Access-Control-Allow-Headers")).contains("X-Other");
    }
  }

  // ---- the server about itself

  @Test
  void healthTellsWhetherTheDatabaseAnswers() {
    HttpResponse<String> healthy = fixture.get("/healthz");
    assertThat(healthy.statusCode()).isEqualTo(200);
    assertThat(healthy.body()).isEqualTo("{\"status\":\"healthy\"}");
    fixture.databaseReachable = false;
    HttpResponse<String> unhealthy = fixture.get("/healthz");
    assertThat(unhealthy.statusCode()).isEqualTo(500);
    assertThat(parse(unhealthy).get("status").textValue())
        .isEqualTo("unhealthy: unable to reach database (see logs for further details)");
  }

  @Test
  void robotsAreKeptOut() {
    HttpResponse<String> response = fixture.get("/robots.txt");
    assertThat(response.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
    assertThat(response.body()).contains("Disallow: /");
  }

  @Test
  void theConfigurationTellsVersionAndEdition() {
    JsonNode config = parse(fixture.get("/v0/config"));
    assertThat(config.get("version").textValue()).isEqualTo("0.337.0");
    assertThat(config.get("edition").textValue()).isEqualTo("Enterprise");
    assertThat(config.get("build_source").textValue()).contains("0.1.0-test");
    assertThat(fixture.get("/config/authentication").body()).isEqualTo("{}");
    assertThat(fixture.get("/v0/config/demos").body()).isEqualTo("[]");
    JsonNode session = parse(fixture.get("/v0/config/session"));
    assertThat(session.get("tenant_name").textValue()).isEqualTo("default");
    assertThat(session.get("role").textValue()).isEqualTo("admin");
  }

  @Test
  void clusterHealthIs503WhenAPartIsBroken() {
    assertThat(fixture.get("/v0/cluster_healthz").statusCode()).isEqualTo(200);
    fixture.health = Fixture.healthy(false);
    HttpResponse<String> response = fixture.get("/v0/cluster_healthz");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(parse(response).get("all_healthy").booleanValue()).isFalse();
    assertThat(parse(response).get("compiler").get("message").textValue()).isEqualTo("broken");
  }

  @Test
  void everyRequestIsObserved() {
    fixture.get("/v0/config");
    fixture.get("/v0/nothing");
    Fixture.until("both observed", () -> fixture.observed.size() == 2);
    assertThat(fixture.observed).containsExactly("get_config 200", "unknown 404");
  }

  @Test
  void aFaultIsA500WithAReferenceAndNothingElse() {
    fixture.pipelines = request -> Future.failedFuture("secret detail");
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/clear");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(code(response)).isEqualTo("InternalError");
    assertThat(response.body()).doesNotContain("secret detail");
  }

  @Test
  void namesAreDecodedOnce() {
    fixture.pipelines =
        request -> Future.succeededFuture(Answer.error(ApiErrors.unknownPipelineName("x")));
    fixture.post("/v0/pipelines/a%20b%252F/clear");
    assertThat(fixture.requests)
        .containsExactly(new PipelineRequest.Clear(Fixture.TENANT, "a b%2F"));
  }

  private static HttpResponse<String> preflight(
      Fixture front, String origin, String method, String header) {
    HttpRequest.Builder request =
        front
            .request("/v0/pipelines")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method);
    return front.send(
        header == null ? request : request.header("Access-Control-Request-Headers", header));
  }

  private static Fixture withTimeouts(Duration body, Duration idle) {
    FrontTimeouts d = FrontTimeouts.DEFAULTS;
    return new Fixture(
        settings ->
            settings.withTimeouts(
                new FrontTimeouts(
                    d.command(),
                    d.lookup(),
                    d.connect(),
                    d.process(),
                    d.slowProcess(),
                    d.ingress(),
                    d.connectorStats(),
                    d.metrics(),
                    d.compiler(),
                    body,
                    idle,
                    d.stalledReader(),
                    d.drain(),
                    d.shutdown())));
  }
}
