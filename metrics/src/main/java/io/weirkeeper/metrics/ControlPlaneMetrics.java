package io.weirkeeper.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What the control plane counts. Names begin with {@code weirkeeper_}; those of the Java virtual
 * machine are Micrometer's own ({@code jvm_}, {@code process_}, {@code system_}).
 *
 * <table>
 * <caption>Metrics</caption>
 * <tr><td>{@code weirkeeper_http_requests_seconds}</td><td>histogram by operation and status</td></tr>
 * <tr><td>{@code weirkeeper_pipelines}</td><td>gauge by kind (program, resources, runtime) and
 * status, of the pipelines that this node owns</td></tr>
 * <tr><td>{@code weirkeeper_pipeline_transitions_total}</td><td>counter by kind and the status
 * entered</td></tr>
 * <tr><td>{@code weirkeeper_store_statements_seconds}</td><td>histogram by statement and
 * outcome</td></tr>
 * <tr><td>{@code weirkeeper_compilations_seconds}</td><td>histogram by outcome</td></tr>
 * <tr><td>{@code weirkeeper_compilations_waiting}</td><td>gauge</td></tr>
 * <tr><td>{@code weirkeeper_process_starts_seconds}</td><td>histogram by outcome</td></tr>
 * <tr><td>{@code weirkeeper_processes}</td><td>gauge</td></tr>
 * <tr><td>{@code weirkeeper_audit_waiting}</td><td>gauge</td></tr>
 * <tr><td>{@code weirkeeper_audit_dropped_total}</td><td>counter</td></tr>
 * <tr><td>{@code weirkeeper_shards_owned}</td><td>gauge</td></tr>
 * </table>
 *
 * <p>No label is free text of a user: every label has a bounded number of values. Safe for all
 * threads; cheap enough for the request path.
 */
public final class ControlPlaneMetrics implements AutoCloseable {
  /** Values of one label beyond this number are counted as {@value #OTHER}. */
  static final int LABEL_VALUES = 256;

  static final String OTHER = "other";
  private static final String NONE = "none";

