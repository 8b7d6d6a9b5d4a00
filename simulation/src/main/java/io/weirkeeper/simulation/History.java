package io.weirkeeper.simulation;

import io.weirkeeper.core.pipeline.Lifecycle;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.verticles.actor.PipelinePorts;
import io.weirkeeper.verticles.actor.PipelineSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One history: a pipeline, its user and its faults, from a seed. First everything may go wrong;
 * then the faults end, and what is desired must come about within a bounded time; at last the
 * pipeline is stopped, cleared and deleted, and nothing of it may be left.
 */
public final class History {
  /** Events that a history has at least, besides the time of settling. */
  public static final int MIN_EVENTS = 200;

  /** Faults that a history has at least. */
  public static final int MIN_FAULTS = 2;

  private static final int REQUEST_ATTEMPTS = 3;
  private static final int MAX_EVENTS = 200_000;
  private static final Duration SETTLE_LIMIT = Duration.ofMinutes(30);
  private static final UUID TENANT = new UUID(0, 0);
  private static final Lifecycle[] PLATFORMS = {
    new Lifecycle("0.337.0"), new Lifecycle("0.338.0"), new Lifecycle("0.339.0")
  };
  private static final String[] PLATFORM_VERSIONS = {"0.337.0", "0.338.0", "0.339.0"};

  private final World world;
  private final Tally tally;
  private final UnaryOperator<PipelinePorts> mutation;
  private final WriteLaws laws;
  private final SimulatedStore store;
  private final SimulatedMachine machine;
  private final RandomUser user;
  private final List<Controller> controllers = new ArrayList<>();
  private final List<Controller> old = new ArrayList<>();
  private final int plannedActions;
  private Controller controller;
  private long epochs;
  private int platform;
  private int actions;
  private boolean acting = true;

  private History(long seed, boolean traced, Tally tally, UnaryOperator<PipelinePorts> mutation) {
    this.tally = tally;
    this.mutation = mutation;
    world = new World(seed, traced);
    laws = new WriteLaws(world, tally, this::openStops);
    store = new SimulatedStore(world, laws);
    machine = new SimulatedMachine(world, laws);
    user = new RandomUser(world, store, laws);
    world.chance.listen(fault -> world.trace(() -> "FAULT " + fault));
    plannedActions = 15 + world.chance.below(50);
  }

  /**
   * Runs a history.
   *
   * @param tally takes its figures
   * @param mutation what is changed in the code under test; identity for nothing
   * @throws Violation when a law is broken
   */
  public static void run(long seed, Tally tally, UnaryOperator<PipelinePorts> mutation) {
    new History(seed, false, tally, mutation).run();
  }

  /**
   * Runs a history and tells what happened in it.
   *
   * @return the trace, one line an event; the last names the law that was broken, if one was
   */
  public static String replay(long seed, UnaryOperator<PipelinePorts> mutation) {
    History history = new History(seed, true, new Tally(), mutation);
    try {
      history.run();
      history.world.trace(() -> "every law held");
    } catch (Violation e) {
      history.world.trace(() -> "BROKEN: " + e.getMessage());
    }
    return history.world.traced();
  }

  private void run() {
    startController();
    create();
    nextAction();
    while (actions < plannedActions
        || world.time.steps() < MIN_EVENTS
        || world.chance.total() < MIN_FAULTS) {
      step();
    }
    acting = false;
    world.chance.endFaults();
    world.trace(() -> "the faults end");
    until("what is desired comes about", this::settled);
    dismantle();
    tally.history(
        world.time.steps(), world.chance, laws.writes(), user.requests(), world.time.nanos());
  }

  private void step() {
    if (!world.time.step()) {
      throw new Violation("nothing is going to happen any more " + state());
    }
    if (world.time.steps() > MAX_EVENTS) {
      throw new Violation("the history does not end " + state());
    }
  }

