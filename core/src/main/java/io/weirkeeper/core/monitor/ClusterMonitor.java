package io.weirkeeper.core.monitor;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Decides which checks become events: the first, every change of a part's health, every 60th while
 * all is well, and while something is not, those 1, 2, 4, ... up to 60 checks apart (spec:
 * lifecycle §11). Immutable; each check yields the next monitor.
 */
public final class ClusterMonitor {
  /** Checks between two events when nothing changes. */
  public static final int MOST_CHECKS_APART = 60;

  private static final String NO_RESOURCES_INFO =
      "What the part runs on is not watched in this edition";

  private final Watched api;
  private final Watched compiler;
  private final Watched runner;
  private final int checksSinceEvent;
  private final int spacing;

  /**
   * A part as it was at the last check.
   *
   * @param status how it was
   * @param text what it said
   * @param unchangedSince since when it is healthy, or is not
   * @param checkedAt time of the last check
   */
  public record Watched(PartStatus status, String text, Instant unchangedSince, Instant checkedAt) {
    /** Whether it worked. */
    public boolean healthy() {
      return status == PartStatus.HEALTHY;
    }
  }

  /**
   * What a check leads to.
   *
   * @param monitor the monitor from now on
   * @param event to be stored, if any
   */
  public record Checked(ClusterMonitor monitor, Optional<ClusterEvent> event) {}

  private ClusterMonitor(
      Watched api, Watched compiler, Watched runner, int checksSinceEvent, int spacing) {
    this.api = api;
    this.compiler = compiler;
    this.runner = runner;
    this.checksSinceEvent = checksSinceEvent;
    this.spacing = spacing;
  }

  /** A monitor that has checked nothing yet. */
  public static ClusterMonitor fresh() {
    return new ClusterMonitor(null, null, null, 0, 0);
  }

  /** Whether there was a check. */
  public boolean hasChecked() {
    return api != null;
  }

  /** The REST front; null before the first check. */
  public Watched api() {
    return api;
  }

  /** The compiler; null before the first check. */
  public Watched compiler() {
    return compiler;
  }

  /** The runner; null before the first check. */
  public Watched runner() {
    return runner;
  }

  /**
   * Takes a check in.
   *
   * @param id for the event, should there be one
   */
  public Checked check(Instant now, UUID id, Probe ofApi, Probe ofCompiler, Probe ofRunner) {
    Watched nextApi = next(api, ofApi, now);
    Watched nextCompiler = next(compiler, ofCompiler, now);
    Watched nextRunner = next(runner, ofRunner, now);
    boolean healthy = nextApi.healthy() && nextCompiler.healthy() && nextRunner.healthy();
    boolean moved =
        api == null
            || api.healthy() != nextApi.healthy()
            || compiler.healthy() != nextCompiler.healthy()
            || runner.healthy() != nextRunner.healthy();
    int checks = checksSinceEvent + 1;
    boolean due = moved || checks >= spacing;
    int nextSpacing = spacing;
    if (moved) {
      nextSpacing = healthy ? MOST_CHECKS_APART : 1;
    } else if (due) {
      nextSpacing = Math.min(MOST_CHECKS_APART, spacing * 2);
    }
    ClusterMonitor next =
        new ClusterMonitor(nextApi, nextCompiler, nextRunner, due ? 0 : checks, nextSpacing);
    return new Checked(
        next,
        due
            ? Optional.of(
                new ClusterEvent(id, now, part(nextApi), part(nextCompiler), part(nextRunner)))
            : Optional.empty());
  }

  private static Watched next(Watched before, Probe probe, Instant now) {
    boolean same = before != null && before.healthy() == probe.healthy();
    PartStatus status;
    if (probe.healthy()) {
      status = PartStatus.HEALTHY;
    } else {
      status = same ? PartStatus.UNHEALTHY : PartStatus.INITIAL_UNHEALTHY;
    }
    return new Watched(status, probe.text(), same ? before.unchangedSince() : now, now);
  }

  private static ClusterEvent.Part part(Watched watched) {
    return new ClusterEvent.Part(watched.status(), watched.text(), NO_RESOURCES_INFO);
  }
}
