package io.weirkeeper.simulation;

import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Guard;
import io.weirkeeper.verticles.actor.ActorLog;
import io.weirkeeper.verticles.actor.Identifiers;
import io.weirkeeper.verticles.actor.PipelineActor;
import io.weirkeeper.verticles.actor.PipelinePorts;
import io.weirkeeper.verticles.actor.PipelineSettings;
import io.weirkeeper.verticles.actor.Publication;
import io.weirkeeper.verticles.actor.Rules;
import io.weirkeeper.verticles.actor.Timers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** One life of a controller: it owns the pipeline's shards from a claim until it dies. */
final class Controller extends VirtualTime.Actor {
  private static final String SECRET = "ab".repeat(32);

  private final World world;
  private final SimulatedStore store;
  private final PipelinePorts ports;
  private final SimulatedStore.Connection connection;
  private final long epoch;
  private final UUID incarnation;
  private PipelineActor actor;
  private PipelineRecord published;
  private boolean ended;
  private int unanswered;
  private int openStops;

  Controller(
      World world,
      SimulatedStore store,
      SimulatedMachine machine,
      Rules rules,
      PipelineSettings settings,
      long epoch,
      UnaryOperator<PipelinePorts> mutation) {
    this.world = world;
    this.store = store;
    this.epoch = epoch;
    incarnation = new UUID(0, epoch);
    connection = store.new Connection(this);
    SimulatedMachine.Access access = machine.new Access(this);
    ports =
        mutation.apply(
            new PipelinePorts(
                settings,
                rules,
                connection,
                shard -> Optional.of(new Guard(shard, epoch, incarnation)),
                access,
                access,
                new SimulatedCompiler(world, this),
                new OwnTimers(),
                world.time.clock(),
                new OwnIdentifiers(),
                new NoLog(),
                new CheckedPublication()));
    store.claim(epoch, incarnation);
  }

  /** Acts for a pipeline from now on. */
  void begin(PipelineRecord row, boolean created) {
    ended = false;
    published = null;
    actor = new PipelineActor(ports, row, () -> ended = true);
    actor.begin(created);
  }

  /** The pipeline's actor; null before the first pipeline. */
  PipelineActor actor() {
    return actor;
  }

  long epoch() {
    return epoch;
  }

  /** Whether it acts for a pipeline. */
  boolean acts() {
    return actor != null && !ended && !isDead();
  }

  /** What a GET would answer, or null. */
  PipelineRecord published() {
    return ended ? null : published;
  }

  SimulatedStore.Connection connection() {
    return connection;
  }

  void asked() {
    unanswered++;
  }

  void answered() {
    unanswered--;
  }

  /** Counts requests to stop it that are under way. */
  void stops(int more) {
    openStops += more;
  }

  int openStops() {
    return openStops;
  }

  int unanswered() {
    return unanswered;
  }

  private final class OwnTimers implements Timers {
    @Override
    public void soon(Runnable task) {
      world.time.after(0, Controller.this, task);
    }

    @Override
    public void later(Duration delay, Runnable task) {
      world.time.after(delay.toNanos(), Controller.this, task);
    }

    @Override
    public long nanos() {
      return world.time.nanos();
    }
  }

  private final class OwnIdentifiers implements Identifiers {
    @Override
    public UUID uuid7(Instant now) {
      return world.chance.uuid();
    }

    @Override
    public String secret() {
      return SECRET;
    }
  }

  /** Only committed states may be shown, and never an older one after a newer. */
  private final class CheckedPublication implements Publication {
    @Override
    public void published(PipelineRecord before, PipelineRecord next) {
      if (ended) {
        throw new Violation("a state was published after the pipeline had been let go");
      }
      if (!next.equals(store.committed(next.revision()))) {
        throw new Violation("a state was published that was never committed: " + Words.of(next));
      }
      if (published != null && next.revision() <= published.revision()) {
        throw new Violation("an older state was published after a newer: " + Words.of(next));
      }
      published = next;
    }

    @Override
    public void withdrawn(PipelineRecord last) {
      published = null;
    }
  }

  private static final class NoLog implements ActorLog {
    @Override
    public void controller(Instant now, String level, String text, PipelineRecord pipeline) {}

    @Override
    public void follow(long deploymentNumber) {}

    @Override
    public void unfollow() {}

    @Override
    public void end() {}
  }
}
