package io.weirkeeper.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.process.DeploymentHost;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import io.weirkeeper.verticles.process.ProcessClient.Right;
import io.weirkeeper.verticles.process.ProcessClient.Target;
import io.weirkeeper.verticles.process.ProcessControl;
import io.weirkeeper.verticles.process.StartRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * One machine: the processes of a pipeline and its storage directories. It outlives controllers;
 * each sees it through a {@link Access} of its own.
 */
final class SimulatedMachine {
  static final String HOST = "host-1";

  private static final String BOOT = "boot-1";
  private static final long REQUEST_TIMEOUT_MILLIS = 5_000;
  private static final long KILL_TIMEOUT_MILLIS = 5_000;
  private static final long GRANT_TIMEOUT_SECONDS = 30;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectNode STORAGE_DETAILS = JSON.objectNode();
  private static final JsonNode EMPTY = JSON.objectNode();
  private static final RuntimeStatus[] LIES = {
    RuntimeStatus.PAUSED,
    RuntimeStatus.RUNNING,
    RuntimeStatus.INITIALIZING,
    RuntimeStatus.REPLAYING,
    RuntimeStatus.UNAVAILABLE
  };

  static {
    STORAGE_DETAILS.putArray("checkpoints");
  }

  private final World world;
  private final WriteLaws laws;
  private final List<Running> processes = new ArrayList<>();
  private final Set<Path> suspendedMarks = new HashSet<>();
  private long pids;
  private long removedBelow;

  SimulatedMachine(World world, WriteLaws laws) {
    this.world = world;
    this.laws = laws;
  }

  /** A pipeline is created: it has an empty directory of its own. */
  void newPipeline() {
    removedBelow = 0;
  }

  /** Processes that live and were granted a lease. */
  long working() {
    return processes.stream().filter(p -> p.alive && p.granted).count();
  }

  /** The process of a report, or null when it is gone. */
  Running find(ProcessReport report) {
    for (Running process : processes) {
      if (process.report.equals(report)) {
        return process.alive ? process : null;
      }
    }
    return null;
  }

  private static Path mark(UUID pipelineId, long number) {
    return Path.of(pipelineId.toString(), Long.toString(number));
  }

  /** A process of a pipeline. */
  final class Running {
    private final UUID pipelineId;
    private final long number;
    private final long generation;
    private final ProcessReport report;
    private final RuntimeStatus initial;
    private final List<Runnable> whenGone = new ArrayList<>();
    private boolean alive = true;
    private boolean reported;
    private boolean granted;
    private String fatal;
    private boolean doomed;
    private long leaseEndNanos;
    private long epoch;
    private long revision;
    private int errors;
    private RuntimeStatus status = RuntimeStatus.INITIALIZING;
    private RuntimeStatus desired;

    private Running(DeploymentSpec spec) {
      pipelineId = spec.pipelineId();
      number = spec.deploymentNumber();
      String directory = spec.storageDirectory();
      generation = Long.parseLong(directory.substring(directory.lastIndexOf('/') + 1));
      report = new ProcessReport(world.chance.uuid(), BOOT, ++pids, pids * 100, "127.0.0.1", 1_000);
      initial = RuntimeStatus.ofColumn(spec.initial());
      desired = initial;
    }

    /** What it does. */
    RuntimeStatus status() {
      return status;
    }

    /** What it was told to do. */
    RuntimeStatus desired() {
      return desired;
    }

    private void die(String why) {
      if (alive) {
        alive = false;
        laws.died(report);
        world.trace(() -> "process " + number + " ends: " + why);
        List<Runnable> listeners = new ArrayList<>(whenGone);
        whenGone.clear();
        listeners.forEach(Runnable::run);
        processes.remove(this);
      }
    }

    private void later(long delayNanos, Runnable action) {
      world.time.after(
          delayNanos,
          world,
          () -> {
            if (alive) {
              action.run();
            }
          });
    }

    private boolean fresher(Right right) {
      if (right.epoch() < epoch || (right.epoch() == epoch && right.revision() < revision)) {
        return false;
      }
      epoch = right.epoch();
      revision = right.revision();
      return true;
    }

