package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.api.RuntimeConfig;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.ClusterMonitor;
import io.weirkeeper.core.monitor.Probe;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.AuditStore;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.snapshot.ReadRight;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import io.weirkeeper.verticles.support.SupportBundles;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;

/** A front on a free port, with fakes for what stands behind it: verticles and one process. */
final class Fixture implements AutoCloseable {
  static final UUID TENANT = new UUID(0, 0);
  static final String TOKEN = "token-of-the-deployment";
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final AtomicLong IDS = new AtomicLong();

  private final AtomicLong faked = new AtomicLong();
  private final List<String> undocumented = new CopyOnWriteArrayList<>();

  final Vertx vertx;
  final Authenticator authenticator;
  final SnapshotTable snapshots = new SnapshotTable();
  final List<PipelineRequest> requests = new CopyOnWriteArrayList<>();
  final List<String> observed = new CopyOnWriteArrayList<>();
  final int port;
  final int processPort;
  final DocumentedAnswers documented;
  private final List<Operation> operations;

  /** What was told to the audit log. */
  final TestingAuditTrail audit = new TestingAuditTrail();

  private final AuditStore auditEntries;

  /** Quotas of the fixture that is made next. */
  static TenantQuotas quotas = TenantQuotas.UNLIMITED;

  volatile boolean readsValid = true;

  /** Shards whose pipelines may be read although not all may be. */
  final Set<Integer> readable = ConcurrentHashMap.newKeySet();

  volatile boolean databaseReachable = true;
  volatile ClusterMonitor health = healthy(true);
  final List<ClusterEvent> clusterEvents = new CopyOnWriteArrayList<>();
  volatile SupportBundles support = request -> Future.failedFuture("no support data in this test");
  volatile Function<PipelineRequest, Future<Object>> pipelines =
      request -> Future.succeededFuture(Answer.text(202, "done"));
  volatile Handler<HttpServerRequest> process = request -> request.response().end();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Fixture() {
    this(UnaryOperator.identity());
  }

  Fixture(UnaryOperator<FrontSettings> change) {
    this(
        change,
        Vertx.vertx(),
        Authenticator::none,
        TestingAccess.unreachable(),
        TestingAccess.noAudit());
  }

