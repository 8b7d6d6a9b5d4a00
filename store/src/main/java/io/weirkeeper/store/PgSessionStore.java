package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** {@link SessionStore} on PostgreSQL. */
final class PgSessionStore implements SessionStore {
  /** Rows of fenced nodes are kept this long, for people to look at. */
  private static final String REGISTER =
      "WITH old AS (DELETE FROM node n WHERE n.fenced AND n.started_at < now() - interval '7 days'"
          + " AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.owner = n.incarnation))"
          + " INSERT INTO node (incarnation, node_name, address, host_id, boot_id, version)"
          + " VALUES ($1, $2, $3, $4, $5, $6)";

  /** Fences, and ends the sessions of the fenced: they could hold locks that claims wait for. */
  private static final String FENCE_PREDECESSORS =
      "WITH f AS (UPDATE node SET fenced = true"
          + " WHERE host_id = $1 AND incarnation <> $2 AND NOT fenced RETURNING incarnation),"
          + " t AS MATERIALIZED (SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a"
          + " JOIN f ON a.application_name = f.incarnation::text)"
          + " SELECT (SELECT count(*) FROM f), (SELECT count(*) FROM t)";

  private static final String FENCE =
      "WITH me AS (SELECT 1 FROM node WHERE incarnation = $3 AND NOT fenced),"
          + " f AS (UPDATE node n SET fenced = true FROM me WHERE n.incarnation = $1"
          + " AND n.renewals = $2 AND NOT n.fenced RETURNING n.incarnation),"
          + " t AS MATERIALIZED (SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a"
          + " JOIN f ON a.application_name = f.incarnation::text)"
          + " SELECT (SELECT count(*) FROM f), (SELECT count(*) FROM t)";

  private static final String RENEW =
      "WITH r AS (UPDATE node SET renewals = renewals + 1"
          + " WHERE incarnation = $1 AND NOT fenced RETURNING 1)"
          + " SELECT NULL::uuid AS incarnation, NULL::text AS node_name, NULL::text AS address,"
          + " NULL::text AS host_id, NULL::bigint AS renewals, EXISTS (SELECT 1 FROM r) AS flag,"
          + " NULL::boolean AS draining, NULL::text AS version, NULL::integer AS shard,"
          + " NULL::bigint AS epoch, NULL::uuid AS handoff_to, t.id AS system, t.line AS line"
          + " FROM ("
          + Database.TIMELINE
          + ") AS t"
          + " UNION ALL SELECT incarnation, node_name, address, host_id, renewals, fenced, draining,"
          + " version, NULL, NULL, NULL, NULL, NULL FROM node"
          + " WHERE NOT fenced OR incarnation IN (SELECT owner FROM shard)"
          + " UNION ALL (SELECT owner, NULL, NULL, NULL, NULL, NULL, NULL, NULL, id, epoch,"
          + " handoff_to, NULL, NULL FROM shard ORDER BY id)";

  private static final String CLAIM =
      "UPDATE shard s SET owner = $2, epoch = s.epoch + 1, handoff_to = NULL WHERE s.id = $1"
          + " AND EXISTS (SELECT 1 FROM node me WHERE me.incarnation = $2 AND NOT me.fenced)"
          + " AND (s.owner IS NULL OR s.owner = $2 OR s.handoff_to = $2"
          + " OR EXISTS (SELECT 1 FROM node n WHERE n.incarnation = s.owner AND n.fenced))"
          + " RETURNING s.epoch";

  private static final String OFFER =
      "UPDATE shard SET handoff_to = $4 WHERE id = $1 AND epoch = $2 AND owner = $3";
  private static final String DRAIN = "UPDATE node SET draining = true WHERE incarnation = $1";
  private static final String LEAVE = "UPDATE node SET fenced = true WHERE incarnation = $1";

  private final SqlClient client;
  private final Statements statements;
  private final Statements renewals;
  private final Supplier<Future<SqlConnection>> connect;

  /** The connection for renewals; replaced after a failure. */
  private Future<SqlConnection> dedicated;

  PgSessionStore(
      SqlClient client,
      Statements statements,
      Statements renewals,
      Supplier<Future<SqlConnection>> connect) {
    this.client = client;
    this.statements = statements;
    this.renewals = renewals;
    this.connect = connect;
  }

