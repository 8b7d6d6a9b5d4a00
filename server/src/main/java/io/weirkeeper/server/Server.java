package io.weirkeeper.server;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.cluster.ClusterTimings;
import io.weirkeeper.cluster.NodeIdentity;
import io.weirkeeper.cluster.NodeSession;
import io.weirkeeper.cluster.Ownership;
import io.weirkeeper.conf.HttpSettings;
import io.weirkeeper.conf.QuotaSettings;
import io.weirkeeper.conf.Settings;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.api.ServerJson;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.pipeline.Lifecycle;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.metrics.ControlPlaneMetrics;
import io.weirkeeper.server.postgres.EmbeddedDatabase;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.DatabaseSettings;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.store.PostgresUri;
import io.weirkeeper.store.StoreObserver;
import io.weirkeeper.store.Timeline;
import io.weirkeeper.verticles.actor.PipelineSettings;
import io.weirkeeper.verticles.audit.AuditLog;
import io.weirkeeper.verticles.audit.AuditTrail;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.compile.CompilerObserver;
import io.weirkeeper.verticles.compile.CompilerVerticle;
import io.weirkeeper.verticles.http.FrontServices;
import io.weirkeeper.verticles.http.FrontSettings;
import io.weirkeeper.verticles.http.FrontTimeouts;
import io.weirkeeper.verticles.http.HttpVerticle;
import io.weirkeeper.verticles.http.ManagementVerticle;
import io.weirkeeper.verticles.http.TenantLimits;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.monitor.ClusterMonitorVerticle;
import io.weirkeeper.verticles.pipeline.Ids;
import io.weirkeeper.verticles.pipeline.PipelineServices;
import io.weirkeeper.verticles.pipeline.ShardsVerticle;
import io.weirkeeper.verticles.process.HostSettings;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.snapshot.ReadRight;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import io.weirkeeper.verticles.support.SupportSettings;
import io.weirkeeper.verticles.support.SupportVerticle;
import io.weirkeeper.verticles.tls.ServerCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: puts the modules together in the order in which they need each other, and takes them
 * apart in the opposite order. All methods block; they are for the main thread.
 */
final class Server {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  /** The API's version, which clients compare with their own (spec: api-semantics, head). */
  static final String API_VERSION = "0.337.0";

  /** Main class of a pipeline process. */
  static final String ENGINE_MAIN = "io.weirkeeper.engine.process.PipelineMain";

  /** Programs as planned by the compiler, inside the data directory. */
  private static final String PLANNED_JOBS = "planned-jobs";

  private static final String TIMELINE_FILE = "timeline";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_STEP_LIMIT = Duration.ofSeconds(9);
  private static final Duration DATABASE_PROBE_INTERVAL = Duration.ofSeconds(1);
  private static final int HTTP_INSTANCES = Math.max(2, Runtime.getRuntime().availableProcessors());
  private static final long MIN_FREE_MEMORY_BYTES = 600L << 20;
  private static final int MAX_QUEUED_STARTS = 1_000;

  private final Settings settings;
  private final DataDirectory data;
  private final Installation installation;
  private final ControlPlaneMetrics metrics;
  private final Runnable onFatal;

  private final AtomicInteger compileQueue = new AtomicInteger();
  private EmbeddedDatabase embedded;
  private Vertx vertx;
  private Database database;
  private volatile NodeSession session;
  private ShardsVerticle shards;
  private CompilerVerticle compiler;
  private List<HttpVerticle> http;
  private ManagementVerticle management;
  private SupportVerticle support;
  private ClusterMonitorVerticle monitor;
  private final AtomicBoolean bringingBack = new AtomicBoolean();
  private volatile boolean databaseReachable;

  /**
   * A node that is not started yet.
   *
   * @param onFatal runs when the node can't go on and the program must end
   */
  Server(Settings settings, DataDirectory data, Installation installation, Runnable onFatal) {
    this.settings = settings;
    this.data = data;
    this.installation = installation;
    this.onFatal = onFatal;
    this.metrics = new ControlPlaneMetrics();
    metrics.compilationsWaiting(compileQueue::get);
    metrics.shardsOwned(() -> ownership().shards().size());
  }

  /** This program's own version. */
  static String version() {
    return Installation.build().getProperty("version", "unknown");
  }

  /** The API's URL; after {@link #start}. */
  String url() {
    String scheme = settings.http().tls().isPresent() ? "https" : "http";
    return scheme + "://" + inUrl(settings.http().bind()) + ":" + http.get(0).actualPort();
  }

  /** The management URL; after {@link #start}. */
  String managementUrl() {
    return "http://" + inUrl(settings.http().managementBind()) + ":" + management.actualPort();
  }

