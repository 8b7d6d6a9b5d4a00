package io.weirkeeper.simulation;

import io.weirkeeper.core.api.ErrorCode;
import io.weirkeeper.core.api.SameJson;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntSupplier;

/**
 * What must hold of every write that lands, of every grant and of every kill: the tables of the
 * specification (lifecycle §1–4, §10; api-semantics §3.6) written down a second time, independently
 * of the code under test.
 */
final class WriteLaws {
  private static final Map<ResourcesStatus, Set<ResourcesStatus>> RESOURCES =
      new EnumMap<>(
          Map.of(
              ResourcesStatus.STOPPED,
              EnumSet.of(ResourcesStatus.PROVISIONING),
              // Stopped only when a controller parks what it can't go on with.
              ResourcesStatus.PROVISIONING,
              EnumSet.of(
                  ResourcesStatus.PROVISIONED, ResourcesStatus.STOPPING, ResourcesStatus.STOPPED),
              ResourcesStatus.PROVISIONED,
              EnumSet.of(ResourcesStatus.STOPPING, ResourcesStatus.STOPPED),
              ResourcesStatus.STOPPING,
              EnumSet.of(ResourcesStatus.STOPPED)));

  private static final Map<ProgramStatus, Set<ProgramStatus>> PROGRAM =
      new EnumMap<>(
          Map.of(
              ProgramStatus.PENDING,
              EnumSet.of(ProgramStatus.COMPILING_SQL, ProgramStatus.SYSTEM_ERROR),
              ProgramStatus.COMPILING_SQL,
              EnumSet.of(
                  ProgramStatus.SQL_COMPILED,
                  ProgramStatus.SQL_ERROR,
                  ProgramStatus.SYSTEM_ERROR,
                  ProgramStatus.PENDING),
              ProgramStatus.SQL_COMPILED,
              EnumSet.of(ProgramStatus.COMPILING_RUST, ProgramStatus.PENDING),
              ProgramStatus.COMPILING_RUST,
              EnumSet.of(
                  ProgramStatus.SUCCESS,
                  ProgramStatus.RUST_ERROR,
                  ProgramStatus.SYSTEM_ERROR,
                  ProgramStatus.SQL_COMPILED,
                  ProgramStatus.PENDING),
              ProgramStatus.SUCCESS,
              EnumSet.of(ProgramStatus.PENDING),
              ProgramStatus.SQL_ERROR,
              EnumSet.of(ProgramStatus.PENDING),
              ProgramStatus.RUST_ERROR,
              EnumSet.of(ProgramStatus.PENDING),
              ProgramStatus.SYSTEM_ERROR,
              EnumSet.of(ProgramStatus.PENDING)));

  private static final Map<StorageStatus, Set<StorageStatus>> STORAGE =
      new EnumMap<>(
          Map.of(
              StorageStatus.CLEARED,
              EnumSet.of(StorageStatus.IN_USE),
              StorageStatus.IN_USE,
              EnumSet.of(StorageStatus.CLEARING),
              StorageStatus.CLEARING,
              EnumSet.of(StorageStatus.CLEARED)));

  /** A grant may arrive this much after it was computed. */
  private static final Duration GRANT_MARGIN = Duration.ofSeconds(6);

  /** A lease may lapse this long after the last thing that hinders its renewal. */
  private static final long EXCUSE_SECONDS = 150;

  /** Mere details of a runtime status are written no more often than this (lifecycle §2.2). */
  private static final long DETAILS_SECONDS = 10;

  /** Deaths in a row after which a fault tolerant pipeline is still started again. */
  private static final int RESTARTS = 5;

  private final World world;
  private final Tally tally;
  private final IntSupplier openStops;
  private final Set<UUID> recorded = new HashSet<>();
  private final Map<UUID, Instant> leases = new HashMap<>();
  private final Set<ProcessReport> dead = new HashSet<>();
  private final Set<ProcessReport> saved = new HashSet<>();
  private final Map<Long, Integer> openSuspends = new HashMap<>();
  private final Set<Long> suspends = new HashSet<>();
  private final Set<Long> lies = new HashSet<>();
  private long startedAfter;
  private PipelineRecord row;
  private boolean stopAsked;
  private boolean suspended;
  private boolean parked;
  private long excusedNanos;
  private long runtimeWrittenNanos;
  private long writes;

  WriteLaws(World world, Tally tally, IntSupplier openStops) {
    this.openStops = openStops;
    this.world = world;
    this.tally = tally;
  }

  /** Writes that landed. */
  long writes() {
    return writes;
  }

  /** A user may have asked to stop it. */
  void stopAsked() {
    stopAsked = true;
  }

