package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Column.Part;
import io.weirkeeper.store.GuardedSql.Variant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/** {@link PipelineStore} on PostgreSQL. */
final class PgPipelineStore implements PipelineStore {
  private static final String NAME_CONSTRAINT = "pipeline_name_is_unique";
  private static final String KEY_CONSTRAINT = "pipeline_pkey";

  /** Pipelines remembered for trimming; more are remembered at their next event. */
  private static final int REMEMBERED_PIPELINES = 100_000;

  /** Pipelines trimmed by one statement. */
  private static final int TRIMMED_PIPELINES = 500;

  private static final String LOAD =
      "SELECT p.shard, "
          + PipelineTable.selected("p")
          // One shard only: with several the planner sorts all their rows again for each page.
          + " FROM pipeline p WHERE p.shard = $1 AND p.id > $2 ORDER BY p.id LIMIT $3";

  private static final String EVENTS =
      "SELECT "
          + EventTable.SELECTED
          + " FROM pipeline_event WHERE tenant_id = $1 AND pipeline_id = $2"
          + " ORDER BY revision DESC LIMIT $3";

  private static final String EVENT =
      "SELECT "
          + EventTable.SELECTED
          + " FROM pipeline_event WHERE tenant_id = $1 AND pipeline_id = $2 AND event_id = $3";

  private static final String TRIM =
      "WITH cut AS (SELECT k.tenant_id, k.pipeline_id, e.revision"
          + " FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, pipeline_id)"
          + " CROSS JOIN LATERAL (SELECT revision FROM pipeline_event"
          + " WHERE tenant_id = k.tenant_id AND pipeline_id = k.pipeline_id"
          + " ORDER BY revision DESC OFFSET $3 LIMIT 1) e)"
          + " DELETE FROM pipeline_event e USING cut WHERE e.tenant_id = cut.tenant_id"
          + " AND e.pipeline_id = cut.pipeline_id AND e.revision <= cut.revision";

  private static final String NAMES =
      "SELECT name FROM pipeline WHERE tenant_id = $1 ORDER BY name";

  private static final UUID BEFORE_ALL = new UUID(0, 0);

  private record Key(UUID tenantId, UUID pipelineId) {}

  private final SqlClient client;
  private final WriteBatches batches;
  private final Statements statements;
  private final SqlClient loading;
  private final Statements loads;
  private final Set<Key> gainedEvents = new LinkedHashSet<>();

  PgPipelineStore(
      WriteBatches batches,
      SqlClient client,
      Statements statements,
      SqlClient loading,
      Statements loads) {
    this.client = client;
    this.batches = batches;
    this.statements = statements;
    this.loading = loading;
    this.loads = loads;
  }

  @Override
  public Future<WriteResult> insert(Guard guard, PipelineRecord pipeline, PipelineEvent event) {
    requireShard(guard, pipeline);
    Tuple values = guardValues(guard);
    PipelineTable.columns().forEach(column -> values.addValue(column.value().apply(pipeline)));
    EventTable.add(values, event);
    return write("insert", GuardedSql.INSERT, guard, values)
        .recover(
            failure ->
                violates(failure, KEY_CONSTRAINT)
                    ? alreadyInserted(guard, pipeline)
                    : duplicateName(failure))
        .onSuccess(result -> remember(result, pipeline, event));
  }

  /** The id is taken, so an earlier attempt with the same record has committed. */
  private Future<WriteResult> alreadyInserted(Guard guard, PipelineRecord pipeline) {
    return reload(guard, pipeline.tenantId(), pipeline.id())
        .map(
            result -> {
              if (result instanceof ReloadResult.Reloaded reloaded) {
                return new WriteResult.Committed(reloaded.pipeline().revision());
              }
              return result instanceof ReloadResult.NotOwner
                  ? new WriteResult.NotOwner()
                  : new WriteResult.RowGone();
            });
  }

  @Override
  public Future<WriteResult> update(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    requireSameName(before, after);
    return update(Variant.UPDATE, guard, null, before, after, event);
  }

  @Override
  public Future<WriteResult> rename(
      Guard source,
      Guard destination,
      PipelineRecord before,
      PipelineRecord after,
      PipelineEvent event) {
    requireShard(destination, after);
    return update(Variant.RENAME, source, destination, before, after, event)
        .recover(PgPipelineStore::duplicateName);
  }

  @Override
  public Future<WriteResult> recordProcess(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event) {
    requireSameName(before, after);
    if (after.deployment().process() == null) {
      throw new IllegalArgumentException("There is no process to record for " + after.id());
    }
    return update(Variant.RECORD_PROCESS, guard, null, before, after, event);
  }