    private void grant(Duration lease) {
      long end = world.time.nanos() + lease.toNanos();
      for (Running other : processes) {
        if (other != this && other.alive && other.granted && other.pipelineId.equals(pipelineId)) {
          throw new Violation(
              "processes " + other.number + " and " + number + " both work for one pipeline");
        }
      }
      if (generation < removedBelow) {
        throw new Violation(
            "process " + number + " works on removed storage generation " + generation);
      }
      laws.granted(report, number, generation, world.time.instant().plus(lease));
      leaseEndNanos = end;
      world.trace(() -> "process " + number + " is granted " + lease);
      later(lease.toNanos(), this::lapse);
      if (!granted) {
        granted = true;
        begin();
      }
    }

    private void lapse() {
      if (world.time.nanos() >= leaseEndNanos) {
        laws.lapsed(report);
        die("its lease has lapsed");
      }
    }

    private void begin() {
      Chance chance = world.chance;
      later(
          chance.millis(20, 800),
          () -> {
            status = initial;
            world.trace(() -> "process " + number + " is " + status.json());
          });
      if (chance.happens(Fault.PROCESS_DIES, 0.12)) {
        later(chance.millis(1, chance.percent(50) ? 1_000 : 60_000), () -> die("it crashed"));
      }
      if (chance.happens(Fault.PROCESS_SUSPENDS, 0.03)) {
        later(
            chance.millis(1_000, 30_000),
            () -> {
              desired = RuntimeStatus.SUSPENDED;
              suspended();
            });
      }
    }

    private void suspend() {
      Chance chance = world.chance;
      long takes = chance.millis(1, 3_000);
      if (chance.happens(Fault.SUSPEND_HANGS, 0.05)) {
        return;
      }
      if (chance.happens(Fault.SUSPEND_FAILS, 0.05)) {
        later(takes, () -> fatal = "SuspendError");
      } else if (chance.happens(Fault.SUSPEND_DIES, 0.15)) {
        later(takes, () -> die("it crashed while it saved its state"));
      } else {
        later(takes, this::suspended);
      }
    }

    private void suspended() {
      suspendedMarks.add(mark(pipelineId, number));
      laws.saved(report);
      status = RuntimeStatus.SUSPENDED;
      world.trace(() -> "process " + number + " has saved its state");
      if (world.chance.happens(Fault.SUSPENDED_DIES, 0.15)) {
        later(world.chance.millis(0, 2_000), () -> die("it crashed after it had saved its state"));
      }
    }

    private ProcessAnswer answer() {
      if (fatal != null) {
        return new ProcessAnswer(
            500, JSON.objectNode().put("error_code", fatal).put("message", "it can't go on"));
      }
      return answer(status, desired);
    }

    private ProcessAnswer answer(RuntimeStatus told, RuntimeStatus toldDesired) {
      ObjectNode body = JSON.objectNode();
      body.put("runtime_status", told.json());
      if (errors == 0) {
        body.set("runtime_status_details", EMPTY);
      } else {
        body.putObject("runtime_status_details")
            .putObject("connector_stats")
            .put("num_errors", errors);
      }
      body.put("runtime_desired_status", toldDesired.json());
      body.set("storage_status_details", STORAGE_DETAILS);
      return new ProcessAnswer(200, body);
    }
  }

  /** The machine as one controller sees it. */
  final class Access implements DeploymentHost, ProcessControl {
    private final VirtualTime.Actor controller;
    private final List<Launch> launches = new ArrayList<>();

    Access(VirtualTime.Actor controller) {
      this.controller = controller;
    }

    private final class Launch {
      private final long number;
      private final Promise<ProcessReport> promise = Promise.promise();
      private Running process;
      private boolean cancelled;

      Launch(long number) {
        this.number = number;
      }

      void fail(String why, boolean late) {
        launches.remove(this);
        promise.tryFail(new StartRefusedException(why, late));
      }
    }

    @Override
    public String hostId() {
      return HOST;
    }

    @Override
    public String bindAddress() {
      return "127.0.0.1";
    }

    @Override
    public Duration grantTimeout() {
      return Duration.ofSeconds(GRANT_TIMEOUT_SECONDS);
    }

    @Override
    public Path workingDirectory(UUID pipelineId, long deploymentNumber) {
      return Path.of("/w", Long.toString(deploymentNumber));
    }

    @Override
    public Path storageDirectory(UUID pipelineId, long generation) {
      return Path.of("/s", Long.toString(generation));
    }

