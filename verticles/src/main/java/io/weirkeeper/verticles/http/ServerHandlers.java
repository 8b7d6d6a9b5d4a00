package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.api.ServerJson;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What concerns the server and not one pipeline (spec: api-semantics §1.4, §4.13, §6). */
final class ServerHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(ServerHandlers.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Buffer EMPTY_OBJECT = Buffer.buffer("{}");
  private static final Buffer HEALTHY = Buffer.buffer("{\"status\":\"healthy\"}");
  private static final Buffer UNHEALTHY =
      Buffer.buffer(
          "{\"status\":\"unhealthy: unable to reach database (see logs for further details)\"}");

  /** Name of the header with this server's own version. */
  private static final String VERSION_HEADER = "Weirkeeper-Version";

  private final Front front;
  private final PipelineBus bus;
  private final ProcessProxy proxy;
  private final Buffer configuration;
  private final Buffer demos;

  ServerHandlers(Front front, PipelineBus bus, ProcessProxy proxy) {
    this.front = front;
    this.bus = bus;
    this.proxy = proxy;
    FrontSettings settings = front.settings();
    this.configuration =
        Exchange.bytes(
            ServerJson.configuration(
                settings.edition(),
                settings.ownVersion(),
                settings.revision(),
                settings.unstableFeatures()));
    this.demos = Exchange.bytes(settings.demos());
  }

  void healthz(Exchange exchange) {
    boolean healthy = front.services().databaseReachable().getAsBoolean();
    exchange.json(healthy ? 200 : 500, healthy ? HEALTHY : UNHEALTHY);
  }

  void robots(Exchange exchange) {
    exchange.text(200, "User-agent: *\nDisallow: /\n");
  }

  void authentication(Exchange exchange) {
    exchange.json(200, EMPTY_OBJECT);
  }

  void config(Exchange exchange) {
    exchange.response().putHeader(VERSION_HEADER, front.settings().ownVersion());
    exchange.json(200, configuration);
  }

  void demos(Exchange exchange) {
    exchange.json(200, demos);
  }

  void session(Exchange exchange) {
    Principal principal = exchange.principal();
    exchange.json(
        200,
        ServerJson.session(principal.tenantId(), principal.tenantName(), principal.role().label()));
  }

  void clusterHealth(Exchange exchange) {
    ServerHealth health = front.services().health().get();
    if (health.allHealthy()) {
      exchange.json(200, health.json());
    } else {
      // An answer, not an error body; it is still a 503 of our own.
      exchange.response().putHeader("Retry-After", "5");
      exchange.json(503, health.json());
    }
  }

  // ---- metrics of all pipelines

  void metrics(Exchange exchange) {
    if (!front.services().readsValid().getAsBoolean()) {
      exchange.error(ApiErrors.readNotCurrent());
      return;
    }
    List<Snapshot> running =
        front.services().snapshots().list(exchange.tenantId()).stream()
            .filter(snapshot -> hasMetrics(snapshot.pipeline().runtime().status()))
            .toList();
    Scatter.gather(running, front.settings().limits().parallelScrapes(), this::scrape)
        .onSuccess(parts -> exchange.text(200, joined(parts)))
        .onFailure(exchange::fail);
  }

  private static boolean hasMetrics(RuntimeStatus status) {
    return status == RuntimeStatus.RUNNING || status == RuntimeStatus.PAUSED;
  }

  private Future<Buffer> scrape(Snapshot snapshot) {
    Duration timeout = front.settings().timeouts().metrics();
    int limit = front.settings().limits().wholeAnswerBytes();
    var pipeline = snapshot.pipeline();
    return bus.route(new PipelineRequest.Route(pipeline.tenantId(), pipeline.name()))
        .compose(route -> proxy.fetch(route, "/metrics?format=prometheus", timeout, limit))
        .recover(
            failure -> {
              LOG.debug("No metrics pipeline={} reason={}", pipeline.id(), failure.getMessage());
              return Future.succeededFuture(Buffer.buffer());
            });
  }

  private static Buffer joined(List<Buffer> parts) {
    Buffer all = Buffer.buffer();
    for (Buffer part : parts) {
      all.appendBuffer(part);
      if (part.length() > 0 && part.getByte(part.length() - 1) != '\n') {
        all.appendByte((byte) '\n');
      }
    }
    return all;
  }

  // ---- compilation without a pipeline

  void validateProgram(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(body -> validate(exchange, JsonBody.parse(body)))
        .onSuccess(result -> exchange.json(200, result))
        .onFailure(exchange::fail);
  }

  private Future<JsonNode> validate(Exchange exchange, JsonBody body) {
    String program = body.requiredText("program_code");
    String version = body.nullableText("runtime_version");
    final boolean ir = body.bool("ir", false);
    if (version != null && !ProgramConfig.isRuntimeVersion(version)) {
      throw ApiErrors.invalidRuntimeVersion(
              "expected " + ProgramConfig.runtimeVersionForms() + ", found '" + version + "'")
          .exception();
    }
    Duration timeout = front.settings().timeouts().compiler();
    CompileRequest request = new CompileRequest(UUID.randomUUID().toString(), program, "", "");
    return front
        .vertx()
        .eventBus()
        .<CompileResult>request(
            Addresses.COMPILER,
            new CompileJob(exchange.tenantId(), request, () -> {}),
            LocalCodec.within(timeout))
        .map(message -> validation(message.body(), ir))
        .recover(failure -> Future.failedFuture(compilerFailure(failure, timeout)));
  }

  private static Throwable compilerFailure(Throwable failure, Duration timeout) {
    if (failure instanceof ApiException) {
      return failure;
    }
    ReplyFailure type = PipelineBus.failureType(failure);
    return switch (type) {
      case TIMEOUT -> ApiErrors.compilerTimeout(timeout).exception();
      case NO_HANDLERS -> ApiErrors.compilerUnavailable("it is not running yet").exception();
      case RECIPIENT_FAILURE ->
          failure instanceof ReplyException refused && refused.failureCode() == CompileJob.TIMED_OUT
              ? ApiErrors.compilerTimeout(timeout).exception()
              : ApiErrors.compilerUnavailable(failure.getMessage()).exception();
      default -> failure;
    };
  }

  private static JsonNode validation(CompileResult result, boolean ir) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    switch (result.outcome()) {
      case SUCCESS -> {
        ObjectNode info = json.putObject("Success").putObject("program_info");
        for (String part : List.of("schema", "input_connectors", "output_connectors")) {
          info.set(part, result.programInfo().get(part));
        }
        info.set("dataflow", ir ? result.programInfo().get("dataflow") : null);
      }
      case SQL_ERROR -> {
        ObjectNode info = json.putObject("SqlError").putObject("info");
        info.put("exit_code", 1);
        info.set("messages", MAPPER.valueToTree(result.messages()));
      }
      case SYSTEM_ERROR -> json.putObject("SystemError").put("error", result.systemError());
    }
    return json;
  }

  // ---- what is not there

  void notImplemented(Exchange exchange) {
    exchange.drain();
    exchange.error(ApiErrors.notImplemented(exchange.operation().id()));
  }
}