  private Future<WriteResult> update(
      Variant variant,
      Guard guard,
      Guard destination,
      PipelineRecord before,
      PipelineRecord after,
      PipelineEvent event) {
    requireShard(guard, before);
    if (!before.tenantId().equals(after.tenantId()) || !before.id().equals(after.id())) {
      throw new IllegalArgumentException(
          "Records of different pipelines: " + before.id() + " and " + after.id());
    }
    EnumSet<Part> parts = GuardedSql.changes(before, after);
    Tuple values = guardValues(guard);
    if (destination != null) {
      addGuard(values, destination);
    }
    values.addValue(before.tenantId()).addValue(before.id()).addValue(before.revision());
    if (variant == Variant.RECORD_PROCESS) {
      values.addValue(before.deployment().number()).addValue(before.deployment().id());
    }
    GuardedSql.columns(parts).forEach(column -> values.addValue(column.value().apply(after)));
    if (event != null) {
      EventTable.add(values, event);
    }
    String sql = GuardedSql.update(variant, parts, event != null);
    String kind =
        switch (variant) {
          case UPDATE -> "update";
          case RENAME -> "rename";
          case RECORD_PROCESS -> "record_process";
        };
    return write(kind, sql, guard, values).onSuccess(result -> remember(result, after, event));
  }

  @Override
  public Future<WriteResult> delete(Guard guard, PipelineRecord pipeline) {
    requireShard(guard, pipeline);
    Tuple values =
        guardValues(guard)
            .addValue(pipeline.tenantId())
            .addValue(pipeline.id())
            .addValue(pipeline.revision());
    return write("delete", GuardedSql.DELETE, guard, values);
  }

  @Override
  public Future<ReloadResult> reload(Guard guard, UUID tenantId, UUID id) {
    return statements.write(
        client,
        "reload",
        GuardedSql.RELOAD,
        guardValues(guard).addValue(tenantId).addValue(id),
        rows -> {
          Row row = rows.iterator().next();
          if (!row.getBoolean(0)) {
            return new ReloadResult.NotOwner();
          }
          return row.getLong(1) == null
              ? new ReloadResult.RowGone()
              : new ReloadResult.Reloaded(PipelineTable.read(row, 1));
        },
        result -> !(result instanceof ReloadResult.Reloaded));
  }

  private Future<WriteResult> write(String kind, String sql, Guard guard, Tuple values) {
    return statements.write(
        batches,
        kind,
        sql,
        guard.shard(),
        values,
        PgPipelineStore::outcome,
        result -> !result.isCommitted());
  }

  private static WriteResult outcome(Row row) {
    Long committed = row.getLong("committed");
    if (committed != null) {
      return new WriteResult.Committed(committed);
    }
    if (!row.getBoolean("owned")) {
      return new WriteResult.NotOwner();
    }
    if (row.getBoolean("taken")) {
      return new WriteResult.ProcessTaken();
    }
    Long current = row.getLong("current");
    return current == null ? new WriteResult.RowGone() : new WriteResult.RevisionMoved(current);
  }

  @Override
  public Future<Void> loadShards(
      Collection<Integer> shards, Function<ShardPage, Future<Void>> page) {
    if (shards.isEmpty()) {
      return Future.succeededFuture();
    }
    Iterator<Integer> left = List.copyOf(shards).iterator();
    int first = left.next();
    return readAfter(first, BEFORE_ALL).compose(rows -> handOver(first, left, rows, page));
  }

  /** Hands a page over, and reads the next one meanwhile: never more than one in advance. */
  private Future<Void> handOver(
      int shard, Iterator<Integer> left, RowSet<Row> rows, Function<ShardPage, Future<Void>> page) {
    List<PipelineRecord> readable = new ArrayList<>();
    List<UnreadableRow> unreadable = new ArrayList<>();
    UUID last = BEFORE_ALL;
    for (Row row : rows) {
      last = row.getUUID("id");
      read(row, readable, unreadable);
    }
    boolean more = rows.size() == PAGE_ROWS;
    Future<Void> taken =
        rows.size() == 0
            ? Future.succeededFuture()
            : page.apply(new ShardPage(readable, unreadable));
    if (!more && !left.hasNext()) {
      return taken;
    }
    int nextShard = more ? shard : left.next();
    Future<RowSet<Row>> next = readAfter(nextShard, more ? last : BEFORE_ALL);
    return taken
        .compose(done -> next)
        .compose(following -> handOver(nextShard, left, following, page));
  }

  private Future<RowSet<Row>> readAfter(int shard, UUID id) {
    return loads.read(loading, "load_shards", LOAD, Tuple.of(shard, id, PAGE_ROWS), rows -> rows);
  }

  private static void read(Row row, List<PipelineRecord> readable, List<UnreadableRow> unreadable) {
    try {
      readable.add(PipelineTable.read(row, 1));
    } catch (RuntimeException e) {
      unreadable.add(
          new UnreadableRow(
              row.getUUID("tenant_id"),
              row.getUUID("id"),
              row.getInteger(0),
              row.getString("name"),
              String.valueOf(e.getMessage())));
    }
  }

