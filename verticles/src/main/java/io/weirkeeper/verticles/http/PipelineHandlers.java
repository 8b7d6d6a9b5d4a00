package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.DefinitionReader;
import io.weirkeeper.core.api.PipelinePatch;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Management of pipelines: reads from snapshots, commands to verticles (spec: api-semantics §4).
 */
final class PipelineHandlers {
  private static final Set<String> SELECTORS = Set.of("all", "status", "status_with_connectors");
  private static final Set<String> EVENT_SELECTORS = Set.of("all", "status");
  private static final Set<String> POLICIES = Set.of("allow", "reject", "await_approval");
  static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final Front front;
  private final PipelineBus bus;
  private final ConnectorErrors connectorErrors;
  private final DefinitionReader reader;

  PipelineHandlers(Front front, PipelineBus bus, ConnectorErrors connectorErrors) {
    this.front = front;
    this.bus = bus;
    this.connectorErrors = connectorErrors;
    this.reader = new DefinitionReader();
  }

  // ---- reads

  void get(Exchange exchange) {
    String selector = selector(exchange);
    if (!vouches(exchange, front.mayRead(exchange))) {
      return;
    }
    Snapshot snapshot = find(exchange);
    if (snapshot == null) {
      return;
    }
    if (selector.equals("status_with_connectors")) {
      connectorErrors
          .render(List.of(snapshot))
          .onSuccess(answers -> exchange.json(200, answers.get(0)))
          .onFailure(exchange::fail);
    } else {
      Snapshot.Selector wanted = selectorOf(selector);
      SnapshotTable table = front.services().snapshots();
      exchange.pipeline(
          snapshot,
          selector,
          table.answer(snapshot, wanted),
          () -> table.compressed(snapshot, wanted, Gzip::compressed));
    }
  }

  void list(Exchange exchange) {
    String selector = selector(exchange);
    if (!vouches(exchange, front.services().reads().all())) {
      return;
    }
    SnapshotTable table = front.services().snapshots();
    if (selector.equals("status_with_connectors")) {
      connectorErrors
          .render(new ArrayList<>(table.list(exchange.tenantId())))
          .onSuccess(answers -> new ListWriter(exchange, answers.iterator()).begin())
          .onFailure(exchange::fail);
      return;
    }
    Snapshot.Selector wanted = selectorOf(selector);
    long changes = table.changes(exchange.tenantId());
    table
        .whole(exchange.tenantId(), wanted)
        .ifPresentOrElse(
            list -> writeWhole(exchange, wanted, list, changes),
            () ->
                new ListWriter(
                        exchange,
                        table.list(exchange.tenantId()).stream()
                            .map(snapshot -> table.passing(snapshot, wanted))
                            .iterator())
                    .begin());
  }

  private void writeWhole(
      Exchange exchange, Snapshot.Selector selector, Buffer list, long changes) {
    SnapshotTable table = front.services().snapshots();
    boolean zipped = exchange.acceptsGzip() && list.length() >= Gzip.THRESHOLD_BYTES;
    if (exchange.isKnown(
        EntityTag.ofList(table.run(), changes, selector.name().toLowerCase(Locale.ROOT), zipped))) {
      return;
    }
    exchange.beginJson(200);
    if (!zipped) {
      exchange.endWith(list);
      return;
    }
    Optional<Buffer> ready = table.wholeCompressed(exchange.tenantId(), selector);
    if (ready.isPresent()) {
      exchange.endCompressed(ready.get());
      return;
    }
    // Milliseconds a megabyte: not on the event loop, where other clients wait.
    front
        .vertx()
        .executeBlocking(() -> Gzip.compressed(list), false)
        .onSuccess(
            compressed -> {
              table.keepCompressed(exchange.tenantId(), selector, changes, compressed);
              exchange.endCompressed(compressed);
            })
        .onFailure(exchange::fail);
  }

  private static String selector(Exchange exchange) {
    return exchange.query().oneOf("selector", "all", SELECTORS);
  }

  private static Snapshot.Selector selectorOf(String selector) {
    return selector.equals("all") ? Snapshot.Selector.ALL : Snapshot.Selector.STATUS;
  }

  /** Refuses, unless this node may answer from its snapshots at this moment. */
  private static boolean vouches(Exchange exchange, boolean may) {
    if (may) {
      return true;
    }
    exchange.error(ApiErrors.readNotCurrent());
    return false;
  }

  private Snapshot find(Exchange exchange) {
    String name = exchange.param(0);
    Snapshot snapshot = front.services().snapshots().find(exchange.tenantId(), name).orElse(null);
    if (snapshot == null) {
      exchange.error(ApiErrors.unknownPipelineName(name));
    }
    return snapshot;
  }

  void dataflowGraph(Exchange exchange) {
    if (!vouches(exchange, front.mayRead(exchange))) {
      return;
    }
    Snapshot snapshot = find(exchange);
    if (snapshot == null) {
      return;
    }
    String name = exchange.param(0);
    JsonNode info = snapshot.pipeline().program().info();
    if (info == null || info.isNull()) {
      exchange.error(ApiErrors.programNotCompiled(name));
    } else if (!info.isObject()) {
      exchange.error(ApiErrors.invalidProgramInfo(info, "expected an object"));
    } else if (info.path("dataflow").isMissingNode() || info.path("dataflow").isNull()) {
      exchange.error(ApiErrors.programInfoMissesDataflow(name));
    } else {
      exchange.json(200, info.get("dataflow"));
    }
  }

  // ---- edits

  void create(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(
            body -> {
              Definition definition = reader.readDefinition(body);
              exchange.about(definition.name());
              return bus.command(new PipelineRequest.Create(exchange.tenantId(), definition));
            })
        .onSuccess(exchange::answer)
        .onFailure(exchange::fail);
  }

