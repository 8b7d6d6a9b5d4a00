package io.weirkeeper.verticles.monitor;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.ClusterMonitor;
import io.weirkeeper.core.monitor.Probe;
import io.weirkeeper.store.ClusterEventStore;
import io.weirkeeper.verticles.actor.Identifiers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks the parts of this node at an interval and stores what becomes an event. */
public final class ClusterMonitorVerticle extends VerticleBase {
  /** Between checks; not a setting (spec: lifecycle §12). */
  public static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(ClusterMonitorVerticle.class);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

  /** Events that wait for a database that does not answer; then the oldest are lost. */
  private static final int MAX_PENDING = 100;

  private final Probes probes;
  private final ClusterEventStore store;
  private final Identifiers identifiers;
  private final Clock clock;
  private final Duration interval;
  private final Deque<ClusterEvent> pending = new ArrayDeque<>();
  private volatile ClusterMonitor monitor = ClusterMonitor.fresh();
  private boolean checking;
  private boolean storing;

  /**
   * How the parts are asked; each answers within its own time or counts as unhealthy after 5 s.
   *
   * @param api the REST front
   * @param compiler what compiles programs
   * @param runner what runs pipelines
   */
  public record Probes(
      Supplier<Future<Probe>> api,
      Supplier<Future<Probe>> compiler,
      Supplier<Future<Probe>> runner) {
    /** Refuses missing probes. */
    public Probes {
      Objects.requireNonNull(api, "api");
      Objects.requireNonNull(compiler, "compiler");
      Objects.requireNonNull(runner, "runner");
    }
  }

  /** One instance a node. */
  public ClusterMonitorVerticle(
      Probes probes,
      ClusterEventStore store,
      Identifiers identifiers,
      Clock clock,
      Duration interval) {
    this.probes = probes;
    this.store = store;
    this.identifiers = identifiers;
    this.clock = clock;
    this.interval = interval;
  }

  @Override
  public Future<?> start() {
    vertx.setPeriodic(0, interval.toMillis(), tick -> check());
    return Future.succeededFuture();
  }

  /** The health as of the last check; from any thread. */
  public ClusterMonitor current() {
    return monitor;
  }

  private void check() {
    if (checking) {
      return;
    }
    checking = true;
    Future<Probe> api = ask(probes.api());
    Future<Probe> compiler = ask(probes.compiler());
    Future<Probe> runner = ask(probes.runner());
    Future.all(api, compiler, runner)
        .onComplete(
            all -> {
              checking = false;
              Instant now = clock.instant();
              ClusterMonitor.Checked checked =
                  monitor.check(
                      now,
                      identifiers.uuid7(now),
                      api.result(),
                      compiler.result(),
                      runner.result());
              monitor = checked.monitor();
              checked.event().ifPresent(this::add);
              storePending();
            });
  }

  /** Never fails. */
  private static Future<Probe> ask(Supplier<Future<Probe>> probe) {
    return Future.succeededFuture()
        .compose(now -> probe.get())
        .timeout(PROBE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .otherwise(failure -> new Probe(false, "no answer: " + failure.getMessage()));
  }

  private void add(ClusterEvent event) {
    if (!event.allHealthy()) {
      LOG.warn(
          "Health: api={} compiler={} runner={}",
          event.api().selfInfo(),
          event.compiler().selfInfo(),
          event.runner().selfInfo());
    }
    if (pending.size() >= MAX_PENDING) {
      pending.removeFirst();
    }
    pending.addLast(event);
  }

  /** In order, one at a time; what can't be stored now is tried again at the next check. */
  private void storePending() {
    ClusterEvent next = pending.peekFirst();
    if (next == null || storing) {
      return;
    }
    storing = true;
    store
        .add(next)
        .onComplete(
            stored -> {
              storing = false;
              if (stored.succeeded()) {
                pending.remove(next);
                storePending();
              } else {
                LOG.warn("An event of the cluster waits: {}", stored.cause().toString());
              }
            });
  }
}
