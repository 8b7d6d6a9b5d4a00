package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets single-row writes of the same text share a transaction, and so a sync of the disk: what
 * arrives while earlier batches are under way goes out together. A write that finds nobody before
 * it leaves at once, alone.
 *
 * <p>The rows of a batch are statements between two syncs of the protocol, which PostgreSQL runs in
 * one implicit transaction. When it refuses one of them, all are undone, and each is then run by
 * itself, so that a row never fails for its neighbour. When the connection breaks, the outcome of
 * all is unknown. Thread-safe; a result arrives on the context of its caller.
 */
final class WriteBatches {
  /** Rows of one batch. */
  static final int MAX_ROWS = 64;

  /** Text in one batch, in characters; a row that is longer goes alone. */
  static final long MAX_CHARACTERS = 1 << 20;

  /** Batches of one text under way: one syncs while the next is collected and executed. */
  static final int MAX_UNDER_WAY = 2;

  /** How often a batch is handed to the pool when it keeps giving connections that just closed. */
  static final int ATTEMPTS = 3;

  /** Rows that wait; beyond, the pool's own queue is the limit. */
  static final int MAX_WAITING = 20_000;

  private final Vertx vertx;
  private final SqlClient client;
  private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

  WriteBatches(Vertx vertx, SqlClient client) {
    this.vertx = vertx;
    this.client = client;
  }

  private record Write(int shard, Tuple values, long characters, CompletableFuture<Row> row) {}

  /**
   * Runs a statement that answers with exactly one row.
   *
   * @param sql its text, one of a bounded number
   * @param shard first row that it locks; a batch locks them in ascending order, as claims do
   * @return the row; fails as the statement would by itself
   */
  Future<Row> execute(String sql, int shard, Tuple values) {
    CompletableFuture<Row> row = new CompletableFuture<>();
    Lane lane = lanes.computeIfAbsent(sql, Lane::new);
    if (!lane.offer(new Write(shard, values, characters(values), row))) {
      return Future.failedFuture(
          new StoreException(
              StoreException.Reason.UNAVAILABLE,
              "More than " + MAX_WAITING + " writes wait for PostgreSQL",
              null));
    }
    return Future.fromCompletionStage(row, vertx.getOrCreateContext());
  }

  private static long characters(Tuple values) {
    long sum = 0;
    for (int i = 0; i < values.size(); i++) {
      if (values.getValue(i) instanceof String text) {
        sum += text.length();
      }
    }
    return sum;
  }

  /** The writes of one text. */
  private final class Lane {
    private final String sql;
    private final Deque<Write> waiting = new ArrayDeque<>();
    private int underWay;

    Lane(String sql) {
      this.sql = sql;
    }

    boolean offer(Write write) {
      synchronized (this) {
        if (waiting.size() >= MAX_WAITING) {
          return false;
        }
        waiting.add(write);
      }
      next();
      return true;
    }

    private void next() {
      List<Write> batch;
      synchronized (this) {
        if (underWay >= MAX_UNDER_WAY || waiting.isEmpty()) {
          return;
        }
        batch = take();
        underWay++;
      }
      send(batch, ATTEMPTS);
    }

    private List<Write> take() {
      List<Write> batch = new ArrayList<>();
      long characters = 0;
      while (!waiting.isEmpty() && batch.size() < MAX_ROWS) {
        characters += waiting.peek().characters();
        if (!batch.isEmpty() && characters > MAX_CHARACTERS) {
          break;
        }
        batch.add(waiting.remove());
      }
      batch.sort(Comparator.comparingInt(Write::shard));
      return batch;
    }

    private void send(List<Write> batch, int attempts) {
      client
          .preparedQuery(sql)
          .executeBatch(batch.stream().map(Write::values).toList())
          .onComplete(
              rows -> {
                distribute(batch, rows);
                ended();
              },
              failure -> {
                if (attempts > 1 && Statements.wasNotAccepted(failure)) {
                  vertx.runOnContext(later -> send(batch, attempts - 1));
                } else if (batch.size() > 1 && isUndone(failure)) {
                  alone(batch, 0);
                } else {
                  batch.forEach(write -> write.row().completeExceptionally(failure));
                  ended();
                }
              });
    }

    /** Runs the rows of a batch that was undone, one after the other. */
    private void alone(List<Write> batch, int from) {
      if (from == batch.size()) {
        ended();
        return;
      }
      Write write = batch.get(from);
      client
          .preparedQuery(sql)
          .execute(write.values())
          .onComplete(
              rows -> write.row().complete(rows.iterator().next()),
              failure -> write.row().completeExceptionally(failure))
          .onComplete(done -> alone(batch, from + 1));
    }

    private void ended() {
      synchronized (this) {
        underWay--;
      }
      next();
    }
  }

  private static void distribute(List<Write> batch, RowSet<Row> rows) {
    RowSet<Row> each = rows;
    for (Write write : batch) {
      write.row().complete(each.iterator().next());
      each = each.next();
    }
  }

  /** Whether the server said that it refused the transaction and lives on. */
  private static boolean isUndone(Throwable failure) {
    return failure instanceof PgException error && "ERROR".equals(error.getSeverity());
  }
}