    @Override
    public Future<ProcessReport> launch(DeploymentSpec spec, Duration startTimeout) {
      Chance chance = world.chance;
      if (chance.happens(Fault.LAUNCH_REFUSED, 0.03)) {
        return world.fail(
            controller, chance.millis(1, 20), new StartRefusedException("no memory", false));
      }
      Launch launch = new Launch(spec.deploymentNumber());
      launches.add(launch);
      world.time.after(
          chance.micros(500, 20_000), controller, () -> fork(launch, spec, startTimeout));
      return launch.promise.future();
    }

    private void fork(Launch launch, DeploymentSpec spec, Duration startTimeout) {
      if (launch.cancelled) {
        launch.fail("the start was called off", false);
        return;
      }
      Chance chance = world.chance;
      Running process = new Running(spec);
      if (process.generation < removedBelow) {
        throw new Violation(
            "deployment "
                + process.number
                + " uses removed storage generation "
                + process.generation
                + " again");
      }
      processes.add(process);
      launch.process = process;
      world.trace(() -> "process " + process.number + " forked");
      process.later(
          VirtualTime.seconds(GRANT_TIMEOUT_SECONDS),
          () -> {
            if (!process.granted) {
              process.die("nobody granted it a lease");
            }
          });
      world.time.after(
          startTimeout.toNanos(),
          controller,
          () -> {
            if (!launch.promise.future().isComplete()) {
              process.die("it was not ready in time");
              launch.fail("not ready in time", true);
            }
          });
      process.whenGone.add(
          () ->
              world.time.after(
                  world.chance.millis(1, 20),
                  controller,
                  () -> launch.fail("the process ended before it was ready", false)));
      if (chance.happens(Fault.LAUNCH_SILENT, 0.03)) {
        return;
      }
      if (chance.happens(Fault.LAUNCH_DIES, 0.03)) {
        process.later(chance.millis(10, 500), () -> process.die("it crashed at its start"));
        return;
      }
      boolean slow = chance.happens(Fault.LAUNCH_SLOW, 0.05);
      process.later(
          slow ? chance.millis(1_000, 25_000) : chance.millis(50, 600),
          () -> {
            process.reported = true;
            world.trace(() -> "process " + process.number + " reported");
            world.time.after(
                world.chance.millis(1, 20),
                controller,
                () -> {
                  launches.remove(launch);
                  launch.promise.tryComplete(process.report);
                });
          });
    }

    @Override
    public Future<Boolean> exists(ProcessReport report) {
      Chance chance = world.chance;
      if (chance.happens(Fault.EXISTS_FAILED, 0.05)) {
        laws.excuse();
        return world.fail(controller, chance.micros(50, 500), new IOException("/proc"));
      }
      return world.tell(controller, chance.micros(50, 500), find(report) != null);
    }

    @Override
    public Future<Boolean> leftSuspended(UUID pipelineId, long deploymentNumber) {
      return world.tell(
          controller,
          world.chance.micros(50, 500),
          suspendedMarks.contains(mark(pipelineId, deploymentNumber)));
    }

    @Override
    public Future<Void> whenGone(ProcessReport report) {
      Promise<Void> gone = Promise.promise();
      Running process = find(report);
      Runnable tell =
          () ->
              world.time.after(
                  world.chance.micros(50, 2_000), controller, () -> gone.tryComplete());
      if (process == null) {
        tell.run();
      } else {
        process.whenGone.add(tell);
      }
      return gone.future();
    }

    @Override
    public Future<Void> kill(ProcessReport report) {
      Chance chance = world.chance;
      laws.killed(report);
      if (chance.happens(Fault.KILL_FAILED, 0.05)) {
        return world.fail(controller, chance.millis(1, 20), new IOException("kill: no"));
      }
      if (chance.happens(Fault.KILL_HANGS, 0.02)) {
        return Promise.<Void>promise().future();
      }
      Running process = find(report);
      if (process == null) {
        return world.tell(controller, chance.micros(100, 2_000), null);
      }
      long takes =
          chance.happens(Fault.KILL_SURVIVED, 0.05)
              ? chance.millis(1_000, 25_000)
              : chance.millis(1, 30);
      if (!process.doomed) {
        process.doomed = true;
        process.later(takes, () -> process.die("it was killed"));
      }
      Promise<Void> gone = Promise.promise();
      process.whenGone.add(
          () -> world.time.after(world.chance.millis(1, 10), controller, () -> gone.tryComplete()));
      world.time.after(
          VirtualTime.millis(KILL_TIMEOUT_MILLIS),
          controller,
          () -> gone.tryFail(new StartRefusedException("killed but has not ended", true)));
      return gone.future();
    }