  @Override
  public Future<Void> register(NodeRegistration node) {
    return statements.write(
        client,
        "register",
        REGISTER,
        Tuple.of(
            node.incarnation(),
            node.nodeName(),
            node.address(),
            node.hostId(),
            node.bootId(),
            node.version()),
        rows -> null,
        nothing -> false);
  }

  @Override
  public Future<Integer> fencePredecessors(NodeRegistration self) {
    return statements.write(
        client,
        "fence_predecessors",
        FENCE_PREDECESSORS,
        Tuple.of(self.hostId(), self.incarnation()),
        rows -> rows.iterator().next().getInteger(0),
        count -> false);
  }

  @Override
  public Future<SessionPoll> renew(UUID incarnation) {
    Future<SqlConnection> connection = connection();
    return connection
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof StoreException
                        ? failure
                        : new StoreException(
                            StoreException.Reason.UNAVAILABLE,
                            "No connection for the session's renewal: " + failure,
                            failure)))
        .compose(
            open ->
                renewals.write(
                    open,
                    "renew",
                    RENEW,
                    Tuple.of(incarnation),
                    PgSessionStore::poll,
                    poll -> !poll.renewed()))
        .onFailure(failure -> drop(connection));
  }

  private synchronized Future<SqlConnection> connection() {
    if (dedicated == null) {
      Promise<SqlConnection> promise = Promise.promise();
      dedicated = promise.future();
      connect.get().onComplete(promise);
    }
    return dedicated;
  }

  private synchronized void drop(Future<SqlConnection> connection) {
    if (dedicated == connection) {
      dedicated = null;
      // It failed already; what closing it says is of no use.
      connection.onSuccess(SqlConnection::close);
    }
  }

  /** Closes the connection for renewals. */
  Future<Void> close() {
    Future<SqlConnection> open;
    synchronized (this) {
      open = dedicated;
      dedicated = null;
    }
    return open == null
        ? Future.succeededFuture()
        : open.compose(SqlConnection::close).otherwiseEmpty();
  }

  private static SessionPoll poll(RowSet<Row> rows) {
    boolean renewed = false;
    Timeline timeline = null;
    List<NodeRow> nodes = new ArrayList<>();
    List<ShardRow> shards = new ArrayList<>();
    for (Row row : rows) {
      if (row.getString("system") != null) {
        renewed = row.getBoolean("flag");
        timeline = new Timeline(row.getString("system"), row.getLong("line"));
      } else if (row.getInteger("shard") != null) {
        shards.add(
            new ShardRow(
                row.getInteger("shard"),
                row.getUUID("incarnation"),
                row.getLong("epoch"),
                row.getUUID("handoff_to")));
      } else {
        nodes.add(
            new NodeRow(
                row.getUUID("incarnation"),
                row.getString("node_name"),
                row.getString("address"),
                row.getString("host_id"),
                row.getLong("renewals"),
                row.getBoolean("flag"),
                row.getBoolean("draining"),
                row.getString("version")));
      }
    }
    return new SessionPoll(renewed, nodes, shards, timeline);
  }

  @Override
  public Future<Optional<Guard>> claim(int shard, UUID incarnation) {
    return statements.write(
        client,
        "claim",
        CLAIM,
        Tuple.of(shard, incarnation),
        rows ->
            rows.size() == 0
                ? Optional.empty()
                : Optional.of(new Guard(shard, rows.iterator().next().getLong(0), incarnation)),
        Optional::isEmpty);
  }

  @Override
  public Future<Boolean> fence(UUID victim, long seenRenewals, UUID self) {
    return statements.write(
        client,
        "fence",
        FENCE,
        Tuple.of(victim, seenRenewals, self),
        rows -> rows.iterator().next().getInteger(0) == 1,
        done -> !done);
  }

  @Override
  public Future<Boolean> offer(Guard guard, UUID to) {
    return statements.write(
        client,
        "offer",
        OFFER,
        Tuple.tuple()
            .addValue(guard.shard())
            .addValue(guard.epoch())
            .addValue(guard.owner())
            .addValue(to),
        rows -> rows.rowCount() == 1,
        done -> !done);
  }

  @Override
  public Future<Void> drain(UUID incarnation) {
    return statements.write(
        client, "drain", DRAIN, Tuple.of(incarnation), rows -> null, nothing -> false);
  }

  @Override
  public Future<Void> leave(UUID incarnation) {
    return statements.write(
        client, "leave", LEAVE, Tuple.of(incarnation), rows -> null, nothing -> false);
  }
}