  private static String inUrl(String bind) {
    return bind.contains(":") && !bind.startsWith("[") ? "[" + bind + "]" : bind;
  }

  /**
   * Starts everything; returns when every pipeline answers.
   *
   * @throws IOException when a part can't be started; the message says which and why
   */
  void start() throws IOException, InterruptedException {
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    LocalCodec.register(vertx);
    NodeIdentity identity = NodeIdentity.inDirectory(data.root());
    LOG.info(
        "Starting: version={} java={} data={} incarnation={} host={} {}",
        version(),
        System.getProperty("java.version"),
        data.root(),
        identity.incarnation(),
        identity.hostId(),
        settings);
    settings.warnings().forEach(LOG::warn);
    startCompiler();
    openDatabase(identity);
    startPipelines(identity);
    // Before all pipelines are loaded: those that are can answer.
    startHttp();
    await("the pipelines", shards.loaded());
    // Not earlier, because its warm-up takes the processors; programs wait in its queue meanwhile.
    compiler.launch();
    await("the monitor", vertx.deployVerticle(monitor));
    vertx.setPeriodic(0, DATABASE_PROBE_INTERVAL.toMillis(), timer -> probeDatabase());
    data.announce(
        new DataDirectory.Instance(ProcessHandle.current().pid(), url(), managementUrl()));
  }

  private void startCompiler() throws IOException, InterruptedException {
    compiler =
        new CompilerVerticle(
            io.weirkeeper.verticles.compile.CompilerSettings.of(
                installation.compilerCommand(
                    settings.compiler().memory().mebibytes(),
                    data.resolve(PLANNED_JOBS),
                    settings.compiler().timeout()),
                settings.compiler().timeout()),
            new CompilerObserver() {
              @Override
              public void queued(int length) {
                compileQueue.set(length);
              }

              @Override
              public void compiled(long nanos, CompileResult.Outcome outcome) {
                metrics.compilation(programStatus(outcome), nanos);
              }
            });
    await("the compiler", vertx.deployVerticle(compiler));
  }

  private static ProgramStatus programStatus(CompileResult.Outcome outcome) {
    return switch (outcome) {
      case SUCCESS -> ProgramStatus.SUCCESS;
      case SQL_ERROR -> ProgramStatus.SQL_ERROR;
      case SYSTEM_ERROR -> ProgramStatus.SYSTEM_ERROR;
    };
  }

  private void openDatabase(NodeIdentity identity) throws IOException, InterruptedException {
    PostgresUri uri;
    if (settings.data().postgresUri().isPresent()) {
      uri = PostgresUri.parse(settings.data().postgresUri().get().reveal());
    } else {
      embedded = EmbeddedDatabase.start(data.resolve("postgres"));
      uri = embedded.uri();
    }
    Optional<Timeline> seen = data.read(TIMELINE_FILE).map(Timeline::parse);
    StoreObserver observer =
        (statement, nanos, outcome) ->
            metrics.statement(statement, nanos, outcome.name().toLowerCase(Locale.ROOT));
    database =
        await(
            "the database",
            Database.open(vertx, uri, DatabaseSettings.of(identity.incarnation()), seen, observer));
    data.write(TIMELINE_FILE, database.timeline().toString());
  }

  private void startPipelines(NodeIdentity identity) throws IOException, InterruptedException {
    ClusterTimings timings = ClusterTimings.DEFAULTS;
    SnapshotTable snapshots = new SnapshotTable();
    PipelineServices services =
        new PipelineServices(
            PipelineSettings.DEFAULTS,
            new Lifecycle(API_VERSION),
            API_VERSION,
            database.pipelines(),
            this::ownership,
            snapshots,
            Server::render,
            new ProcessHost(vertx, hostSettings(identity)),
            new ProcessClient(vertx, Duration.ofSeconds(5)),
            PipelineStore.CLOCK,
            metrics::pipeline,
            settings.history().eventRetention(),
            quotas());
    shards = new ShardsVerticle(services, onFatal);
    await("the pipelines", vertx.deployVerticle(shards));
    session =
        await(
            "the node's session",
            NodeSession.start(
                vertx,
                database.sessions(),
                identity.registration("node-1", settings.http().bind(), version()),
                timings,
                shards.listener()));
    startSupport(snapshots);
    prepareMonitor();
    deployHttpWith(snapshots);
  }

  private TenantQuotas quotas() {
    QuotaSettings quotas = settings.quotas();
    return new TenantQuotas(
        quotas.pipelines(), quotas.running(), quotas.requestsPerSecond(), quotas.streams());
  }