  private static final Duration[] REQUEST_BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private static final Duration[] WORK_BUCKETS = {
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60),
    Duration.ofSeconds(300)
  };

  private record Series(String first, String second) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  // The registry finds a meter by building its name and tags anew; these maps spare that.
  private final Map<Series, Timer> requests = new ConcurrentHashMap<>();
  private final Map<Series, Timer> statements = new ConcurrentHashMap<>();
  private final Map<String, Timer> compilations = new ConcurrentHashMap<>();
  private final Map<String, Timer> starts = new ConcurrentHashMap<>();
  private final Map<Series, AtomicLong> pipelines = new ConcurrentHashMap<>();
  private final Map<Series, Counter> transitions = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Boolean>> labelValues = new ConcurrentHashMap<>();

  /** A registry with the metrics of the Java virtual machine. */
  public ControlPlaneMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    // Present from the start, so that a query for a status without pipelines gives 0, not nothing.
    for (ProgramStatus status : ProgramStatus.values()) {
      pipelines("program", status.column());
    }
    for (ResourcesStatus status : ResourcesStatus.values()) {
      pipelines("resources", status.column());
    }
    for (RuntimeStatus status : RuntimeStatus.values()) {
      pipelines("runtime", status.column());
    }
  }

  /**
   * A request was answered.
   *
   * @param operation {@code operationId} of the contract, not the path
   * @param status HTTP status
   * @param nanos from the request's head to the end of the answer
   */
  public void request(String operation, int status, long nanos) {
    String known = bounded("operation", operation);
    String code = status >= 100 && status <= 599 ? Integer.toString(status) : OTHER;
    requests
        .computeIfAbsent(
            new Series(known, code),
            series ->
                Timer.builder("weirkeeper.http.requests")
                    .description("Time to answer a request")
                    .tags("operation", known, "status", code)
                    .serviceLevelObjectives(REQUEST_BUCKETS)
                    .register(registry))
        .record(Duration.ofNanos(nanos));
  }

  /**
   * A pipeline appeared, changed or went; keeps the gauges, so that a scrape scans nothing.
   *
   * @param before as it was, or null when this node begins to own it
   * @param after as it is, or null when it was deleted or this node no longer owns it
   */
  public void pipeline(PipelineRecord before, PipelineRecord after) {
    moved("program", before, after, programStatus(before), programStatus(after));
    moved("resources", before, after, resourcesStatus(before), resourcesStatus(after));
    moved("runtime", before, after, runtimeStatus(before), runtimeStatus(after));
  }

  /**
   * A statement of the store ended.
   *
   * @param statement its kind
   * @param nanos how long it took
   * @param outcome ok, refused, failed or unknown
   */
  public void statement(String statement, long nanos, String outcome) {
    String kind = bounded("statement", statement);
    String known = bounded("outcome", outcome);
    statements
        .computeIfAbsent(
            new Series(kind, known),
            series ->
                Timer.builder("weirkeeper.store.statements")
                    .description("Time of a database statement, waiting for a connection included")
                    .tags("statement", kind, "outcome", known)
                    .serviceLevelObjectives(REQUEST_BUCKETS)
                    .register(registry))
        .record(Duration.ofNanos(nanos));
  }

  /**
   * A compilation ended.
   *
   * @param outcome the program status that it led to
   * @param nanos without the wait for the compiler
   */
  public void compilation(ProgramStatus outcome, long nanos) {
    compilations
        .computeIfAbsent(
            outcome.column(),
            status ->
                Timer.builder("weirkeeper.compilations")
                    .description("Time of a compilation")
                    .tags("outcome", status)
                    .serviceLevelObjectives(WORK_BUCKETS)
                    .register(registry))
        .record(Duration.ofNanos(nanos));
  }

  /**
   * A pipeline process was started, or failed to.
   *
   * @param running whether it came to answer
   * @param nanos from the fork to its first answer, or to the failure
   */
  public void processStart(boolean running, long nanos) {
    starts
        .computeIfAbsent(
            running ? "ok" : "failed",
            outcome ->
                Timer.builder("weirkeeper.process.starts")
                    .description("Time from the fork of a pipeline process to its first answer")
                    .tags("outcome", outcome)
                    .serviceLevelObjectives(WORK_BUCKETS)
                    .register(registry))
        .record(Duration.ofNanos(nanos));
  }

  /** Where to read the number of compilations that wait; read at each scrape, must not block. */
  public void compilationsWaiting(IntSupplier number) {
    gauge("weirkeeper.compilations.waiting", "Compilations that wait for the compiler", number);
  }

  /** Where to read how many audit entries wait, and how many were lost. */
  public void auditLog(IntSupplier waiting, LongSupplier dropped) {
    gauge("weirkeeper.audit.waiting", "Audit entries that wait to be written", waiting);
    FunctionCounter.builder("weirkeeper.audit.dropped", dropped, LongSupplier::getAsLong)
        .description("Audit entries that were lost because too many waited")
        .register(registry);
  }

  /** Where to read the number of this node's pipeline processes. */
  public void processes(IntSupplier number) {
    gauge("weirkeeper.processes", "Pipeline processes of this node", number);
  }

  /** Where to read the number of shards that this node owns. */
  public void shardsOwned(IntSupplier number) {
    gauge("weirkeeper.shards.owned", "Shards that this node owns", number);
  }

  /** All metrics in the text format of Prometheus ({@link #CONTENT_TYPE}). */
  public String scrape() {
    return registry.scrape(CONTENT_TYPE);
  }

  /** Content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** For components that bring meters of their own, such as Vert.x. */
  public PrometheusMeterRegistry registry() {
    return registry;
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }

  private void moved(
      String kind, PipelineRecord before, PipelineRecord after, Status from, Status to) {
    if (from == to && (before == null) == (after == null)) {
      return;
    }
    if (from != null) {
      pipelines(kind, from.column()).decrementAndGet();
    }
    if (to != null) {
      pipelines(kind, to.column()).incrementAndGet();
    }
    if (before != null && after != null) {
      String entered = to == null ? NONE : to.column();
      transitions
          .computeIfAbsent(
              new Series(kind, entered),
              series ->
                  Counter.builder("weirkeeper.pipeline.transitions")
                      .description("Changes of status, by the status entered")
                      .tags("kind", kind, "status", entered)
                      .register(registry))
          .increment();
    }
  }

  private AtomicLong pipelines(String kind, String status) {
    return pipelines.computeIfAbsent(
        new Series(kind, status),
        series -> {
          AtomicLong number = new AtomicLong();
          Gauge.builder("weirkeeper.pipelines", number, AtomicLong::doubleValue)
              .description("Pipelines that this node owns")
              .tags("kind", kind, "status", status)
              .register(registry);
          return number;
        });
  }

  private void gauge(String name, String description, IntSupplier number) {
    Gauge.builder(name, number, IntSupplier::getAsInt)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private String bounded(String label, String value) {
    Map<String, Boolean> values =
        labelValues.computeIfAbsent(label, any -> new ConcurrentHashMap<>());
    if (values.containsKey(value)) {
      return value;
    }
    if (values.size() >= LABEL_VALUES) {
      return OTHER;
    }
    values.put(value, true);
    return value;
  }

  private static Status programStatus(PipelineRecord pipeline) {
    return pipeline == null ? null : pipeline.program().status();
  }

  private static Status resourcesStatus(PipelineRecord pipeline) {
    return pipeline == null ? null : pipeline.resources().status();
  }

  private static Status runtimeStatus(PipelineRecord pipeline) {
    return pipeline == null ? null : pipeline.runtime().status();
  }
}