  private void until(String what, BooleanSupplier condition) {
    long deadline = world.time.nanos() + SETTLE_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (world.time.nanos() > deadline) {
        throw new Violation("waited " + SETTLE_LIMIT + " in vain until " + what + " " + state());
      }
      step();
    }
    world.trace(() -> what);
  }

  private String state() {
    PipelineRecord row = store.row();
    return "[" + (row == null ? "no row" : Words.of(row)) + "]";
  }

  // ---- the random phase -----------------------------------------------------------------------

  private void nextAction() {
    Chance chance = world.chance;
    int pace = chance.below(100);
    long delay;
    if (pace < 30) {
      delay = chance.micros(10, 5_000);
    } else if (pace < 65) {
      delay = chance.millis(5, 500);
    } else if (pace < 96) {
      delay = chance.millis(500, 8_000);
    } else {
      delay = chance.millis(8_000, 100_000);
    }
    world.time.after(delay, world, this::act);
  }

  private void act() {
    if (!acting) {
      return;
    }
    actions++;
    Chance chance = world.chance;
    if (controller != null && chance.happens(Fault.CONTROLLER_KILLED, 0.04)) {
      killController();
    } else if (controller != null && chance.happens(Fault.CONTROLLER_STOPPED, 0.015)) {
      stopController();
    } else if (controller != null && chance.happens(Fault.CONTROLLER_REPLACED, 0.015)) {
      replaceController();
    } else if (controller != null && store.row() != null && chance.happens(Fault.ROW_GONE, 0.002)) {
      laws.deletedByHand();
      store.remove();
    } else if (controller != null && controller.acts()) {
      int several = chance.percent(80) ? 1 : 1 + chance.below(3);
      for (int i = 0; i < several && controller.acts(); i++) {
        user.act(controller);
      }
    } else if (controller != null && store.row() == null) {
      create();
    }
    nextAction();
  }

  private void create() {
    PipelineRecord first =
        PipelineRecord.create(
            TENANT,
            world.chance.uuid(),
            user.firstDefinition(),
            PLATFORM_VERSIONS[platform],
            world.time.instant());
    world.trace(() -> "user: create");
    machine.newPipeline();
    store.insert(first);
    controller.begin(first, true);
  }

  // ---- controllers ----------------------------------------------------------------------------

  private void startController() {
    epochs++;
    laws.newController();
    controllers.removeIf(VirtualTime.Actor::isDead);
    controller =
        new Controller(
            world,
            store,
            machine,
            PLATFORMS[platform]::decide,
            PipelineSettings.DEFAULTS,
            epochs,
            mutation);
    controllers.add(controller);
    if (store.row() != null) {
      world.trace(() -> "controller " + epochs + " loads " + Words.of(store.row()));
      controller.begin(store.row(), false);
    }
  }

  /** Requests to stop it that may still be carried out. */
  private int openStops() {
    int open = 0;
    for (Controller each : controllers) {
      open += each.isDead() ? 0 : each.openStops();
    }
    return open;
  }

  private void restart() {
    controller = null;
    laws.excuse();
    Chance chance = world.chance;
    if (platform < PLATFORMS.length - 1 && chance.percent(10)) {
      platform++;
    }
    long delay = chance.percent(90) ? chance.millis(50, 10_000) : chance.millis(10_000, 150_000);
    world.time.after(delay, world, this::startController);
  }

  private void killController() {
    controller.die();
    restart();
  }

  private void stopController() {
    Controller stopping = controller;
    laws.parked();
    if (!stopping.acts()) {
      stopping.die();
      restart();
      return;
    }
    boolean[] done = {false};
    Runnable end =
        () -> {
          if (!done[0]) {
            done[0] = true;
            laws.unparked();
            stopping.actor().close();
            stopping.die();
            restart();
          }
        };
    stopping.actor().park().onComplete(parked -> world.time.after(0, world, end));
    world.time.after(VirtualTime.seconds(8), world, end);
    controller = null;
  }

  private void replaceController() {
    Controller replaced = controller;
    startController();
    old.add(replaced);
    world.time.after(
        world.chance.millis(1, 5_000),
        world,
        () -> {
          old.remove(replaced);
          if (replaced.acts()) {
            replaced.actor().release();
          }
          replaced.die();
        });
  }

  // ---- the end --------------------------------------------------------------------------------

  /** Whether nothing is left to be done. */
  private boolean settled() {
    if (controller == null || !old.isEmpty() || controller.unanswered() > 0) {
      return false;
    }
    PipelineRecord row = store.row();
    if (row == null) {
      return true;
    }
    PipelineRecord shown = controller.published();
    return shown != null
        && shown.revision() == row.revision()
        && compiled(row)
        && row.storage().status() != StorageStatus.CLEARING
        && (row.resources().desired() == ResourcesDesiredStatus.STOPPED
            ? row.resources().status() == ResourcesStatus.STOPPED
            : runs(row));
  }

  private static boolean compiled(PipelineRecord row) {
    ProgramStatus program = row.program().status();
    return program == ProgramStatus.SUCCESS
        || program == ProgramStatus.SQL_ERROR
        || program == ProgramStatus.SYSTEM_ERROR;
  }

  private boolean runs(PipelineRecord row) {
    if (row.resources().status() != ResourcesStatus.PROVISIONED) {
      return false;
    }
    SimulatedMachine.Running process = machine.find(row.deployment().process());
    return process != null
        && process.status() != RuntimeStatus.INITIALIZING
        && process.status() == row.runtime().status()
        && process.desired() == row.runtime().desired();
  }

  private void dismantle() {
    ask("it is stopped", () -> user.stop(controller), row -> row.resources().fullyStopped());
    ask(
        "its storage is cleared",
        () -> user.clear(controller),
        row -> row.storage().status() == StorageStatus.CLEARED);
    ask("it is deleted", () -> user.delete(controller), row -> false);
    until("no process is left", () -> machine.working() == 0);
  }

  /** Asks until it is so; what was under way when the faults ended may still refuse a request. */
  private void ask(String what, Runnable request, Predicate<PipelineRecord> outcome) {
    for (int i = 0; i < REQUEST_ATTEMPTS && store.row() != null; i++) {
      request.run();
      until(what, this::settled);
      if (store.row() == null || outcome.test(store.row())) {
        return;
      }
    }
    if (store.row() != null) {
      throw new Violation("asked " + REQUEST_ATTEMPTS + " times in vain until " + what + state());
    }
  }
}
