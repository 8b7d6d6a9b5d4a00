package io.weirkeeper.simulation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.store.ReloadResult;
import io.weirkeeper.store.ShardPage;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.store.WriteResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One row, with the store's contract: compare-and-set on (epoch, owner) and revision, outcomes that
 * are not known, statements that land late. What the contract is, is tested against PostgreSQL in
 * the store's own module.
 */
final class SimulatedStore {
  /** A name that another pipeline of the tenant has. */
  static final String TAKEN_NAME = "taken";

  private static final long TIMEOUT_MILLIS = 5_000;

  private final World world;
  private final WriteLaws laws;
  private PipelineRecord row;
  private long epoch;
  private UUID owner;
  private long lastFaultNanos;
  private final List<PipelineRecord> committed = new ArrayList<>();

  SimulatedStore(World world, WriteLaws laws) {
    this.world = world;
    this.laws = laws;
  }

  /** The row, or null. */
  PipelineRecord row() {
    return row;
  }

  /** When the store last failed somebody. */
  long lastFaultNanos() {
    return lastFaultNanos;
  }

  /** The row as it was at a revision of its present life, or null. */
  PipelineRecord committed(long revision) {
    int index = (int) revision - 1;
    return index < 0 || index >= committed.size() ? null : committed.get(index);
  }

  /** A new owner claims the shards. */
  void claim(long nextEpoch, UUID nextOwner) {
    epoch = nextEpoch;
    owner = nextOwner;
  }

  /** A row is inserted. */
  void insert(PipelineRecord first) {
    committed.clear();
    committed.add(first);
    row = first;
    laws.inserted(first);
  }

  /** The row is deleted by hand. */
  void remove() {
    row = null;
  }

  /** A controller's own connection; remembers what became of its last write. */
  final class Connection implements PipelineStore {
    private final VirtualTime.Actor controller;
    private boolean lastLanded;
    private boolean lastPending;

    Connection(VirtualTime.Actor controller) {
      this.controller = controller;
    }

    /** Whether the last write has landed or may still land. */
    boolean lastMayHaveLanded() {
      return lastLanded || lastPending;
    }

    private Future<WriteResult> write(String what, Supplier<WriteResult> statement) {
      lastLanded = false;
      lastPending = true;
      Chance chance = world.chance;
      if (chance.happens(Fault.STORE_REFUSED, 0.02)) {
        lastPending = false;
        lastFaultNanos = world.time.nanos();
        return world.fail(
            controller,
            chance.millis(1, 200),
            new StoreException(StoreException.Reason.UNAVAILABLE, "refused", null));
      }
      long arrival = chance.micros(200, 5_000);
      if (chance.happens(Fault.STORE_SLOW, 0.01)) {
        arrival += chance.millis(100, TIMEOUT_MILLIS - 200);
        lastFaultNanos = world.time.nanos();
      }
      boolean landed = chance.happens(Fault.STORE_UNKNOWN_LANDED, 0.015);
      boolean late = !landed && chance.happens(Fault.STORE_UNKNOWN_LATE, 0.01);
      boolean lost = !landed && !late && chance.happens(Fault.STORE_UNKNOWN_LOST, 0.015);
      Promise<WriteResult> answer = Promise.promise();
      if (landed || late || lost) {
        lastFaultNanos = world.time.nanos();
        long givenUp = chance.percent(50) ? chance.millis(1, 50) : chance.millis(1, TIMEOUT_MILLIS);
        world.time.after(
            givenUp, controller, () -> answer.tryFail(new OutcomeUnknownException(what, null)));
        if (lost) {
          lastPending = false;
          return answer.future();
        }
        arrival = late ? givenUp + chance.millis(1, 3_000) : givenUp * chance.below(100) / 100;
      }
      world.time.after(
          arrival,
          world,
          () -> {
            WriteResult result = statement.get();
            lastPending = false;
            lastLanded = result.isCommitted();
            world.trace(() -> "store: " + what + " -> " + result);
            world.time.after(
                world.chance.micros(50, 2_000), controller, () -> answer.tryComplete(result));
          });
      return answer.future();
    }

    private boolean owns(Guard guard) {
      return guard.epoch() == epoch && guard.owner().equals(owner);
    }

