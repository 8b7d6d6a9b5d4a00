package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Main class of a pipeline process. Standard input carries one {@link DeploymentSpec} as JSON, up
 * to its end; arguments and environment carry nothing. The process
 *
 * <ol>
 *   <li>locks the storage directory,
 *   <li>plans the program and brings Flink up, while
 *   <li>it binds its server to a free port and writes a {@link ProcessReport};
 *   <li>is inert until {@code POST /weirkeeper/grant}, and halts itself when no grant comes or the
 *       lease runs out;
 *   <li>logs to {@code pipeline.log} in the working directory, nothing to standard output.
 * </ol>
 *
 * <p>With {@code -Dweirkeeper.spare=NAME} it is a spare one: it warms itself up before the
 * deployment comes ({@link Spare}).
 *
 * <p>Exit statuses: {@link ExitCode}. SIGTERM ends it at once: what was not processed is lost.
 *
 * <p>JVM flags belong to whoever starts it: {@code java @weirkeeper-engine-jvm.options -cp ...};
 * that file lies beside the classes and says what each flag is for. To them come {@code -Xmx} and
 * {@code -Djava.io.tmpdir=/proc/self/cwd/tmp}, with the working directory as the current one:
 * libraries unpack themselves there (DuckDB's has 70 MB), and what a killed process leaves goes
 * with the directory. {@code MALLOC_ARENA_MAX=2} in the environment saves some tens of megabytes of
 * native memory. A class archive shortens the start by more than half: run the process once with
 * {@code -XX:ArchiveClassesAtExit=FILE} (JDK 17 and later, class path of jars only), let it come
 * up, end it with SIGTERM, and add {@code -XX:SharedArchiveFile=FILE -Xshare:auto} from then on;
 * the archive is void when a jar changes.
 */
public final class PipelineMain {
  private PipelineMain() {}

  /** How often the lease is looked at. */
  private static final Duration LEASE_WATCH = Duration.ofMillis(200);

  /** Time for an orderly end after SIGTERM; then the process halts. */
  private static final Duration END_PATIENCE = Duration.ofMillis(200);

  /** Time for the server to bind. */
  private static final Duration BIND_PATIENCE = Duration.ofSeconds(20);

  private static final String LOCK_FILE = "lock";

  /** Runs a pipeline. */
  public static void main(String[] args) {
    DeploymentSpec spec;
    Path working;
    Supplier<Vertx> vertx = PipelineMain::vertx;
    try {
      InputStream in = System.in;
      if (Spare.isWanted()) {
        Spare spare = Spare.begin();
        byte[] deployment = in.readAllBytes();
        if (deployment.length == 0) {
          halt(ExitCode.STOPPED);
        }
        vertx = spare.finish();
        in = new ByteArrayInputStream(deployment);
      }
      spec = read(in);
      working = Path.of(spec.workingDirectory());
      Files.createDirectories(working);
    } catch (IOException | RuntimeException e) {
      // The only lines on standard error: there is no log yet.
      System.err.println("The deployment on standard input can't be used: " + e.getMessage());
      System.exit(ExitCode.BAD_DEPLOYMENT.code());
      return;
    }
    ProcessLog.open(working);
    run(spec, working, vertx);
  }

  static DeploymentSpec read(InputStream in) throws IOException {
    DeploymentSpec spec =
        new ObjectMapper()
            // A newer controller may say more than this process knows.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(com.fasterxml.jackson.core.JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION)
            .readValue(in, DeploymentSpec.class);
    if (spec == null) {
      throw new IOException("expected a JSON object, found nothing");
    }
    require("pipeline_id", spec.pipelineId());
    require("pipeline_name", spec.pipelineName());
    require("deployment_id", spec.deploymentId());
    require("secret", spec.secret());
    require("initial", spec.initial());
    require("plan", spec.plan());
    require("working_directory", spec.workingDirectory());
    require("storage_directory", spec.storageDirectory());
    require("report_file", spec.reportFile());
    require("bind_address", spec.bindAddress());
    ProcessSecret.ofHex(spec.secret());
    if (!spec.initial().equals("running") && !spec.initial().equals("paused")) {
      throw new IOException("initial: expected running or paused, found " + spec.initial());
    }
    if (spec.grantTimeoutMillis() < 1) {
      throw new IOException("grant_timeout_millis must be positive");
    }
    return spec;
  }

  private static void require(String name, Object value) throws IOException {
    if (value == null) {
      throw new IOException(name + " is missing");
    }
  }

  private static void run(DeploymentSpec spec, Path working, Supplier<Vertx> vertx) {
    Logger log = LoggerFactory.getLogger(PipelineMain.class);
    log.info(
        "Pipeline process {} for pipeline {} deployment {} on Java {}",
        ProcessHandle.current().pid(),
        spec.pipelineId(),
        spec.deploymentNumber(),
        Runtime.version());
    Path temporary = working.resolve("tmp");
    try {
      Files.createDirectories(temporary);
      Files.createDirectories(Pipeline.JVM_TEMPORARY_DIRECTORY);
      lockStorage(Path.of(spec.storageDirectory()));
    } catch (IOException e) {
      log.error("{}", e.getMessage());
      halt(ExitCode.STORAGE_LOCKED);
    }
    UUID instance = UUID.randomUUID();
    Lease lease = new Lease(Proc::bootMillis, spec.grantTimeoutMillis());
    watch(lease, log);
    Pipeline pipeline = new Pipeline(spec, instance, temporary);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(pipeline, temporary, log), "end"));
    pipeline.prepare();
    try {
      HttpServer server =
          new PipelineServer(vertx.get(), pipeline, lease)
              .listen()
              .toCompletionStage()
              .toCompletableFuture()
              .get(BIND_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      report(spec, instance, server.actualPort());
      log.info("Listening on {}:{}", spec.bindAddress(), server.actualPort());
    } catch (Exception e) {
      log.error("The process can't be reached", e);
      halt(ExitCode.NOT_REACHABLE);
    }
  }

  static Vertx vertx() {
    return Vertx.builder()
        .with(
            new VertxOptions()
                .setEventLoopPoolSize(2)
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(2)
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)))
        .build();
  }

  /** One process at a time in a generation of the storage (SAFETY rule 2); held until the end. */
  private static void lockStorage(Path storage) throws IOException {
    Files.createDirectories(storage);
    FileChannel channel =
        FileChannel.open(
            storage.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new IOException(
          "The storage directory " + storage + " is locked by another process: it may still run");
    }
    held = lock;
  }

  /** Keeps the lock reachable: a collected channel would let it go. */
  @SuppressWarnings("UnusedVariable")
  private static volatile FileLock held;

  private static void watch(Lease lease, Logger log) {
    ScheduledExecutorService watcher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "lease-watch");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        watcher.scheduleWithFixedDelay(
            () -> {
              Lease.Verdict verdict;
              try {
                verdict = lease.verdict();
              } catch (UncheckedIOException e) {
                // A clock that can't be read is no clock: better gone than running for ever.
                log.error("The lease can't be checked", e);
                verdict = Lease.Verdict.LAPSED;
              }
              switch (verdict) {
                case GO_ON -> {}
                case NO_GRANT -> {
                  log.error("No grant arrived in time: this process ends itself");
                  halt(ExitCode.NO_GRANT);
                }
                case LAPSED -> {
                  log.error("The lease has run out without renewal: this process ends itself");
                  halt(ExitCode.LEASE_LAPSED);
                }
              }
            },
            LEASE_WATCH.toMillis(),
            LEASE_WATCH.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static void report(DeploymentSpec spec, UUID instance, int port) throws IOException {
    ProcessReport report =
        new ProcessReport(
            instance,
            Proc.bootId(),
            ProcessHandle.current().pid(),
            Proc.startTicks(),
            spec.bindAddress(),
            port);
    Path file = Path.of(spec.reportFile()).toAbsolutePath();
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap(new ObjectMapper().writeValueAsBytes(report)));
      channel.force(true);
    }
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void end(Pipeline pipeline, Path temporary, Logger log) {
    log.info("Asked to stop: ending");
    pipeline.close(END_PATIENCE);
    try (Stream<Path> files = Files.walk(temporary)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException | UncheckedIOException e) {
      log.info("Temporary files were left behind: {}", e.toString());
    }
    if (!recordsClasses()) {
      halt(ExitCode.STOPPED);
    }
  }

  /** Whether the JVM writes a class archive at its end, which a halt would prevent. */
  private static boolean recordsClasses() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .anyMatch(
            flag ->
                flag.startsWith("-XX:ArchiveClassesAtExit")
                    || flag.startsWith("-XX:AOTCacheOutput")
                    || flag.startsWith("-XX:AOTMode=record"));
  }

  static void halt(ExitCode code) {
    // Not exit: shutdown hooks of libraries may hang, and a lapsed lease must not wait for them.
    Runtime.getRuntime().halt(code.code());
  }
}