  /** A controller stops in order, and takes the process along. */
  void parked() {
    parked = true;
  }

  /** A controller starts, and knows nothing of what the last one wrote when. */
  void newController() {
    excuse();
    runtimeWrittenNanos = -VirtualTime.seconds(DETAILS_SECONDS);
  }

  /** The controller that stopped in order is gone. */
  void unparked() {
    parked = false;
  }

  /** The row was deleted by hand. */
  void deletedByHand() {
    row = null;
  }

  /** A process has ended. */
  void died(ProcessReport report) {
    dead.add(report);
  }

  /** A process has saved its state, and works no more. */
  void saved(ProcessReport report) {
    saved.add(report);
    suspended |= row != null && report.equals(row.deployment().process());
  }

  /** The present process is said to want what it does not. */
  void lied() {
    if (row != null) {
      lies.add(row.deployment().number());
    }
  }

  /** A user asks the process of a deployment to save its state and end. */
  void suspendAsked(PipelineRecord pipeline) {
    openSuspends.merge(pipeline.deployment().number(), 1, Integer::sum);
  }

  /** The process has answered; what is not answered may be carried out at any time. */
  void suspendAnswered(PipelineRecord pipeline, boolean accepted) {
    if (!isPresent(pipeline.id())) {
      return;
    }
    if (accepted) {
      suspends.add(pipeline.deployment().number());
    } else {
      openSuspends.merge(pipeline.deployment().number(), -1, Integer::sum);
    }
  }

  /** Something hinders the renewal of leases. */
  void excuse() {
    excusedNanos = world.time.nanos();
  }

  /** Whether this is the pipeline of now. */
  boolean isPresent(UUID pipelineId) {
    return row != null && row.id().equals(pipelineId);
  }

  void inserted(PipelineRecord first) {
    writes++;
    row = first;
    stopAsked = false;
    suspended = false;
    openSuspends.clear();
    suspends.clear();
    lies.clear();
    startedAfter = -1;
  }

  void deleted(PipelineRecord last) {
    writes++;
    check(last.resources().fullyStopped(), "a pipeline was deleted while not stopped", last);
    check(
        last.storage().status() == StorageStatus.CLEARED,
        "a pipeline was deleted while its storage was not cleared",
        last);
    row = null;
  }

  /** A write landed. */
  void written(PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    writes++;
    row = after;
    check(after.id().equals(before.id()), "the id changed", after);
    statuses(before, after);
    times(before, after);
    versions(before, after);
    deployment(before, after);
    errors(before, after);
    suspends(before, after);
    event(before, after, event);
  }

  // ---- statuses -------------------------------------------------------------------------------