  private ReadRight reads() {
    return new ReadRight() {
      @Override
      public boolean all() {
        return ownership().current() && shards.isLoaded();
      }

      @Override
      public boolean of(int shard) {
        Ownership ownership = ownership();
        return ownership.current() && ownership.guard(shard).isPresent() && shards.isLoaded(shard);
      }
    };
  }

  /** What this node owns; nothing before its session has begun. */
  private Ownership ownership() {
    return session == null ? NO_OWNERSHIP : session.ownership();
  }

  private static final Ownership NO_OWNERSHIP =
      new Ownership() {
        @Override
        public Optional<Guard> guard(int shard) {
          return Optional.empty();
        }

        @Override
        public Set<Integer> shards() {
          return Set.of();
        }

        @Override
        public long validUntilNanos() {
          return System.nanoTime();
        }
      };

  private HostSettings hostSettings(NodeIdentity identity) throws IOException {
    return new HostSettings(
        identity.hostId(),
        Installation.java(),
        Stream.of(
                installation.engineOptions(),
                EngineArchive.options(Installation.home()),
                List.of(Installation.jobsOption(data.resolve(PLANNED_JOBS))))
            .flatMap(List::stream)
            .toList(),
        installation.engineClassPath(),
        ENGINE_MAIN,
        data.resolve("pipelines"),
        "127.0.0.1",
        settings.engine().maxConcurrentStarts(),
        MAX_QUEUED_STARTS,
        settings.engine().heap().bytes(),
        MIN_FREE_MEMORY_BYTES,
        PipelineSettings.DEFAULTS.startTimeout(),
        Duration.ofSeconds(30),
        Duration.ofSeconds(5));
  }

  private static Buffer render(PipelineRecord pipeline, Snapshot.Selector selector) {
    String json =
        switch (selector) {
          case ALL -> PipelineJson.all(pipeline).toString();
          case STATUS -> PipelineJson.status(pipeline).toString();
        };
    return Buffer.buffer(json.getBytes(StandardCharsets.UTF_8));
  }

  private FrontServices front;
  private Authenticator authenticator;

  /** Null when it is not kept who did what. */
  private AuditLog audit;

  private void startAudit() {
    Duration age = settings.history().auditRetention();
    if (age.isZero()) {
      LOG.warn("Nobody keeps who does what: --audit-retention is 0s");
      return;
    }
    audit =
        new AuditLog(
            vertx,
            database.audit(),
            Ids.SECURE,
            Clock.systemUTC(),
            new AuditLog.Retention(age, settings.history().auditEntries()));
    metrics.auditLog(audit::waiting, audit::dropped);
  }

  /** What clients are shown; null for plain HTTP. */
  private ServerCertificate certificate;

  private void deployHttpWith(SnapshotTable snapshots) throws IOException {
    if (settings.http().tls().isPresent()) {
      HttpSettings.Tls tls = settings.http().tls().get();
      certificate =
          ServerCertificate.watch(vertx, tls.certificates(), tls.key(), Clock.systemUTC());
    }
    startAudit();
    authenticator = Access.authenticator(vertx, settings.auth(), database.access());
    front =
        new FrontServices(
            snapshots,
            reads(),
            () -> databaseReachable,
            monitor::current,
            database.clusterEvents(),
            support,
            authenticator,
            database.access(),
            audit == null ? AuditTrail.NONE : audit,
            database.audit(),
            new TenantLimits(quotas()),
            certificate,
            metrics::request);
  }

  private void startSupport(SnapshotTable snapshots) throws IOException, InterruptedException {
    support =
        new SupportVerticle(
            SupportSettings.of(
                data.resolve("support"),
                settings.history().supportFrequency(),
                settings.history().supportRetention()),
            snapshots,
            () -> ownership().current() && shards.isLoaded(),
            ServerJson.configuration(version(), revision(), settings.api().unstableFeatures()),
            PipelineStore.CLOCK);
    await("the support data", vertx.deployVerticle(support));
  }

  private void prepareMonitor() {
    HealthProbes probes = new HealthProbes(vertx, data.root());
    monitor =
        new ClusterMonitorVerticle(
            new ClusterMonitorVerticle.Probes(
                () -> probes.api(url()),
                () -> probes.compiler(compiler::trouble),
                () -> probes.runner(ownership().current(), shards.isLoaded())),
            database.clusterEvents(),
            Ids.SECURE,
            PipelineStore.CLOCK,
            ClusterMonitorVerticle.INTERVAL);
  }

  private static String revision() {
    return Installation.build().getProperty("revision", "");
  }

