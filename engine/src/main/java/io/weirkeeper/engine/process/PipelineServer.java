package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.plan.PipelineDiff;
import io.weirkeeper.engine.connector.InputConnector;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.RowFormat;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes of the process (spec: pipeline-protocol); what they do lives elsewhere. */
final class PipelineServer {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineServer.class);

  private final Vertx vertx;
  private final Pipeline pipeline;
  private final Lease lease;
  private final CommandGate gate = new CommandGate();
  private final String bearer;
  private final ProcessSecret secret;
  private final IngressEndpoints ingress;
  private final EgressStreams egress = new EgressStreams();
  private final CheckpointRoutes checkpoints;
  private final Statistics statistics;
  private final Metrics metrics;
  private final Profile profile;
  private final TimeSeries timeSeries = new TimeSeries();
  private final Map<HttpServerResponse, Boolean> followers = new HashMap<>();
  private final Set<ServerWebSocket> sockets = ConcurrentHashMap.newKeySet();
  private final ExecutorService dataPool;
  private final ExecutorService queryPool;

  PipelineServer(Vertx vertx, Pipeline pipeline, Lease lease) {
    this.vertx = vertx;
    this.pipeline = pipeline;
    this.lease = lease;
    DeploymentSpec spec = pipeline.spec();
    this.secret = ProcessSecret.ofHex(spec.secret());
    this.bearer =
        "Bearer "
            + secret.bearerToken(spec.pipelineId(), spec.deploymentNumber(), pipeline.instance());
    this.ingress = new IngressEndpoints(pipeline);
    this.checkpoints = new CheckpointRoutes(pipeline);
    this.statistics = new Statistics(pipeline, ingress, egress);
    this.profile = new Profile(pipeline, statistics);
    this.metrics = new Metrics(pipeline, statistics, ingress, egress);
    int threads = Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));
    // Unbounded by itself: each ingress and egress request has at most one task in it.
    this.dataPool = pool("data", threads, new LinkedBlockingQueue<>());
    this.queryPool =
        pool("query", Limits.QUERY_THREADS, new ArrayBlockingQueue<>(Limits.QUERY_QUEUE));
  }

  private static ExecutorService pool(
      String name, int threads, java.util.concurrent.BlockingQueue<Runnable> queue) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            queue,
            task -> {
              Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Binds to a free port of the deployment's address. */
  Future<HttpServer> listen() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(pipeline.spec().bindAddress())
            .setPort(0)
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setHandle100ContinueAutomatically(true)
            .setMaxInitialLineLength(Limits.REQUEST_LINE_BYTES)
            .setMaxHeaderSize(Limits.HEADER_BYTES)
            .setIdleTimeout((int) Limits.IDLE_CONNECTION.toSeconds())
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setMaxWebSocketFrameSize(Limits.SOCKET_FRAME_BYTES)
            .setMaxWebSocketMessageSize(Limits.SOCKET_MESSAGE_BYTES)
            .setWebSocketClosingTimeout((int) Limits.SOCKET_CLOSE_PATIENCE.toSeconds())
            // Between two processes of one machine; and nothing unpacks to more than it weighs.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false);
    vertx.setPeriodic(1000, timer -> sample());
    // A change stream ends with its pipeline, and so does a query.
    var unused =
        pipeline
            .death()
            .thenRun(
                () -> {
                  egress.all().forEach(EgressStream::close);
                  sockets.forEach(
                      socket ->
                          WebSocketQueryAnswer.refuse(
                              socket,
                              new ApiError(410, "Terminating", "The pipeline has ended its work"),
                              WebSocketQueryAnswer.LEAVING));
                });
    return vertx.createHttpServer(options).requestHandler(router()).listen();
  }

  private Router router() {
    Router router = Router.router(vertx);
    router.route().handler(this::meter);
    router.get("/weirkeeper/challenge").handler(this::challenge);
    router.route().handler(this::authenticate);
    router.route().handler(PipelineServer::readable);
    router.post("/weirkeeper/grant").handler(this::grant);
    control(router);
    data(router);
    observation(router);
    refusals(router);
    router.route().failureHandler(PipelineServer::failed);
    router.errorHandler(
        404,
        ctx ->
            Replies.error(
                ctx.response(),
                new ApiError(404, "NotFound", "The pipeline has no " + ctx.request().path())));
    router.errorHandler(
        405,
        ctx ->
            Replies.error(
                ctx.response(),
                new ApiError(
                    405,
                    "MethodNotAllowed",
                    ctx.request().path() + " does not take " + ctx.request().method())));
    return router;
  }

  private void control(Router router) {
    router.get("/status").handler(this::status);
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.POST)) {
      router.route(method, "/start").handler(ctx -> transition(ctx, true));
      router.route(method, "/pause").handler(ctx -> transition(ctx, false));
      router
          .route(method, "/input_endpoints/:endpoint/start")
          .handler(ctx -> pauseEndpoint(ctx, false));
      router
          .route(method, "/input_endpoints/:endpoint/pause")
          .handler(ctx -> pauseEndpoint(ctx, true));
    }
    router.post("/approve").handler(this::approve);
    checkpoints.routes(router, this::command, this::up);
  }

  private void data(Router router) {
    router.post("/ingress/:table").handler(this::ingress);
    router.post("/egress/:relation").handler(this::egress);
    router.get("/query").handler(this::query);
    router.get("/completion_status").handler(this::completionStatus);
    router.get("/input_endpoints/:endpoint/completion_token").handler(this::completionToken);
  }

  private void observation(Router router) {
    router.get("/stats").handler(up(ctx -> Replies.json(ctx, 200, statistics.all())));
    router.get("/stats/errors").handler(up(ctx -> Replies.json(ctx, 200, statistics.errors())));
    router
        .get("/input_endpoints/:endpoint/stats")
        .handler(up(ctx -> Replies.json(ctx, 200, inputStatistics(ctx.pathParam("endpoint")))));
    router
        .get("/output_endpoints/:endpoint/stats")
        .handler(up(ctx -> Replies.json(ctx, 200, outputStatistics(ctx.pathParam("endpoint")))));
    router.get("/metrics").handler(up(this::metrics));
    router.get("/time_series").handler(up(this::timeSeries));
    router.get("/time_series_stream").handler(up(this::timeSeriesStream));
    router.get("/dump_json_profile").handler(up(ctx -> Replies.json(ctx, 200, profile.json())));
    router
        .get("/dump_profile")
        .handler(
            up(
                ctx ->
                    ctx.response()
                        .putHeader("Content-Type", "application/zip")
                        .putHeader(
                            "Content-Disposition", "attachment; filename=\"circuit_profile.zip\"")
                        .end(profile.zip())));
    router
        .post("/clock/advance")
        .handler(
            up(
                ctx -> {
                  throw new ApiError(
                      400,
                      "InvalidParam",
                      "The clock of this pipeline follows the wall clock and can't be advanced");
                }));
  }

  /** What the protocol names and this process can't do: said so, never a 404. */
  private void refusals(Router router) {
    router.post("/activate").handler(up(this::activate));
    router
        .post("/output_endpoints/:endpoint/command")
        .handler(
            up(
                ctx -> {
                  outputStatistics(ctx.pathParam("endpoint"));
                  throw ApiError.notImplemented("A command to an output connector");
                }));
    for (String path :
        List.of(
            "/checkpoints/remote",
            "/checkpoint/sync",
            "/checkpoint/sync_status",
            "/rebalance",
            "/start_compaction",
            "/start_transaction",
            "/commit_transaction",
            "/metadata",
            "/lir",
            "/heap_profile",
            "/samply_profile",
            "/coordination/*")) {
      router
          .route(path)
          .handler(
              up(
                  ctx -> {
                    throw ApiError.notImplemented(path);
                  }));
    }
  }

  private io.vertx.core.Handler<RoutingContext> up(Consumer<RoutingContext> handler) {
    return ctx -> {
      pipeline.requireUp();
      handler.accept(ctx);
    };
  }

  private static void failed(RoutingContext ctx) {
    Throwable failure = ctx.failure();
    if (failure instanceof ApiError error) {
      Replies.error(ctx.response(), error);
      return;
    }
    if (failure == null) {
      Replies.error(
          ctx.response(),
          new ApiError(ctx.statusCode(), "InvalidParam", "The request is malformed"));
      return;
    }
    LOG.error("{} {} failed", ctx.request().method(), ctx.request().path(), failure);
    Replies.error(
        ctx.response(),
        new ApiError(500, "ControllerPanic", "The request failed: " + Pipeline.cause(failure)));
  }

  private void meter(RoutingContext ctx) {
    long begin = System.nanoTime();
    ctx.addEndHandler(
        end -> {
          metrics.requests.increment();
          metrics.requestNanos.add(System.nanoTime() - begin);
        });
    ctx.next();
  }

  // ---- who may speak

  private void challenge(RoutingContext ctx) {
    String nonce = ctx.queryParams().get("nonce");
    if (nonce == null || nonce.isEmpty() || nonce.length() > Limits.NONCE_CHARACTERS) {
      throw ApiError.invalidParam(
          "nonce", "1 to " + Limits.NONCE_CHARACTERS + " characters", nonce);
    }
    DeploymentSpec spec = pipeline.spec();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("instance", pipeline.instance().toString());
    answer.put("deployment_number", spec.deploymentNumber());
    answer.put(
        "answer",
        secret.challengeAnswer(
            nonce, spec.pipelineId(), spec.deploymentNumber(), pipeline.instance()));
    Replies.json(ctx, 200, answer);
  }

  private void authenticate(RoutingContext ctx) {
    String given = ctx.request().getHeader("Authorization");
    if (given == null || !ProcessSecret.same(given, bearer)) {
      Replies.error(
          ctx.response(),
          new ApiError(
              401,
              "AuthenticationFailed",
              "The request does not carry this pipeline process's bearer token"));
      return;
    }
    ctx.next();
  }

  /** A query string with a percent sign that encodes nothing is the client's fault, not ours. */
  private static void readable(RoutingContext ctx) {
    try {
      ctx.queryParams();
    } catch (RuntimeException e) {
      // Vert.x Web wraps what the decoder throws.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ApiError(
          400, "InvalidParam", "The query string can't be read: " + cause.getMessage());
    }
    ctx.next();
  }

  private void command(HttpServerRequest request) {
    gate.pass(
        request.getHeader(ProcessSecret.EPOCH_HEADER),
        request.getHeader(ProcessSecret.REVISION_HEADER));
  }

  private void grant(RoutingContext ctx) {
    Replies.body(ctx.request(), Limits.COMMAND_BODY_BYTES)
        .map(
            body -> {
              command(ctx.request());
              long millis = leaseMillis(body);
              boolean first = lease.grant(millis);
              if (first) {
                LOG.info("Granted a lease of {} ms", millis);
              }
              pipeline.grant();
              Map<String, Object> answer = new LinkedHashMap<>();
              answer.put("instance", pipeline.instance().toString());
              answer.put("deployment_number", pipeline.spec().deploymentNumber());
              answer.put("lease_millis", millis);
              Replies.json(ctx, 200, answer);
              return null;
            })
        .onFailure(ctx::fail);
  }

  private static long leaseMillis(Buffer body) {
    JsonNode value;
    try {
      JsonNode json = Replies.JSON.readTree(body.getBytes());
      value = json == null ? null : json.get("lease_millis");
    } catch (IOException e) {
      throw ApiError.invalidParam("body", "{\"lease_millis\": milliseconds}", "malformed JSON");
    }
    long longest = Limits.LONGEST_LEASE.toMillis();
    if (value == null
        || !value.canConvertToLong()
        || !value.isIntegralNumber()
        || value.asLong() < 1
        || value.asLong() > longest) {
      throw ApiError.invalidParam(
          "lease_millis", "1 to " + longest, value == null ? null : value.toString());
    }
    return value.asLong();
  }

  // ---- control

  private void status(RoutingContext ctx) {
    pipeline.requireStatus();
    Map<String, Object> details = new LinkedHashMap<>();
    Optional<PipelineDiff> awaited = pipeline.awaitsApproval();
    if (awaited.isPresent()) {
      details.put("approval_diff", awaited.get());
    } else if (pipeline.isConnected()) {
      details.put("connector_stats", Map.of("num_errors", statistics.connectorErrors()));
    }
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("runtime_status", pipeline.runtimeStatus());
    status.put("runtime_status_details", details);
    status.put("runtime_desired_status", pipeline.desiredStatus());
    status.put("storage_status_details", Map.of("checkpoints", pipeline.durable().shown()));
    Replies.json(ctx, 200, status);
  }

  private void approve(RoutingContext ctx) {
    if (ctx.request().headers().contains(ProcessSecret.EPOCH_HEADER)) {
      command(ctx.request());
    }
    boolean silent = EgressRequest.flag(ctx.queryParams(), "silent_bootstrap");
    boolean concurrent = EgressRequest.flag(ctx.queryParams(), "concurrent_bootstrap");
    if (silent && concurrent) {
      throw ApiError.invalidParam(
          "concurrent_bootstrap", "false together with silent_bootstrap", "true");
    }
    pipeline.approve(silent);
    Replies.json(ctx, 200, "Bootstrap approved");
  }

  private void transition(RoutingContext ctx, boolean run) {
    pipeline.requireStatus();
    command(ctx.request());
    Replies.json(ctx, 202, pipeline.transition(run));
  }

  /** A process that starts as a standby fails to start, so none of those that run is one. */
  private void activate(RoutingContext ctx) {
    String initial = ctx.queryParams().get("initial");
    if (initial != null && !initial.equals("running") && !initial.equals("paused")) {
      throw new ApiError(
          400,
          "InvalidActivateStatus",
          "A standby is activated as 'running' or 'paused', found '" + initial + "'");
    }
    throw new ApiError(
        400,
        "InvalidTransition",
        "Only a pipeline in Standby can be activated; this one is " + pipeline.runtimeStatus());
  }

  private void pauseEndpoint(RoutingContext ctx, boolean pause) {
    pipeline.requireUp();
    String name = ctx.pathParam("endpoint");
    Optional<InputConnector> connector = pipeline.connectors().input(name);
    IngressEndpoint endpoint = connector.isPresent() ? null : ingress.named(name);
    if (ctx.request().headers().contains(ProcessSecret.EPOCH_HEADER)) {
      command(ctx.request());
    }
    if (endpoint != null) {
      endpoint.paused = pause;
      LOG.info("Input {} {}", endpoint.name(), pause ? "paused" : "started");
    } else if (pause) {
      connector.get().pause();
    } else {
      connector.get().start();
    }
    // No body: the API documents none.
    var unused = ctx.response().setStatusCode(200).end();
  }

  // ---- data

  private void ingress(RoutingContext ctx) {
    MultiMap query = ctx.queryParams();
    RowFormat rows = pipeline.relation(ctx.pathParam("table"), "ConfigError.UnknownInputStream");
    boolean force = EgressRequest.flag(query, "force");
    IngressEndpoint endpoint = ingress.of(rows, inputFormat(rows, query));
    egress.takePlace();
    new IngressRequest(
            vertx, dataPool, pipeline, endpoint, ctx.request(), force, egress::givePlaceBack)
        .start();
  }

  private static InputFormat inputFormat(RowFormat rows, MultiMap query) {
    Map<String, String> parameters = new HashMap<>();
    for (Map.Entry<String, String> entry : query) {
      parameters.putIfAbsent(entry.getKey(), entry.getValue());
    }
    try {
      InputFormat format = InputFormat.of(parameters);
      rows.check(format);
      return format;
    } catch (FormatException e) {
      throw new ApiError(400, e.errorCode(), e.getMessage());
    }
  }

  private void egress(RoutingContext ctx) {
    RowFormat rows =
        pipeline.relation(ctx.pathParam("relation"), "ConfigError.UnknownOutputStream");
    Replies.body(ctx.request(), Limits.COMMAND_BODY_BYTES)
        .map(
            body -> {
              EgressRequest asked = EgressRequest.of(ctx.queryParams(), body.getBytes());
              if (asked.snapshot() && !rows.relation().materialized()) {
                throw new ApiError(
                    400,
                    "InvalidParam",
                    "send_snapshot needs contents that are kept, and '"
                        + rows.relation().name()
                        + "' is not materialized");
              }
              egress.takePlace();
              String name = rows.relation().name() + ".api-" + UUID.randomUUID();
              EgressStream stream =
                  new EgressStream(
                      vertx,
                      dataPool,
                      pipeline,
                      rows,
                      asked,
                      ctx.response(),
                      name,
                      () -> {
                        egress.remove(name);
                        egress.givePlaceBack();
                      });
              egress.add(stream);
              stream.start();
              return null;
            })
        .onFailure(ctx::fail);
  }

  private void query(RoutingContext ctx) {
    pipeline.requireUp();
    if (ctx.request().canUpgradeToWebSocket()) {
      querySocket(ctx);
      return;
    }
    String sql = ctx.queryParams().get("sql");
    if (sql == null) {
      throw new ApiError(400, "MissingUrlEncodedParam", "The parameter 'sql' is missing");
    }
    String format = ctx.queryParams().contains("format") ? ctx.queryParams().get("format") : "text";
    boolean json = jsonOrText(format);
    ask(sql, json, new HttpQueryAnswer(ctx.response(), json));
  }

  private void querySocket(RoutingContext ctx) {
    egress.takePlace();
    ctx.request()
        .toWebSocket()
        .onSuccess(
            socket -> {
              sockets.add(socket);
              new WebSocketQuery(
                  vertx,
                  socket,
                  (question, answer) -> ask(question.sql(), jsonOrText(question.format()), answer),
                  () -> {
                    sockets.remove(socket);
                    egress.givePlaceBack();
                  });
            })
        .onFailure(
            failure -> {
              egress.givePlaceBack();
              LOG.info("A WebSocket did not come about: {}", failure.toString());
            });
  }

  private static boolean jsonOrText(String format) {
    return switch (format) {
      case "json" -> true;
      case "text" -> false;
      case "parquet", "arrow_ipc", "hash" ->
          throw ApiError.notImplemented("The query format '" + format + "'");
      default ->
          throw ApiError.invalidParam("format", "text, json, parquet, arrow_ipc or hash", format);
    };
  }

  private void ask(String sql, boolean json, QueryAnswer answer) {
    try {
      queryPool.execute(new QueryRequest(pipeline, ingress, sql, json, answer));
    } catch (RejectedExecutionException e) {
      throw new ApiError(
          429,
          "ApiConnectionLimit",
          "This pipeline already has "
              + (Limits.QUERY_QUEUE + Limits.QUERY_THREADS)
              + " ad-hoc queries to answer: try again");
    }
  }

  private void completionStatus(RoutingContext ctx) {
    pipeline.requireUp();
    String text = ctx.queryParams().get("token");
    if (text == null) {
      throw new ApiError(400, "MissingUrlEncodedParam", "The parameter 'token' is missing");
    }
    CompletionToken token = CompletionToken.parse(text);
    if (!token.incarnation().equals(pipeline.lineage())) {
      throw new ApiError(
          410,
          "PipelineRestarted",
          "The pipeline was restarted since this completion token was made");
    }
    InputEndpoint endpoint =
        pipeline
            .dataflow()
            .input(token.endpoint())
            .orElseThrow(
                () ->
                    new ApiError(
                        410,
                        "UnknownEndpointInCompletionToken",
                        "The endpoint of this completion token is gone"));
    boolean complete = endpoint.isComplete(token.records());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("status", complete ? "complete" : "inprogress");
    answer.put("step", complete ? statistics.counters().completedSteps() : null);
    Replies.json(ctx, 200, answer);
  }

  private void completionToken(RoutingContext ctx) {
    pipeline.requireUp();
    String name = ctx.pathParam("endpoint");
    CompletionToken token =
        pipeline
            .connectors()
            .input(name)
            .map(input -> token(input.endpoint()))
            .orElseGet(() -> token(ingress.named(name).input));
    Replies.json(ctx, 200, Map.of("token", token.text()));
  }

  private CompletionToken token(InputEndpoint endpoint) {
    return new CompletionToken(pipeline.lineage(), endpoint.id(), endpoint.totalRecords());
  }

  private Map<String, Object> inputStatistics(String name) {
    return pipeline
        .connectors()
        .input(name)
        .map(input -> statistics.input(input, true))
        .orElseGet(() -> statistics.input(ingress.named(name), true));
  }

  private Map<String, Object> outputStatistics(String name) {
    return pipeline
        .connectors()
        .output(name)
        .map(output -> statistics.output(output, true))
        .orElseGet(() -> statistics.output(egress.named(name), true));
  }

  // ---- observation

  private void metrics(RoutingContext ctx) {
    String format =
        ctx.queryParams().contains("format") ? ctx.queryParams().get("format") : "prometheus";
    switch (format) {
      case "prometheus" -> {
        var unused =
            ctx.response()
                .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                .end(metrics.prometheus());
      }
      case "json" -> Replies.json(ctx, 200, metrics.json());
      default -> throw ApiError.invalidParam("format", "prometheus or json", format);
    }
  }

  private void timeSeries(RoutingContext ctx) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("now", System.currentTimeMillis());
    answer.put("samples", timeSeries.samples());
    Replies.json(ctx, 200, answer);
  }

  private void timeSeriesStream(RoutingContext ctx) {
    egress.takePlace();
    HttpServerResponse response = ctx.response();
    response.setChunked(true).putHeader("Content-Type", "application/x-ndjson");
    AtomicLong left = new AtomicLong(1);
    Runnable leave =
        () -> {
          if (left.getAndSet(0) == 1) {
            synchronized (followers) {
              followers.remove(response);
            }
            egress.givePlaceBack();
          }
        };
    response.closeHandler(v -> leave.run());
    response.exceptionHandler(e -> leave.run());
    Buffer history = Buffer.buffer();
    for (Map<String, Object> sample : timeSeries.samples()) {
      history.appendBytes(Replies.bytes(sample)).appendByte((byte) '\n');
    }
    var unused = response.write(history);
    synchronized (followers) {
      followers.put(response, true);
    }
  }

  private void sample() {
    long processed;
    try {
      processed = statistics.counters().processedRecords();
    } catch (ApiError e) {
      // Not up: nothing to sample.
      return;
    }
    Map<String, Object> sample = timeSeries.add(processed, Proc.residentBytes(), 0);
    List<HttpServerResponse> all;
    synchronized (followers) {
      all = List.copyOf(followers.keySet());
    }
    if (all.isEmpty()) {
      return;
    }
    Buffer line = Buffer.buffer(Replies.bytes(sample)).appendByte((byte) '\n');
    for (HttpServerResponse follower : all) {
      // A follower that doesn't read misses samples rather than filling the memory.
      if (!follower.closed() && !follower.writeQueueFull()) {
        var unused = follower.write(line.copy());
      }
    }
  }
}