    @Override
    public Future<Void> killUnrecorded(UUID pipelineId, long deploymentNumber) {
      for (Launch launch : List.copyOf(launches)) {
        if (launch.number == deploymentNumber) {
          launch.cancelled = true;
          if (launch.process != null) {
            launch.process.die("its start was called off");
          }
        }
      }
      for (Running process : processes) {
        if (process.pipelineId.equals(pipelineId)
            && process.number == deploymentNumber
            && process.reported) {
          return kill(process.report);
        }
      }
      return world.tell(controller, world.chance.micros(100, 2_000), null);
    }

    @Override
    public Future<Void> removeStorage(UUID pipelineId, long belowGeneration) {
      Chance chance = world.chance;
      if (chance.happens(Fault.REMOVAL_FAILED, 0.1)) {
        return world.fail(controller, chance.millis(1, 100), new IOException("busy"));
      }
      if (chance.happens(Fault.REMOVAL_HANGS, 0.03)) {
        return Promise.<Void>promise().future();
      }
      Promise<Void> removed = Promise.promise();
      world.time.after(
          chance.millis(1, chance.percent(90) ? 100 : 10_000),
          // What is being deleted goes on being deleted, whatever became of the controller.
          world,
          () -> {
            remove(pipelineId, belowGeneration);
            world.time.after(world.chance.millis(1, 5), controller, () -> removed.tryComplete());
          });
      return removed.future();
    }

    private void remove(UUID pipelineId, long belowGeneration) {
      for (Running process : processes) {
        if (process.alive
            && process.granted
            && process.pipelineId.equals(pipelineId)
            && process.generation < belowGeneration) {
          throw new Violation(
              "storage generation "
                  + process.generation
                  + " was removed under process "
                  + process.number);
        }
      }
      if (laws.isPresent(pipelineId)) {
        removedBelow = Math.max(removedBelow, belowGeneration);
      }
      world.trace(() -> "storage below generation " + belowGeneration + " removed");
    }

    @Override
    public Future<Void> removePipeline(UUID pipelineId) {
      Promise<Void> removed = Promise.promise();
      world.time.after(
          world.chance.millis(1, 100),
          world,
          () -> {
            remove(pipelineId, Long.MAX_VALUE);
            world.time.after(world.chance.millis(1, 5), controller, removed::tryComplete);
          });
      return removed.future();
    }

    @Override
    public Future<Void> removeDeployments(UUID pipelineId, long belowNumber) {
      return Future.succeededFuture();
    }

    // ---- requests to a process --------------------------------------------------------------

    private <T> Future<T> unreachable() {
      return world.fail(
          controller, world.chance.micros(100, 2_000), new IOException("connection refused"));
    }

    private <T> Future<T> unanswered() {
      return world.fail(
          controller, VirtualTime.millis(REQUEST_TIMEOUT_MILLIS), new IOException("timed out"));
    }

    @Override
    public Future<Boolean> challenge(Target target) {
      Running process = find(target.report());
      if (process == null) {
        laws.excuse();
        return unreachable();
      }
      if (world.chance.happens(Fault.CHALLENGE_LOST, 0.1)) {
        laws.excuse();
        return unanswered();
      }
      return world.tell(
          controller, world.chance.micros(200, 5_000), process.number == target.number());
    }

    private interface Request {
      ProcessAnswer at(Running process);
    }

    private Future<ProcessAnswer> send(
        Target target, long arrivalNanos, long answerNanos, Request request) {
      Promise<ProcessAnswer> answer = Promise.promise();
      world.time.after(
          arrivalNanos,
          world,
          () -> {
            Running process = find(target.report());
            ProcessAnswer made = process == null ? null : request.at(process);
            world.time.after(
                answerNanos,
                controller,
                () -> {
                  if (made == null) {
                    answer.fail(new IOException("connection refused"));
                  } else {
                    answer.complete(made);
                  }
                });
          });
      return answer.future();
    }

    @Override
    public Future<ProcessAnswer> grant(Target target, Right right, Duration lease) {
      Chance chance = world.chance;
      if (chance.happens(Fault.GRANT_LOST, 0.03)) {
        laws.excuse();
        if (chance.percent(50)) {
          send(target, chance.micros(100, 3_000), 0, process -> granted(process, right, lease));
        }
        return unanswered();
      }
      if (chance.happens(Fault.GRANT_REFUSED, 0.03)) {
        laws.excuse();
        return send(
            target,
            chance.micros(100, 3_000),
            chance.micros(50, 2_000),
            process -> new ProcessAnswer(503, EMPTY));
      }
      return send(
          target,
          chance.micros(100, 3_000),
          chance.micros(50, 2_000),
          process -> granted(process, right, lease));
    }