  void replace(Exchange exchange) {
    String name = exchange.param(0);
    exchange
        .jsonBody()
        .compose(
            body ->
                bus.command(
                    conditional(
                        exchange,
                        new PipelineRequest.Replace(
                            exchange.tenantId(), name, reader.readDefinition(body)))))
        .onSuccess(exchange::answer)
        .onFailure(exchange::fail);
  }

  void patch(Exchange exchange) {
    String name = exchange.param(0);
    exchange
        .jsonBody()
        .compose(
            body ->
                bus.command(
                    conditional(
                        exchange, patch(exchange.tenantId(), name, reader.readPatch(body)))))
        .onSuccess(exchange::answer)
        .onFailure(exchange::fail);
  }

  private static PipelineRequest.Patch patch(UUID tenantId, String name, PipelinePatch patch) {
    return new PipelineRequest.Patch(
        tenantId,
        name,
        patch.name(),
        patch.description(),
        patch.tags(),
        patch.runtimeConfig(),
        patch.programCode(),
        patch.udfRust(),
        patch.udfToml(),
        patch.programConfig());
  }

  void delete(Exchange exchange) {
    send(
        exchange,
        conditional(exchange, new PipelineRequest.Delete(exchange.tenantId(), exchange.param(0))));
  }

  /** With the client's {@code If-Match}, which the owner compares when it decides. */
  private static PipelineRequest conditional(Exchange exchange, PipelineRequest request) {
    String ifMatch = exchange.request().getHeader(HttpHeaders.IF_MATCH);
    if (ifMatch == null) {
      return request;
    }
    return new PipelineRequest.Conditional(
        ifMatch.trim().equals("*") ? null : EntityTag.ifMatch(ifMatch), request);
  }

  void updateRuntime(Exchange exchange) {
    send(exchange, new PipelineRequest.UpdateRuntime(exchange.tenantId(), exchange.param(0)));
  }

  // ---- life cycle

  void start(Exchange exchange) {
    QueryString query = exchange.query();
    final String initial = query.text("initial", "running");
    final String policy = query.oneOf("bootstrap_policy", "await_approval", POLICIES);
    final boolean silent = query.bool("silent_bootstrap", false);
    final boolean concurrent = query.bool("concurrent_bootstrap", false);
    final boolean dismissError = query.bool("dismiss_error", true);
    RuntimeStatus status =
        switch (initial) {
          case "running" -> RuntimeStatus.RUNNING;
          case "paused" -> RuntimeStatus.PAUSED;
          case "standby" -> RuntimeStatus.STANDBY;
          default ->
              throw ApiErrors.unsupportedPipelineAction(
                      "/start?initial=" + initial,
                      "a pipeline starts as 'running', 'paused' or 'standby'")
                  .exception();
        };
    checkBootstrap(silent, concurrent);
    Launch launch = new Launch(status, BootstrapPolicy.ofColumn(policy), silent, concurrent);
    send(
        exchange,
        new PipelineRequest.Start(exchange.tenantId(), exchange.param(0), launch, dismissError));
  }

  static void checkBootstrap(boolean silent, boolean concurrent) {
    if (silent && concurrent) {
      throw ApiErrors.invalidBootstrapConfig(
              "silent_bootstrap and concurrent_bootstrap exclude each other; set one of them")
          .exception();
    }
  }

  void stop(Exchange exchange) {
    boolean force = exchange.query().bool("force", false);
    send(
        exchange,
        force
            ? new PipelineRequest.Stop(exchange.tenantId(), exchange.param(0))
            : new PipelineRequest.Suspend(exchange.tenantId(), exchange.param(0)));
  }

  void pause(Exchange exchange) {
    send(exchange, new PipelineRequest.Pause(exchange.tenantId(), exchange.param(0)));
  }

  void resume(Exchange exchange) {
    send(exchange, new PipelineRequest.Resume(exchange.tenantId(), exchange.param(0)));
  }

  void clear(Exchange exchange) {
    send(exchange, new PipelineRequest.Clear(exchange.tenantId(), exchange.param(0)));
  }

  void dismissError(Exchange exchange) {
    send(exchange, new PipelineRequest.DismissError(exchange.tenantId(), exchange.param(0)));
  }

  /** Hidden: only deployment tests of clients use it (spec: api-semantics §4.11). */
  void testing(Exchange exchange) {
    if (!front.settings().unstableFeatures().contains("testing")) {
      exchange.error(
          ApiErrors.unsupportedPipelineAction(
              "/testing", "the unstable feature 'testing' is not enabled"));
      return;
    }
    String version = exchange.query().requiredText("set_platform_version");
    send(
        exchange,
        new PipelineRequest.SetPlatformVersion(exchange.tenantId(), exchange.param(0), version));
  }

  private void send(Exchange exchange, PipelineRequest request) {
    bus.command(request).onSuccess(exchange::answer).onFailure(exchange::fail);
  }

  // ---- events

  void events(Exchange exchange) {
    askEvents(exchange, null);
  }

  void event(Exchange exchange) {
    String event = exchange.param(1);
    if (!event.equals("latest") && !UUID_FORM.matcher(event).matches()) {
      exchange.error(
          ApiErrors.invalidUuidParam(event, "expected 8-4-4-4-12 hex digits or 'latest'"));
      return;
    }
    askEvents(exchange, event);
  }

  private void askEvents(Exchange exchange, String event) {
    boolean all = exchange.query().oneOf("selector", "status", EVENT_SELECTORS).equals("all");
    bus.ask(
            new PipelineRequest.Events(exchange.tenantId(), exchange.param(0), event, all),
            Answer.class)
        .onSuccess(exchange::answer)
        .onFailure(exchange::fail);
  }
}