  @Override
  public Future<ShardPage> loadShards(Collection<Integer> shards) {
    List<PipelineRecord> readable = new ArrayList<>();
    List<UnreadableRow> unreadable = new ArrayList<>();
    return loadShards(
            shards,
            page -> {
              readable.addAll(page.pipelines());
              unreadable.addAll(page.unreadable());
              return Future.succeededFuture();
            })
        .map(done -> new ShardPage(readable, unreadable));
  }

  @Override
  public Future<List<PipelineEvent>> events(UUID tenantId, UUID pipelineId, int limit) {
    return statements.read(
        client,
        "events",
        EVENTS,
        Tuple.of(tenantId, pipelineId, (long) limit),
        rows -> {
          List<PipelineEvent> events = new ArrayList<>(rows.size());
          rows.forEach(row -> events.add(EventTable.read(row)));
          return events;
        });
  }

  @Override
  public Future<Optional<PipelineEvent>> latestEvent(UUID tenantId, UUID pipelineId) {
    return events(tenantId, pipelineId, 1).map(events -> events.stream().findFirst());
  }

  @Override
  public Future<Optional<PipelineEvent>> event(UUID tenantId, UUID pipelineId, UUID eventId) {
    return statements.read(
        client,
        "event",
        EVENT,
        Tuple.of(tenantId, pipelineId, eventId),
        rows ->
            rows.size() == 0
                ? Optional.empty()
                : Optional.of(EventTable.read(rows.iterator().next())));
  }

  @Override
  public Future<Integer> trimEvents(int retention) {
    List<Key> keys = takeRemembered();
    if (keys.isEmpty()) {
      return Future.succeededFuture(0);
    }
    UUID[] tenants = keys.stream().map(Key::tenantId).toArray(UUID[]::new);
    UUID[] pipelines = keys.stream().map(Key::pipelineId).toArray(UUID[]::new);
    return statements
        .write(
            client,
            "trim_events",
            TRIM,
            Tuple.tuple().addValue(tenants).addValue(pipelines).addValue((long) retention),
            RowSet::rowCount,
            count -> false)
        .onFailure(
            failure -> {
              synchronized (gainedEvents) {
                gainedEvents.addAll(keys);
              }
            });
  }

  @Override
  public Future<List<String>> names(UUID tenantId) {
    return statements.read(
        client,
        "names",
        NAMES,
        Tuple.of(tenantId),
        rows -> {
          List<String> names = new ArrayList<>(rows.size());
          rows.forEach(row -> names.add(row.getString(0)));
          return names;
        });
  }

  private void remember(WriteResult result, PipelineRecord pipeline, PipelineEvent event) {
    if (event == null || !result.isCommitted()) {
      return;
    }
    synchronized (gainedEvents) {
      if (gainedEvents.size() < REMEMBERED_PIPELINES) {
        gainedEvents.add(new Key(pipeline.tenantId(), pipeline.id()));
      }
    }
  }

  private List<Key> takeRemembered() {
    List<Key> keys = new ArrayList<>();
    synchronized (gainedEvents) {
      Iterator<Key> all = gainedEvents.iterator();
      while (all.hasNext() && keys.size() < TRIMMED_PIPELINES) {
        keys.add(all.next());
        all.remove();
      }
    }
    return keys;
  }

  private static Tuple guardValues(Guard guard) {
    Tuple values = Tuple.tuple();
    addGuard(values, guard);
    return values;
  }

  private static void addGuard(Tuple values, Guard guard) {
    values.addValue(guard.shard()).addValue(guard.epoch()).addValue(guard.owner());
  }

  private static Future<WriteResult> duplicateName(Throwable failure) {
    return violates(failure, NAME_CONSTRAINT)
        ? Future.succeededFuture(new WriteResult.DuplicateName())
        : Future.failedFuture(failure);
  }

  private static boolean violates(Throwable failure, String constraint) {
    return failure.getCause() instanceof PgException error
        && constraint.equals(error.getConstraint());
  }

  private static void requireShard(Guard guard, PipelineRecord pipeline) {
    if (guard.shard() != pipeline.shard()) {
      throw new IllegalArgumentException(
          "The guard is of shard "
              + guard.shard()
              + ", but pipeline "
              + pipeline.id()
              + " is of shard "
              + pipeline.shard());
    }
  }

  private static void requireSameName(PipelineRecord before, PipelineRecord after) {
    if (!before.name().equals(after.name()) || before.shard() != after.shard()) {
      throw new IllegalArgumentException(
          "Pipeline " + before.id() + " would get another name or shard: use rename");
    }
  }
}