  private void startHttp() throws IOException, InterruptedException {
    FrontSettings frontSettings =
        FrontSettings.of(settings.http().bind(), settings.http().port(), version(), revision())
            .withTimeouts(FrontTimeouts.DEFAULTS.withCompiler(settings.compiler().timeout()))
            .withOrigins(settings.api().developerMode(), settings.api().allowedOrigins())
            .withExtras(
                settings.api().unstableFeatures(), Demos.read(settings.api().demosDirectory()));
    http = new ArrayList<>();
    for (int i = 0; i < HTTP_INSTANCES; i++) {
      HttpVerticle verticle = new HttpVerticle(frontSettings, front);
      await("HTTP on port " + settings.http().port(), vertx.deployVerticle(verticle));
      http.add(verticle);
    }
    management =
        new ManagementVerticle(
            settings.http().managementBind(),
            settings.http().managementPort(),
            () -> databaseReachable,
            this::parts,
            metrics::scrape);
    await(
        "HTTP on management port " + settings.http().managementPort(),
        vertx.deployVerticle(management, new DeploymentOptions()));
  }

  private void probeDatabase() {
    database
        .ping()
        .onComplete(
            answer -> {
              if (answer.failed() && embedded != null) {
                bringDatabaseBack();
              }
              databaseReachable = answer.succeeded();
            });
  }

  /** A database server that was killed is started again; its clients reconnect by themselves. */
  private void bringDatabaseBack() {
    // A start takes longer than the interval of the probes.
    if (!bringingBack.compareAndSet(false, true)) {
      return;
    }
    vertx
        .executeBlocking(embedded::ensureRunning, false)
        .onComplete(started -> bringingBack.set(false))
        .onFailure(
            cause -> LOG.error("The embedded database cannot be started: {}", cause.toString()));
  }

  private List<ManagementVerticle.Part> parts() {
    boolean current = ownership().current();
    boolean warm = compiler.ready().succeeded();
    List<ManagementVerticle.Part> parts = new ArrayList<>();
    if (certificate != null) {
      parts.add(
          new ManagementVerticle.Part("certificate", certificate.isValid(), certificate.says()));
    }
    parts.add(
        new ManagementVerticle.Part(
            "database",
            databaseReachable,
            databaseReachable ? "answers" : "does not answer; see the log"));
    parts.add(
        new ManagementVerticle.Part(
            "ownership",
            current,
            "owns "
                + ownership().shards().size()
                + " of "
                + ShardMap.SHARDS
                + " shards"
                + (current ? "" : "; the last renewal is too old to vouch for what is in memory")));
    parts.add(
        new ManagementVerticle.Part(
            "pipelines", shards.isLoaded(), shards.isLoaded() ? "loaded" : "being loaded"));
    parts.add(
        new ManagementVerticle.Part(
            "compiler", warm, warm ? "warm" : "starting; programs wait in its queue"));
    return parts;
  }

  private static <T> T await(String what, Future<T> future)
      throws IOException, InterruptedException {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(
          what + " could not be started: " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(
          what + " could not be started within " + START_LIMIT.toSeconds() + " s", e);
    }
  }

  /**
   * Stops everything; may be called at any stage of a start. Pipelines stop too, but stay wanted,
   * unless they are to be kept running.
   */
  void stop() {
    if (vertx != null) {
      quietly("HTTP", () -> undeployHttp());
      if (authenticator != null) {
        authenticator.close();
      }
      if (audit != null) {
        quietly("audit log", () -> audit.close());
      }
      if (shards != null && session != null) {
        if (settings.engine().keepPipelines()) {
          shards.leaveRunning();
        } else {
          quietly("pipelines", () -> shards.park());
        }
      }
      if (session != null) {
        quietly("session", () -> session.leave());
      }
      if (database != null) {
        quietly("database connections", () -> database.close());
      }
      quietly("verticles", () -> vertx.close());
    }
    if (embedded != null) {
      try {
        embedded.stop();
      } catch (IOException e) {
        LOG.warn("The embedded database was not stopped: {}", e.toString());
      }
    }
    metrics.close();
    LOG.info("Stopped");
  }

  private Future<Void> undeployHttp() {
    List<Future<?>> undeployed = new ArrayList<>();
    if (http != null) {
      http.forEach(verticle -> undeployed.add(vertx.undeploy(verticle.deploymentID())));
    }
    if (management != null && management.deploymentID() != null) {
      undeployed.add(vertx.undeploy(management.deploymentID()));
    }
    return undeployed.isEmpty() ? Future.succeededFuture() : Future.join(undeployed).mapEmpty();
  }

  private interface Step {
    Future<?> run();
  }

  private static void quietly(String what, Step step) {
    CompletableFuture<?> done = step.run().toCompletionStage().toCompletableFuture();
    try {
      done.get(STOP_STEP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("Stopping {}: {}", what, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
