package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Future;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.store.ReloadResult;
import io.weirkeeper.store.ShardPage;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.store.WriteResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The store's contract in memory, with faults. What it promises is tested against PostgreSQL in the
 * store's own module.
 */
final class TestingPipelineStore implements PipelineStore {
  /** What happens to a write. */
  enum Fault {
    /** It lands, but nobody hears of it. */
    UNKNOWN_AFTER_COMMIT,
    /** It is lost, and nobody knows. */
    UNKNOWN_WITHOUT_COMMIT,
    /** It certainly has no effect. */
    REFUSED,
    /** Its value can never be stored. */
    UNSTORABLE,
    /** It succeeds. */
    NONE
  }

  private final Map<UUID, PipelineRecord> rows = new HashMap<>();
  private final Map<UUID, Deque<PipelineEvent>> events = new HashMap<>();
  private final Deque<Fault> faults = new ArrayDeque<>();

  /** The next writes meet these faults, in order. */
  synchronized void inject(Fault... next) {
    faults.addAll(List.of(next));
  }

  synchronized Optional<PipelineRecord> row(String name) {
    return rows.values().stream().filter(row -> row.name().equals(name)).findFirst();
  }

  synchronized List<PipelineEvent> history(UUID id) {
    List<PipelineEvent> oldestFirst = new ArrayList<>(events.get(id));
    oldestFirst.sort(Comparator.comparing(event -> event.eventId().toString()));
    return oldestFirst;
  }

  private interface Write {
    WriteResult run();
  }

  private Future<WriteResult> attempt(Write write) {
    Fault fault = faults.poll();
    if (fault == Fault.REFUSED) {
      return Future.failedFuture(
          new StoreException(StoreException.Reason.UNAVAILABLE, "refused for a test", null));
    }
    if (fault == Fault.UNSTORABLE) {
      return Future.failedFuture(
          new StoreException(StoreException.Reason.NUL_CHARACTER, "a NUL for a test", null));
    }
    if (fault == Fault.UNKNOWN_WITHOUT_COMMIT) {
      return Future.failedFuture(new OutcomeUnknownException("lost for a test", null));
    }
    WriteResult result = write.run();
    return fault == Fault.UNKNOWN_AFTER_COMMIT
        ? Future.failedFuture(new OutcomeUnknownException("unheard for a test", null))
        : Future.succeededFuture(result);
  }

  private void add(PipelineRecord row, PipelineEvent event) {
    if (event != null) {
      events.computeIfAbsent(row.id(), any -> new ArrayDeque<>()).addFirst(event);
    }
  }

  @Override
  public synchronized Future<WriteResult> insert(
      Guard guard, PipelineRecord pipeline, PipelineEvent event) {
    return attempt(
        () -> {
          Optional<PipelineRecord> same = row(pipeline.name());
          if (same.isPresent()) {
            return same.get().id().equals(pipeline.id())
                ? new WriteResult.Committed(same.get().revision())
                : new WriteResult.DuplicateName();
          }
          rows.put(pipeline.id(), pipeline);
          add(pipeline, event);
          return new WriteResult.Committed(1);
        });
  }

  @Override
  public synchronized Future<WriteResult> update(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    return attempt(
        () -> {
          PipelineRecord row = rows.get(before.id());
          if (row == null) {
            return new WriteResult.RowGone();
          }
          if (row.revision() != before.revision()) {
            return new WriteResult.RevisionMoved(row.revision());
          }
          rows.put(after.id(), after.withRevision(row.revision() + 1));
          add(after, event);
          return new WriteResult.Committed(row.revision() + 1);
        });
  }

  @Override
  public synchronized Future<WriteResult> rename(
      Guard source,
      Guard destination,
      PipelineRecord before,
      PipelineRecord after,
      PipelineEvent event) {
    return row(after.name()).isPresent()
        ? Future.succeededFuture(new WriteResult.DuplicateName())
        : update(source, before, after, event);
  }

  @Override
  public synchronized Future<WriteResult> recordProcess(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    PipelineRecord row = rows.get(before.id());
    if (row != null && row.deployment().process() != null) {
      return Future.succeededFuture(new WriteResult.ProcessTaken());
    }
    return update(guard, before, after, event);
  }

  @Override
  public synchronized Future<WriteResult> delete(Guard guard, PipelineRecord pipeline) {
    return attempt(
        () -> {
          PipelineRecord row = rows.get(pipeline.id());
          if (row == null) {
            return new WriteResult.RowGone();
          }
          if (row.revision() != pipeline.revision()) {
            return new WriteResult.RevisionMoved(row.revision());
          }
          rows.remove(pipeline.id());
          return new WriteResult.Committed(row.revision());
        });
  }

  @Override
  public synchronized Future<ReloadResult> reload(Guard guard, UUID tenantId, UUID id) {
    PipelineRecord row = rows.get(id);
    if (row == null) {
      return Future.succeededFuture(new ReloadResult.RowGone());
    }
    PipelineRecord raised = row.withRevision(row.revision() + 1);
    rows.put(id, raised);
    return Future.succeededFuture(new ReloadResult.Reloaded(raised));
  }

  @Override
  public Future<Void> loadShards(
      Collection<Integer> shards, Function<ShardPage, Future<Void>> page) {
    return loadShards(shards).compose(page);
  }

  @Override
  public synchronized Future<ShardPage> loadShards(Collection<Integer> shards) {
    return Future.succeededFuture(
        new ShardPage(
            rows.values().stream().filter(row -> shards.contains(row.shard())).toList(),
            List.of()));
  }

  @Override
  public synchronized Future<List<PipelineEvent>> events(
      UUID tenantId, UUID pipelineId, int limit) {
    return Future.succeededFuture(
        events.getOrDefault(pipelineId, new ArrayDeque<>()).stream().limit(limit).toList());
  }

  @Override
  public synchronized Future<Optional<PipelineEvent>> latestEvent(UUID tenantId, UUID pipelineId) {
    return events(tenantId, pipelineId, 1).map(list -> list.stream().findFirst());
  }

  @Override
  public synchronized Future<Optional<PipelineEvent>> event(
      UUID tenantId, UUID pipelineId, UUID eventId) {
    return events(tenantId, pipelineId, Integer.MAX_VALUE)
        .map(list -> list.stream().filter(e -> Objects.equals(e.eventId(), eventId)).findFirst());
  }

  @Override
  public Future<Integer> trimEvents(int retention) {
    return Future.succeededFuture(0);
  }

  @Override
  public synchronized Future<List<String>> names(UUID tenantId) {
    return Future.succeededFuture(rows.values().stream().map(PipelineRecord::name).toList());
  }
}