  private void statuses(PipelineRecord before, PipelineRecord after) {
    ResourcesStatus resources = before.resources().status();
    ResourcesStatus nextResources = after.resources().status();
    ResourcesDesiredStatus desired = before.resources().desired();
    ResourcesDesiredStatus nextDesired = after.resources().desired();
    boolean stopped = resources == ResourcesStatus.STOPPED;
    int axes = 0;
    if (resources != nextResources) {
      axes++;
      moved("resources", RESOURCES.get(resources), resources, nextResources, before);
      if (nextResources == ResourcesStatus.PROVISIONING) {
        check(
            desired == ResourcesDesiredStatus.PROVISIONED
                && nextDesired == desired
                && before.program().status() == ProgramStatus.SUCCESS
                && before.storage().status() == StorageStatus.IN_USE,
            "Provisioning without being wanted, compiled and having storage",
            before);
      } else if (nextResources == ResourcesStatus.PROVISIONED) {
        check(
            desired == ResourcesDesiredStatus.PROVISIONED && nextDesired == desired,
            "Provisioned although it should stop",
            before);
      } else if (nextResources == ResourcesStatus.STOPPING) {
        check(
            desired == ResourcesDesiredStatus.STOPPED,
            "Stopping before the desired status was seen to fall",
            before);
      }
    }
    if (program(before) != program(after)) {
      axes++;
      check(stopped, "the program status changed while not Stopped", before);
      moved("program", PROGRAM.get(program(before)), program(before), program(after), before);
    }
    if (before.storage().status() != after.storage().status()) {
      axes++;
      moved(
          "storage",
          STORAGE.get(before.storage().status()),
          before.storage().status(),
          after.storage().status(),
          before);
      check(
          stopped
              && (after.storage().status() == StorageStatus.IN_USE
                  || desired == ResourcesDesiredStatus.STOPPED),
          "the storage status changed while not stopped",
          before);
    }
    if (desired != nextDesired) {
      axes++;
      tally.transition("desired " + desired.json() + " -> " + nextDesired.json());
      if (nextDesired == ResourcesDesiredStatus.PROVISIONED) {
        stopAsked = openStops.getAsInt() > 0;
        suspended = false;
        startedAfter = before.deployment().number();
        check(
            stopped && after.launch() != null && after.deploymentError() == null,
            "started while not stopped, or without a launch, or with an error",
            before);
      }
    }
    check(axes <= 1, "a write changes several statuses at once", after);
    check(
        (after.runtime().status() != null) == (nextResources == ResourcesStatus.PROVISIONED),
        "a runtime status goes with Provisioned, and only with it",
        after);
    if (nextResources == ResourcesStatus.STOPPING) {
      check(nextDesired == ResourcesDesiredStatus.STOPPED, "Stopping, but desired to run", after);
    }
    if (nextResources != ResourcesStatus.STOPPED) {
      check(after.storage().status() == StorageStatus.IN_USE, "not Stopped without storage", after);
      check(program(after) == ProgramStatus.SUCCESS, "not Stopped without a program", after);
    }
    RuntimeStatus runtime = before.runtime().status();
    RuntimeStatus nextRuntime = after.runtime().status();
    if (runtime != nextRuntime && nextRuntime != null) {
      tally.transition(
          "runtime " + (runtime == null ? "-" : runtime.json()) + " -> " + nextRuntime.json());
      check(
          runtime != null || nextRuntime == RuntimeStatus.INITIALIZING,
          "the first runtime status is not Initializing",
          after);
      suspended |= nextRuntime == RuntimeStatus.SUSPENDED;
    }
    check(
        nextDesired == ResourcesDesiredStatus.STOPPED || after.launch() != null,
        "meant to run, but how was forgotten",
        after);
    if (nextResources == ResourcesStatus.STOPPING
        || (nextResources == ResourcesStatus.STOPPED
            && resources != nextResources
            && nextDesired == ResourcesDesiredStatus.STOPPED)) {
      check(after.launch() == null, "the launch outlives the deployment", after);
    }
  }

  private static ProgramStatus program(PipelineRecord pipeline) {
    return pipeline.program().status();
  }

  private <S extends Enum<S>> void moved(
      String kind, Set<S> allowed, S from, S to, PipelineRecord before) {
    tally.transition(kind + " " + from + " -> " + to);
    if (!allowed.contains(to)) {
      throw broken(kind + " went from " + from + " to " + to, before);
    }
  }

  // ---- times ----------------------------------------------------------------------------------

  private void times(PipelineRecord before, PipelineRecord after) {
    since(
        "program_status_since",
        before.program().status(),
        after.program().status(),
        before.program().since(),
        after.program().since(),
        after);
    since(
        "resources_status_since",
        before.resources().status(),
        after.resources().status(),
        before.resources().since(),
        after.resources().since(),
        after);
    since(
        "resources_desired_status_since",
        before.resources().desired(),
        after.resources().desired(),
        before.resources().desiredSince(),
        after.resources().desiredSince(),
        after);
    Runtime runtime = before.runtime();
    Runtime next = after.runtime();
    if (next.status() == null) {
      check(
          next.since() == null && next.desired() == null && next.desiredSince() == null,
          "a runtime time without a runtime status",
          after);
      return;
    }
    since(
        "runtime_status_since",
        runtime.status(),
        next.status(),
        runtime.since(),
        next.since(),
        after);
    since(
        "runtime_desired_status_since",
        runtime.desired(),
        next.desired(),
        runtime.desiredSince(),
        next.desiredSince(),
        after);
  }

  private void since(
      String what, Object from, Object to, Instant since, Instant next, PipelineRecord after) {
    if (from == to) {
      check(Objects.equals(since, next), what + " moved without its value", after);
    } else {
      check(
          next != null
              && !next.isAfter(world.time.instant())
              && (since == null || next.isAfter(since)),
          what + " did not move with its value",
          after);
    }
  }

  // ---- versions -------------------------------------------------------------------------------