    private WriteResult replace(
        Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
      if (!owns(guard)) {
        return new WriteResult.NotOwner();
      }
      if (row == null || !row.id().equals(before.id()) || row.shard() != guard.shard()) {
        return new WriteResult.RowGone();
      }
      if (row.revision() != before.revision()) {
        return new WriteResult.RevisionMoved(row.revision());
      }
      PipelineRecord next = after.withRevision(row.revision() + 1);
      world.trace(() -> "row " + next.revision() + ": " + Words.of(row, next));
      laws.written(row, next, event);
      row = next;
      committed.add(next);
      return new WriteResult.Committed(next.revision());
    }

    @Override
    public Future<WriteResult> insert(Guard guard, PipelineRecord pipeline, PipelineEvent event) {
      throw new UnsupportedOperationException("rows are inserted by the history");
    }

    @Override
    public Future<WriteResult> update(
        Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
      return write("update", () -> replace(guard, before, after, event));
    }

    @Override
    public Future<WriteResult> rename(
        Guard source,
        Guard destination,
        PipelineRecord before,
        PipelineRecord after,
        PipelineEvent event) {
      return write(
          "rename",
          () ->
              after.name().equals(TAKEN_NAME) && owns(source)
                  ? new WriteResult.DuplicateName()
                  : replace(source, before, after, event));
    }

    @Override
    public Future<WriteResult> recordProcess(
        Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
      return write(
          "recordProcess",
          () -> {
            boolean taken =
                owns(guard)
                    && row != null
                    && row.id().equals(before.id())
                    && (row.deployment().process() != null
                        || row.deployment().number() != before.deployment().number());
            return taken ? new WriteResult.ProcessTaken() : replace(guard, before, after, event);
          });
    }

    @Override
    public Future<WriteResult> delete(Guard guard, PipelineRecord pipeline) {
      return write(
          "delete",
          () -> {
            if (!owns(guard)) {
              return new WriteResult.NotOwner();
            }
            if (row == null || !row.id().equals(pipeline.id())) {
              return new WriteResult.RowGone();
            }
            if (row.revision() != pipeline.revision()) {
              return new WriteResult.RevisionMoved(row.revision());
            }
            laws.deleted(row);
            long revision = row.revision();
            row = null;
            return new WriteResult.Committed(revision);
          });
    }

    @Override
    public Future<ReloadResult> reload(Guard guard, UUID tenantId, UUID id) {
      if (world.chance.happens(Fault.STORE_RELOAD_FAILED, 0.1)) {
        lastFaultNanos = world.time.nanos();
        return world.fail(
            controller, world.chance.millis(1, 500), new OutcomeUnknownException("reload", null));
      }
      Promise<ReloadResult> answer = Promise.promise();
      world.time.after(
          world.chance.micros(200, 20_000),
          world,
          () -> {
            ReloadResult result = reloaded(guard, id);
            world.trace(() -> "store: reload -> " + result.getClass().getSimpleName());
            world.time.after(
                world.chance.micros(50, 2_000), controller, () -> answer.complete(result));
          });
      return answer.future();
    }

    private ReloadResult reloaded(Guard guard, UUID id) {
      if (!owns(guard)) {
        return new ReloadResult.NotOwner();
      }
      if (row == null || !row.id().equals(id) || row.shard() != guard.shard()) {
        return new ReloadResult.RowGone();
      }
      row = row.withRevision(row.revision() + 1);
      committed.add(row);
      return new ReloadResult.Reloaded(row);
    }

    @Override
    public Future<Void> loadShards(
        Collection<Integer> shards, Function<ShardPage, Future<Void>> page) {
      throw new UnsupportedOperationException("rows are loaded by the history");
    }

    @Override
    public Future<ShardPage> loadShards(Collection<Integer> shards) {
      throw new UnsupportedOperationException("rows are loaded by the history");
    }

    @Override
    public Future<List<PipelineEvent>> events(UUID tenantId, UUID pipelineId, int limit) {
      throw new UnsupportedOperationException("an actor reads no events");
    }

    @Override
    public Future<Optional<PipelineEvent>> latestEvent(UUID tenantId, UUID pipelineId) {
      throw new UnsupportedOperationException("an actor reads no events");
    }

    @Override
    public Future<Optional<PipelineEvent>> event(UUID tenantId, UUID pipelineId, UUID eventId) {
      throw new UnsupportedOperationException("an actor reads no events");
    }

    @Override
    public Future<Integer> trimEvents(int retention) {
      throw new UnsupportedOperationException("an actor trims no events");
    }

    @Override
    public Future<List<String>> names(UUID tenantId) {
      throw new UnsupportedOperationException("an actor reads no names");
    }
  }
}
