package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.PartStatus;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** {@link ClusterEventStore} on PostgreSQL. */
final class PgClusterEventStore implements ClusterEventStore {
  private static final String COLUMNS =
      "id, recorded_at, api_status, api_self_info, api_resources_info, compiler_status,"
          + " compiler_self_info, compiler_resources_info, runner_status, runner_self_info,"
          + " runner_resources_info";

  /** The deletion does not see the row that the same statement inserts, hence one less is kept. */
  private static final String ADD =
      "WITH trimmed AS (DELETE FROM cluster_event WHERE recorded_at < $12"
          + " OR id IN (SELECT id FROM cluster_event ORDER BY recorded_at DESC, id DESC"
          + " OFFSET $13 - 1))"
          + " INSERT INTO cluster_event ("
          + COLUMNS
          + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";

  private static final String NEWEST =
      "SELECT " + COLUMNS + " FROM cluster_event ORDER BY recorded_at DESC, id DESC LIMIT $1";

  private static final String FIND = "SELECT " + COLUMNS + " FROM cluster_event WHERE id = $1";

  private final SqlClient client;
  private final Statements statements;

  PgClusterEventStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<Void> add(ClusterEvent event) {
    Tuple values =
        Tuple.tuple().addValue(event.id()).addValue(event.recordedAt().atOffset(ZoneOffset.UTC));
    for (ClusterEvent.Part part : List.of(event.api(), event.compiler(), event.runner())) {
      values.addValue(part.status().column());
      values.addValue(part.selfInfo());
      values.addValue(part.resourcesInfo());
    }
    values.addValue(event.recordedAt().minus(RETENTION).atOffset(ZoneOffset.UTC));
    values.addValue((long) MOST_EVENTS);
    return statements.write(client, "add_cluster_event", ADD, values, rows -> null, none -> false);
  }

  @Override
  public Future<List<ClusterEvent>> newestFirst() {
    return newest(MOST_EVENTS);
  }

  @Override
  public Future<Optional<ClusterEvent>> latest() {
    return newest(1).map(events -> events.stream().findFirst());
  }

  private Future<List<ClusterEvent>> newest(int limit) {
    return statements.read(
        client, "cluster_events", NEWEST, Tuple.of((long) limit), PgClusterEventStore::events);
  }

  @Override
  public Future<Optional<ClusterEvent>> find(UUID id) {
    return statements.read(
        client, "cluster_event", FIND, Tuple.of(id), rows -> events(rows).stream().findFirst());
  }

  private static List<ClusterEvent> events(RowSet<Row> rows) {
    List<ClusterEvent> events = new ArrayList<>(rows.size());
    for (Row row : rows) {
      events.add(
          new ClusterEvent(
              row.getUUID("id"),
              row.getOffsetDateTime("recorded_at").toInstant(),
              part(row, "api"),
              part(row, "compiler"),
              part(row, "runner")));
    }
    return events;
  }

  private static ClusterEvent.Part part(Row row, String name) {
    return new ClusterEvent.Part(
        PartStatus.ofColumn(row.getString(name + "_status")),
        row.getString(name + "_self_info"),
        row.getString(name + "_resources_info"));
  }
}