    private ProcessAnswer granted(Running process, Right right, Duration lease) {
      if (!process.fresher(right)) {
        return new ProcessAnswer(409, EMPTY);
      }
      process.grant(lease);
      return new ProcessAnswer(200, EMPTY);
    }

    @Override
    public Future<ProcessAnswer> status(Target target) {
      Chance chance = world.chance;
      long arrival = chance.micros(100, 2_000);
      long back = chance.micros(50, 1_000);
      if (chance.happens(Fault.STATUS_NEVER, 0.01)) {
        return unanswered();
      }
      if (chance.happens(Fault.STATUS_LATE, 0.01)) {
        back = chance.millis(200, REQUEST_TIMEOUT_MILLIS - 100);
      }
      if (chance.happens(Fault.STATUS_GARBAGE, 0.01)) {
        JsonNode garbage =
            chance.oneOf(
                JSON.textNode("<html>"),
                JSON.arrayNode(),
                JSON.objectNode(),
                JSON.objectNode().put("runtime_status", "Dancing"),
                JSON.nullNode());
        return send(target, arrival, back, process -> new ProcessAnswer(200, garbage));
      }
      if (chance.happens(Fault.STATUS_503, 0.01)) {
        String code = chance.oneOf("Initializing", "Busy", "");
        return send(
            target,
            arrival,
            back,
            process -> new ProcessAnswer(503, JSON.objectNode().put("error_code", code)));
      }
      if (chance.happens(Fault.STATUS_LIE, 0.01)) {
        RuntimeStatus lie = chance.oneOf(LIES);
        laws.lied();
        return send(target, arrival, back, process -> process.answer(lie, lie));
      }
      boolean breaks = chance.happens(Fault.STATUS_500, 0.003);
      boolean moreErrors = chance.percent(2);
      return send(
          target,
          arrival,
          back,
          process -> {
            if (breaks && process.fatal == null) {
              process.fatal = "RuntimeError.WorkerPanic";
            }
            process.errors += moreErrors ? 1 : 0;
            return process.answer();
          });
    }

    @Override
    public Future<ProcessAnswer> start(Target target, Right right) {
      return told(target, right, RuntimeStatus.RUNNING);
    }

    @Override
    public Future<ProcessAnswer> pause(Target target, Right right) {
      return told(target, right, RuntimeStatus.PAUSED);
    }

    @Override
    public Future<ProcessAnswer> suspend(Target target, Right right) {
      return told(target, right, RuntimeStatus.SUSPENDED);
    }

    private Future<ProcessAnswer> told(Target target, Right right, RuntimeStatus wanted) {
      Chance chance = world.chance;
      Request request = process -> told(process, right, wanted);
      if (chance.happens(Fault.COMMAND_LOST, 0.05)) {
        if (chance.percent(50)) {
          send(target, chance.micros(100, 3_000), 0, request);
        }
        return unanswered();
      }
      return send(target, chance.micros(100, 3_000), chance.micros(50, 2_000), request);
    }

    private ProcessAnswer told(Running process, Right right, RuntimeStatus wanted) {
      if (!process.fresher(right)) {
        return new ProcessAnswer(409, EMPTY);
      }
      if (process.status != RuntimeStatus.RUNNING && process.status != RuntimeStatus.PAUSED) {
        return new ProcessAnswer(503, EMPTY);
      }
      if (process.desired == RuntimeStatus.SUSPENDED && wanted != process.desired) {
        return new ProcessAnswer(400, EMPTY);
      }
      if (wanted == RuntimeStatus.SUSPENDED && process.desired != wanted) {
        if (world.chance.happens(Fault.SUSPEND_REFUSED, 0.2)) {
          return new ProcessAnswer(500, JSON.objectNode().put("error_code", "SuspendError"));
        }
        process.desired = wanted;
        process.suspend();
      } else if (wanted != RuntimeStatus.SUSPENDED) {
        process.desired = wanted;
        process.status = wanted;
      }
      return new ProcessAnswer(202, EMPTY);
    }
  }
}
