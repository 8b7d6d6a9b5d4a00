package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.api.RuntimeConfig;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompilerMessage;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.audit.AuditTrail;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {
  private static final Launch DEFAULT_LAUNCH =
      new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.AWAIT_APPROVAL, false, false);

  private Fixture fixture;

  @BeforeEach
  void open() {
    fixture = new Fixture(settings -> settings.withTimeouts(impatient()));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static FrontTimeouts impatient() {
    FrontTimeouts d = FrontTimeouts.DEFAULTS;
    Duration wait = Duration.ofMillis(300);
    return new FrontTimeouts(
        wait,
        wait,
        d.connect(),
        d.process(),
        d.slowProcess(),
        d.ingress(),
        d.connectorStats(),
        d.metrics(),
        wait,
        d.body(),
        d.idleConnection(),
        d.stalledReader(),
        d.drain(),
        d.shutdown());
  }

  @Test
  void anAnswerIsPassedOnWithStatusAndBody() {
    fixture.pipelines = request -> Future.succeededFuture(Answer.text(202, "Pipeline is starting"));
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/start");
    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(response.body()).isEqualTo("\"Pipeline is starting\"");
    fixture.pipelines = request -> Future.succeededFuture(Answer.empty(200));
    HttpResponse<String> deleted = fixture.send(fixture.request("/v0/pipelines/p").DELETE());
    assertThat(deleted.statusCode()).isEqualTo(200);
    assertThat(deleted.body()).isEmpty();
    assertThat(deleted.headers().firstValue("Content-Length")).contains("0");
  }

  @Test
  void createAndReplaceSendTheNormalisedDefinition() {
    Definition expected =
        new Definition(
            "p",
            "d",
            List.of(),
            RuntimeConfig.defaults().put("workers", 2),
            "select",
            "",
            "",
            ProgramConfig.defaults());
    String body =
        "{\"name\":\"p\",\"description\":\"d\",\"program_code\":\"select\","
            + "\"runtime_config\":{\"workers\":2}}";
    fixture.json("POST", "/v0/pipelines", body);
    fixture.json("PUT", "/v0/pipelines/other", body);
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Create(Fixture.TENANT, expected),
            new PipelineRequest.Replace(Fixture.TENANT, "other", expected));
  }

  @Test
  void patchSendsOnlyWhatIsGiven() {
    fixture.json("PATCH", "/v0/pipelines/p", "{\"tags\":[],\"program_code\":\"x\"}");
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Patch(
                Fixture.TENANT, "p", null, null, List.of(), null, "x", null, null, null));
  }

  @ParameterizedTest
  @CsvSource({
    "'',RUNNING,AWAIT_APPROVAL,false,false,true",
    "initial=paused,PAUSED,AWAIT_APPROVAL,false,false,true",
    "initial=standby&bootstrap_policy=allow,STANDBY,ALLOW,false,false,true",
    "bootstrap_policy=reject&silent_bootstrap=true,RUNNING,REJECT,true,false,true",
    "concurrent_bootstrap=true&dismiss_error=false,RUNNING,AWAIT_APPROVAL,false,true,false"
  })
  void startSendsHowToStart(
      String query,
      RuntimeStatus initial,
      BootstrapPolicy policy,
      boolean silent,
      boolean concurrent,
      boolean dismiss) {
    fixture.post("/v0/pipelines/p/start?" + query);
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Start(
                Fixture.TENANT, "p", new Launch(initial, policy, silent, concurrent), dismiss));
  }

  @Test
  void anotherInitialIs405() {
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/start?initial=suspended");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(code(response)).isEqualTo("UnsupportedPipelineAction");
    assertThat(parse(response).get("details").get("action").textValue()).startsWith("/start");
    assertThat(fixture.requests).isEmpty();
  }

  @Test
  void bothKindsOfBootstrapAtOnceAreRefused() {
    for (String path : List.of("start", "approve")) {
      HttpResponse<String> response =
          fixture.post(
              "/v0/pipelines/p/" + path + "?silent_bootstrap=true&concurrent_bootstrap=true");
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(code(response)).isEqualTo("InvalidBootstrapConfig");
    }
  }

  @Test
  void stopSuspendsUnlessForced() {
    fixture.post("/v0/pipelines/p/stop");
    fixture.post("/v0/pipelines/p/stop?force=false");
    fixture.post("/v0/pipelines/p/stop?force=true");
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Suspend(Fixture.TENANT, "p"),
            new PipelineRequest.Suspend(Fixture.TENANT, "p"),
            new PipelineRequest.Stop(Fixture.TENANT, "p"));
  }

  @Test
  void theOtherCommandsAreSentAsTheyAre() {
    for (String path :
        List.of("pause", "resume", "clear", "dismiss_error", "update_runtime", "start")) {
      assertThat(fixture.post("/v0/pipelines/p/" + path).statusCode()).isEqualTo(202);
    }
    fixture.send(fixture.request("/v0/pipelines/p").DELETE());
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Pause(Fixture.TENANT, "p"),
            new PipelineRequest.Resume(Fixture.TENANT, "p"),
            new PipelineRequest.Clear(Fixture.TENANT, "p"),
            new PipelineRequest.DismissError(Fixture.TENANT, "p"),
            new PipelineRequest.UpdateRuntime(Fixture.TENANT, "p"),
            new PipelineRequest.Start(Fixture.TENANT, "p", DEFAULT_LAUNCH, true),
            new PipelineRequest.Delete(Fixture.TENANT, "p"));
  }

  @Test
  void anErrorAnswerIsAnErrorBody() {
    fixture.pipelines = request -> Future.succeededFuture(Answer.error(ApiErrors.duplicateName()));
    HttpResponse<String> response =
        fixture.json("POST", "/v0/pipelines", "{\"name\":\"p\",\"program_code\":\"\"}");
    assertThat(response.statusCode()).isEqualTo(409);
    assertThat(parse(response).get("error_code").textValue()).isEqualTo("DuplicateName");
    assertThat(parse(response).has("details")).isTrue();
  }

  @Test
  void silenceAfterACommandMeansThatItsOutcomeIsUnknown() {
    fixture.pipelines = request -> Promise.promise().future();
    HttpResponse<String> response = fixture.post("/v0/pipelines/p/clear");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("OutcomeUnknown");
    assertThat(response.headers().firstValue("Retry-After")).contains("5");
  }

  @Test
  void silenceAfterAQuestionChangesNothing() {
    fixture.pipelines = request -> Promise.promise().future();
    for (String path : List.of("stats", "events", "logs", "query?sql=x")) {
      HttpResponse<String> response = fixture.get("/v0/pipelines/p/" + path);
      assertThat(response.statusCode()).as(path).isEqualTo(503);
      assertThat(code(response)).as(path).isEqualTo("NoAnswer");
    }
  }

  @Test
  void withoutPipelinesTheServerIsNotReady() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      LocalCodec.register(vertx);
      HttpVerticle verticle =
          new HttpVerticle(
              FrontSettings.of("127.0.0.1", 0, "", ""),
              new FrontServices(
                  new SnapshotTable(),
                  () -> true,
                  () -> true,
                  () -> Fixture.healthy(true),
                  new TestingClusterEvents(List.of()),
                  request -> Future.failedFuture("none"),
                  Authenticator.none(fixture.vertx),
                  TestingAccess.unreachable(),
                  AuditTrail.NONE,
                  TestingAccess.noAudit(),
                  new TenantLimits(TenantQuotas.UNLIMITED),
                  null,
                  HttpObserver.NONE));
      Fixture.await(vertx.deployVerticle(verticle));
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              "http://127.0.0.1:"
                                  + verticle.actualPort()
                                  + "/v0/pipelines/p/clear"))
                      .POST(HttpRequest.BodyPublishers.noBody())
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(code(response)).isEqualTo("NotReady");
    } finally {
      Fixture.await(vertx.close());
    }
  }

  // ---- events

  @Test
  void eventsAreAskedForWithTheirSelector() {
    fixture.pipelines =
        request ->
            Future.succeededFuture(Answer.json(200, JsonNodeFactory.instance.arrayNode(), 0));
    String id = "01938d6a-0000-7000-8000-00000000000A";
    assertThat(fixture.get("/v0/pipelines/p/events").body()).isEqualTo("[]");
    fixture.get("/v0/pipelines/p/events?selector=all");
    fixture.get("/v0/pipelines/p/events/latest?selector=all");
    fixture.get("/v0/pipelines/p/events/" + id);
    assertThat(fixture.requests)
        .containsExactly(
            new PipelineRequest.Events(Fixture.TENANT, "p", null, false),
            new PipelineRequest.Events(Fixture.TENANT, "p", null, true),
            new PipelineRequest.Events(Fixture.TENANT, "p", "latest", true),
            new PipelineRequest.Events(Fixture.TENANT, "p", id, false));
  }

  @Test
  void anEventIdMustBeAUuid() {
    HttpResponse<String> response = fixture.get("/v0/pipelines/p/events/1-1-1-1-1");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(code(response)).isEqualTo("InvalidUuidParam");
    assertThat(parse(response).get("details").get("value").textValue()).isEqualTo("1-1-1-1-1");
  }

  // ---- programs without a pipeline

  @Test
  void aProgramIsCompiledWithoutAPipeline() {
    AtomicReference<CompileJob> job = new AtomicReference<>();
    AtomicReference<CompileResult> result = new AtomicReference<>();
    compiler(job, result);
    result.set(
        new CompileResult(
            "",
            CompileResult.Outcome.SUCCESS,
            List.of(),
            JsonNodeFactory.instance
                .objectNode()
                .put("schema", "s")
                .put("udf_stubs", "")
                .put("input_connectors", "i")
                .put("output_connectors", "o")
                .put("dataflow", "d"),
            null,
            null));
    assertThat(validate("{\"program_code\":\"x\"}").body())
        .isEqualTo(
            "{\"Success\":{\"program_info\":{\"schema\":\"s\",\"input_connectors\":\"i\","
                + "\"output_connectors\":\"o\",\"dataflow\":null}}}");
    assertThat(job.get().request().programCode()).isEqualTo("x");
    assertThat(validate("{\"program_code\":\"x\",\"ir\":true}").body())
        .contains("\"dataflow\":\"d\"");
    result.set(
        new CompileResult(
            "",
            CompileResult.Outcome.SQL_ERROR,
            List.of(new CompilerMessage(5, 32, 5, 35, false, "Compilation error", "m", "s")),
            null,
            null,
            null));
    HttpResponse<String> errors = validate("{\"program_code\":\"x\"}");
    assertThat(errors.statusCode()).isEqualTo(200);
    assertThat(errors.body())
        .isEqualTo(
            "{\"SqlError\":{\"info\":{\"exit_code\":1,\"messages\":[{\"start_line_number\":5,"
                + "\"start_column\":32,\"end_line_number\":5,\"end_column\":35,"
                + "\"warning\":false,\"error_type\":\"Compilation error\",\"message\":\"m\","
                + "\"snippet\":\"s\"}]}}}");
    result.set(
        new CompileResult(
            "", CompileResult.Outcome.SYSTEM_ERROR, List.of(), null, null, "out of memory"));
    assertThat(validate("{\"program_code\":\"x\"}").body())
        .isEqualTo("{\"SystemError\":{\"error\":\"out of memory\"}}");
  }

  @Test
  void aCompilerThatIsMissingOrSilentIsTold() {
    assertThat(code(validate("{\"program_code\":\"x\"}"))).isEqualTo("CompilerUnavailable");
    compiler(new AtomicReference<>(), new AtomicReference<>());
    HttpResponse<String> silent = validate("{\"program_code\":\"x\"}");
    assertThat(silent.statusCode()).isEqualTo(504);
    assertThat(code(silent)).isEqualTo("CompilerTimeout");
  }

  @Test
  void aRuntimeVersionMustHaveAForm() {
    HttpResponse<String> response =
        validate("{\"program_code\":\"x\",\"runtime_version\":\"latest\"}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(code(response)).isEqualTo("InvalidRuntimeVersion");
    assertThat(validate("{\"ir\":true}").body()).startsWith("Json deserialize error: ");
  }

  private HttpResponse<String> validate(String body) {
    return fixture.json("POST", "/v0/validate_program", body);
  }

  private void compiler(AtomicReference<CompileJob> job, AtomicReference<CompileResult> result) {
    fixture
        .vertx
        .eventBus()
        .<CompileJob>localConsumer(
            Addresses.COMPILER,
            message -> {
              job.set(message.body());
              if (result.get() != null) {
                message.reply(result.get(), LocalCodec.reply());
              }
            });
  }
}