  private void versions(PipelineRecord before, PipelineRecord after) {
    Definition old = before.definition();
    Definition next = after.definition();
    boolean platform =
        !before.versions().platformVersion().equals(after.versions().platformVersion());
    boolean program =
        platform
            || !old.programCode().equals(next.programCode())
            || !old.udfRust().equals(next.udfRust())
            || !old.udfToml().equals(next.udfToml())
            || !SameJson.same(old.programConfig(), next.programConfig());
    boolean core =
        program
            || !old.name().equals(next.name())
            || !SameJson.same(old.runtimeConfig(), next.runtimeConfig());
    long version = after.versions().version() - before.versions().version();
    long programVersion = after.versions().programVersion() - before.versions().programVersion();
    long refresh = after.versions().refreshVersion() - before.versions().refreshVersion();
    check(version == (core ? 1 : 0), "version rose by " + version, after);
    check(programVersion == (program ? 1 : 0), "program_version rose by " + programVersion, after);
    boolean refreshed = core;
    if (!core && program(before) != program(after)) {
      refreshed =
          program(after) != ProgramStatus.COMPILING_SQL
              && program(after) != ProgramStatus.COMPILING_RUST;
    }
    refreshed |= before.resources().status() != after.resources().status();
    refreshed |=
        before.resources().desired() == after.resources().desired()
            && !Objects.equals(before.resources().details(), after.resources().details());
    boolean runtime = !before.runtime().equals(after.runtime());
    refreshed |= runtime;
    boolean failedStart =
        before.resources().status() == ResourcesStatus.STOPPED
            && after.resources().status() == ResourcesStatus.STOPPED
            && after.deploymentError() != null
            && !after.deploymentError().equals(before.deploymentError());
    refreshed |= failedStart;
    boolean periodic = isObservation(before, after);
    check(
        refresh == (refreshed ? 1 : 0) || (refresh == 1 && periodic),
        "refresh_version rose by " + refresh + ", expected " + (refreshed ? 1 : 0),
        after);
    if (core) {
      check(
          before.resources().status() == ResourcesStatus.STOPPED,
          "the definition changed while not Stopped",
          before);
    }
    if (program) {
      check(
          program(after) == ProgramStatus.PENDING && after.program().plan() == null,
          "an edited program is not compiled again",
          after);
    }
  }

  /** A write of an observation that is neither a status, nor a lease, nor an edit. */
  private static boolean isObservation(PipelineRecord before, PipelineRecord after) {
    return before.resources().status() == ResourcesStatus.PROVISIONED
        && after.resources().equals(before.resources())
        && after.deployment().equals(before.deployment())
        && after.definition().equals(before.definition());
  }

  // ---- deployments ----------------------------------------------------------------------------

  private void deployment(PipelineRecord before, PipelineRecord after) {
    Deployment old = before.deployment();
    Deployment next = after.deployment();
    ResourcesStatus resources = after.resources().status();
    boolean begins =
        before.resources().status() == ResourcesStatus.STOPPED
            && resources == ResourcesStatus.PROVISIONING;
    check(
        next.number() == old.number() + (begins ? 1 : 0),
        "the deployment number went from " + old.number() + " to " + next.number(),
        after);
    check(
        (next.id() != null) == (resources != ResourcesStatus.STOPPED),
        "a deployment id goes with a deployment, and only with it",
        after);
    if (begins) {
      check(!next.id().equals(old.id()) && next.process() == null, "an old deployment", after);
    }
    check(
        old.process() == null || next.process() == null || old.process().equals(next.process()),
        "another process was recorded for the same deployment",
        after);
    if (next.process() != null) {
      recorded.add(next.process().instance());
      check(next.leaseUntil() != null, "a process without a lease", after);
      Instant known = leases.get(next.process().instance());
      if (known == null || next.leaseUntil().isAfter(known)) {
        leases.put(next.process().instance(), next.leaseUntil());
      }
    }
    long generation = after.storage().generation() - before.storage().generation();
    boolean clears =
        before.storage().status() == StorageStatus.IN_USE
            && after.storage().status() == StorageStatus.CLEARING;
    check(generation == (clears ? 1 : 0), "the storage generation rose by " + generation, after);
    if (after.storage().status() == StorageStatus.CLEARED) {
      check(after.storage().details() == null, "details of cleared storage", after);
    }
  }

  /** A lease reaches a process. */
  void granted(ProcessReport report, long number, long generation, Instant until) {
    check(
        recorded.contains(report.instance()),
        "process " + number + " was granted a lease before it was recorded",
        row);
    Instant known = leases.get(report.instance());
    check(
        !until.isAfter(known.plus(GRANT_MARGIN)),
        "process " + number + " was granted a lease until " + until + ", recorded is " + known,
        row);
    if (row != null && report.equals(row.deployment().process())) {
      check(
          generation == row.storage().generation(),
          "process " + number + " has storage generation " + generation,
          row);
    }
  }

  /** A process halts because its lease was not renewed. */
  void lapsed(ProcessReport report) {
    boolean wanted =
        row != null
            && report.equals(row.deployment().process())
            && row.resources().status() == ResourcesStatus.PROVISIONED
            && row.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    check(
        !wanted || world.time.nanos() - excusedNanos < VirtualTime.seconds(EXCUSE_SECONDS),
        "the lease of a wanted process lapsed although nothing hindered its renewal",
        row);
  }

