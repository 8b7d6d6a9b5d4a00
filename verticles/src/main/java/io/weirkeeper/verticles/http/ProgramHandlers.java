package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.plan.PipelineDiff;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Compilations that change no pipeline (spec: api-semantics §4.13, §4.14). */
final class ProgramHandlers {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Front front;

  ProgramHandlers(Front front) {
    this.front = front;
  }

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
    checkVersion(version);
    return compile(exchange, new CompileRequest(UUID.randomUUID().toString(), program, "", ""))
        .map(result -> validation(result, ir));
  }

  /** What another program would change of a pipeline, which stays as it is. */
  void diff(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(body -> diff(exchange, JsonBody.parseOrEmpty(body)))
        .onSuccess(diff -> exchange.json(200, diff))
        .onFailure(exchange::fail);
  }

  private Future<JsonNode> diff(Exchange exchange, JsonBody body) {
    String program = body.nullableText("program_code");
    checkVersion(body.nullableText("runtime_version"));
    if (!front.mayRead(exchange)) {
      throw ApiErrors.readNotCurrent().exception();
    }
    String name = exchange.param(0);
    PipelineRecord pipeline =
        front
            .services()
            .snapshots()
            .find(exchange.tenantId(), name)
            .map(Snapshot::pipeline)
            .orElseThrow(() -> ApiErrors.unknownPipelineName(name).exception());
    JsonNode before = pipeline.program().info();
    if (pipeline.program().status() != ProgramStatus.SUCCESS || before == null) {
      throw ApiErrors.programNotCompiled(name).exception();
    }
    Definition definition = pipeline.definition();
    CompileRequest request =
        new CompileRequest(
            UUID.randomUUID().toString(),
            program == null ? definition.programCode() : program,
            definition.udfRust(),
            definition.udfToml());
    return compile(exchange, request)
        .map(
            result ->
                switch (result.outcome()) {
                  case SUCCESS ->
                      MAPPER.valueToTree(PipelineDiff.between(before, result.programInfo()));
                  case SQL_ERROR ->
                      throw ApiErrors.invalidNewProgramSql(messages(result)).exception();
                  case SYSTEM_ERROR ->
                      throw ApiErrors.newProgramCompilationFailed(result.systemError()).exception();
                });
  }

  private static String messages(CompileResult result) {
    return result.messages().stream()
        .filter(message -> !message.warning())
        .map(message -> message.errorType() + ": " + message.message())
        .collect(Collectors.joining("\n"));
  }

  private static void checkVersion(String version) {
    if (version != null && !ProgramConfig.isRuntimeVersion(version)) {
      throw ApiErrors.invalidRuntimeVersion(
              "expected " + ProgramConfig.runtimeVersionForms() + ", found '" + version + "'")
          .exception();
    }
  }

  private Future<CompileResult> compile(Exchange exchange, CompileRequest request) {
    Duration timeout = front.settings().timeouts().compiler();
    // Whoever went away or got tired of waiting has no use for the result.
    exchange.whenOver(
        () ->
            front
                .vertx()
                .eventBus()
                .send(
                    Addresses.COMPILER_WITHDRAWALS,
                    request.requestId(),
                    new DeliveryOptions().setLocalOnly(true)));
    return front
        .vertx()
        .eventBus()
        .<CompileResult>request(
            Addresses.COMPILER,
            new CompileJob(exchange.tenantId(), request, () -> {}),
            LocalCodec.within(timeout))
        .map(Message::body)
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
}