  /** With real authentication; the fixture closes what it is given. */
  Fixture(
      UnaryOperator<FrontSettings> change,
      Vertx vertx,
      Function<Vertx, Authenticator> authenticators,
      AccessStores access,
      AuditStore auditEntries) {
    this.vertx = vertx;
    this.auditEntries = auditEntries;
    authenticator = authenticators.apply(vertx);
    LocalCodec.register(vertx);
    vertx
        .eventBus()
        .<PipelineRequest>localConsumer(
            Addresses.PIPELINES,
            message -> {
              requests.add(message.body());
              faked.incrementAndGet();
              pipelines
                  .apply(message.body())
                  .onSuccess(reply -> message.reply(reply, LocalCodec.reply()))
                  .onFailure(failure -> message.fail(1, failure.getMessage()));
            });
    HttpServer server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      faked.incrementAndGet();
                      process.handle(request);
                    })
                .listen(0, "127.0.0.1"));
    processPort = server.actualPort();
    FrontServices services =
        new FrontServices(
            snapshots,
            new ReadRight() {
              @Override
              public boolean all() {
                return readsValid;
              }

              @Override
              public boolean of(int shard) {
                return readsValid || readable.contains(shard);
              }
            },
            () -> databaseReachable,
            () -> health,
            new TestingClusterEvents(clusterEvents),
            request -> support.bundle(request),
            authenticator,
            access,
            audit,
            auditEntries,
            new TenantLimits(quotas),
            null,
            (operation, status, nanos) -> observed.add(operation + " " + status));
    HttpVerticle verticle =
        new HttpVerticle(
            change.apply(FrontSettings.of("127.0.0.1", 0, "0.1.0-test", "")), services);
    await(vertx.deployVerticle(verticle));
    port = verticle.actualPort();
    operations =
        Api.operations(
            new Front(
                vertx,
                FrontSettings.of("127.0.0.1", 0, "", ""),
                services,
                vertx.createHttpClient()));
    documented = new DocumentedAnswers(operations);
  }

  /** The table that is served. */
  List<Operation> operations() {
    return operations;
  }

  static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits for a condition, with a deadline. */
  static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within " + PATIENCE + ": " + what);
      }
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  static ClusterMonitor healthy(boolean healthy) {
    Probe probe = new Probe(healthy, healthy ? "fine" : "broken");
    return ClusterMonitor.fresh()
        .check(Instant.EPOCH, new UUID(0, 1), probe, probe, probe)
        .monitor();
  }

  /** Every route request is answered with the fake process. */
  Fixture routed() {
    pipelines =
        request ->
            Future.succeededFuture(
                request instanceof PipelineRequest.Route
                    ? new ProcessRoute("127.0.0.1", processPort, TOKEN, request.name())
                    : Answer.text(202, "done"));
    return this;
  }

  /** Publishes a pipeline. */
  PipelineRecord publish(String name, UnaryOperator<PipelineRecord> change) {
    return publish(TENANT, name, change);
  }

  /** Publishes a pipeline of a tenant. */
  PipelineRecord publish(UUID tenant, String name, UnaryOperator<PipelineRecord> change) {
    PipelineRecord created =
        change.apply(
            PipelineRecord.create(
                tenant,
                new UUID(0x0193_8d6a_0000_7000L, IDS.incrementAndGet()),
                new Definition(
                    name,
                    "",
                    List.of(),
                    RuntimeConfig.defaults(),
                    "",
                    "",
                    "",
                    ProgramConfig.defaults()),
                "0.337.0",
                Instant.parse("2026-11-22T10:00:00Z")));
    snapshots.publish(null, Snapshot.written(created, Fixture::render));
    return created;
  }

  private static Buffer render(PipelineRecord pipeline, Snapshot.Selector selector) {
    return Exchange.bytes(
        selector == Snapshot.Selector.ALL
            ? PipelineJson.all(pipeline)
            : PipelineJson.status(pipeline));
  }

  // ---- a client

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(PATIENCE);
  }

  /**
   * Sends a request, and holds the answer against the document: what the front itself says. What
   * fakes behind it say is their affair.
   */
  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      final long before = faked.get();
      HttpRequest sent = request.build();
      HttpResponse<String> answer = client.send(sent, HttpResponse.BodyHandlers.ofString());
      if (faked.get() == before && answer.headers().firstValue("content-encoding").isEmpty()) {
        URI uri = sent.uri();
        documented(
            sent.method(),
            uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()),
            answer.statusCode(),
            answer.headers().firstValue("content-type").orElse(null),
            answer.body());
      }
      return answer;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Remembers what an answer does that the document does not say. */
  void documented(String method, String target, int status, String type, String body) {
    for (String violation : documented.violations(method, target, status, type, body)) {
      undocumented.add(method + " " + target + ": " + violation);
    }
  }

  HttpResponse<InputStream> open(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The compressed answer, unpacked. */
  String unzipped(String path) {
    HttpResponse<InputStream> response = open(request(path).header("Accept-Encoding", "gzip"));
    try (InputStream in = new GZIPInputStream(response.body())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path));
  }

  HttpResponse<String> post(String path) {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
  }

  HttpResponse<String> json(String method, String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  static JsonNode parse(HttpResponse<String> response) {
    try {
      return MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new IllegalStateException(response.body(), e);
    }
  }

  static String code(HttpResponse<String> response) {
    return parse(response).path("error_code").asText();
  }

  RawClient raw() {
    return new RawClient(port);
  }

  /** Fails when an answer was not as the document says. */
  @Override
  public void close() {
    authenticator.close();
    await(vertx.close());
    if (!undocumented.isEmpty()) {
      throw new AssertionError("Answers that the document does not have: " + undocumented);
    }
  }
}