  /** A process is to be killed. */
  void killed(ProcessReport report) {
    boolean wanted =
        row != null
            && report.equals(row.deployment().process())
            && row.resources().status() == ResourcesStatus.PROVISIONED
            && row.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    check(!wanted || parked, "a wanted process was killed", row);
  }

  // ---- errors ---------------------------------------------------------------------------------

  private void errors(PipelineRecord before, PipelineRecord after) {
    boolean starts =
        before.resources().desired() == ResourcesDesiredStatus.STOPPED
            && after.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    boolean dismissed =
        before.resources().fullyStopped()
            && after.resources().equals(before.resources())
            && after.storage().equals(before.storage())
            && after.program().equals(before.program());
    if (before.deploymentError() != null && after.deploymentError() == null) {
      check(starts || dismissed, "a deployment error was lost", before);
    }
    boolean ends =
        before.resources().status() != ResourcesStatus.STOPPED
            && after.resources().status() == ResourcesStatus.STOPPED
            && after.resources().desired() == ResourcesDesiredStatus.STOPPED;
    boolean gaveUp =
        before.resources().status() == ResourcesStatus.STOPPED
            && before.resources().desired() == ResourcesDesiredStatus.PROVISIONED
            && after.resources().desired() == ResourcesDesiredStatus.STOPPED;
    if (ends || gaveUp) {
      check(
          stopAsked || suspended || after.deploymentError() != null,
          "it stopped without being asked to and without an error",
          after);
    }
  }

  // ---- suspending and restarting --------------------------------------------------------------

  private void suspends(PipelineRecord before, PipelineRecord after) {
    long number = before.deployment().number();
    ProcessReport process = before.deployment().process();
    if (after.deployment().number() == number + 1) {
      check(
          !suspends.contains(number) || startedAfter == number || lies.contains(number),
          "it was started again although its suspension had been acknowledged",
          before);
    }
    boolean ends =
        before.resources().status() == ResourcesStatus.PROVISIONED
            && before.resources().desired() == ResourcesDesiredStatus.PROVISIONED
            && after.resources().desired() == ResourcesDesiredStatus.STOPPED;
    String failure =
        after.resources().details() == null
            ? ""
            : after.resources().details().at("/failure/error_code").asText();
    if (!ends || !failure.equals(ErrorCode.RUNNER_CHECK_ERROR)) {
      return;
    }
    check(
        !saved.contains(process), "it ended with an error although it had saved its state", after);
    boolean journaled =
        before.deployment().config().at("/fault_tolerance/model").asText().equals("exactly_once");
    boolean budget = before.resources().details().at("/restarts/count").asInt() < RESTARTS;
    check(
        !journaled
            || !budget
            || !dead.contains(process)
            || openSuspends.getOrDefault(number, 0) > 0,
        "a fault tolerant pipeline was given up when its process died",
        after);
  }

  // ---- events ---------------------------------------------------------------------------------

  private void event(PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    boolean statusMutation =
        program(before) != program(after)
            || !before.resources().equals(after.resources())
            || !before.runtime().equals(after.runtime())
            || before.storage().status() != after.storage().status()
            || !Objects.equals(before.deploymentError(), after.deploymentError());
    check(event != null || !statusMutation, "a mutation without an event", after);
    if (event == null) {
      return;
    }
    check(
        event.resourcesStatus() == after.resources().status()
            && event.resourcesDesired() == after.resources().desired()
            && event.runtimeStatus() == after.runtime().status()
            && event.runtimeDesired() == after.runtime().desired()
            && event.programStatus() == program(after)
            && event.storageStatus() == after.storage().status()
            && Objects.equals(event.deploymentError(), after.deploymentError()),
        "an event tells another state than the row",
        after);
    if (!before.runtime().equals(after.runtime())) {
      boolean mere =
          before.runtime().status() == after.runtime().status()
              && before.runtime().desired() == after.runtime().desired();
      check(
          !mere
              || world.time.nanos() - runtimeWrittenNanos
                  >= VirtualTime.seconds(DETAILS_SECONDS) - VirtualTime.seconds(5),
          "details were written too soon",
          after);
      runtimeWrittenNanos = world.time.nanos();
    }
  }

  private void check(boolean holds, String otherwise, PipelineRecord pipeline) {
    if (!holds) {
      throw broken(otherwise, pipeline);
    }
  }

  private static Violation broken(String law, PipelineRecord pipeline) {
    return new Violation(law + " [" + (pipeline == null ? "no row" : Words.of(pipeline)) + "]");
  }
}
