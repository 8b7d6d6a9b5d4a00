package io.weirkeeper.store;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets single-row writes of the same text share a transaction, and so a sync of the disk: what
 * arrives while earlier batches are under way goes out together. A write that finds nobody before
 * it leaves at once, alone.
 *
 * <p>The rows of a batch are statements between two syncs of the protocol, which PostgreSQL runs in
 * one implicit transaction. When it refuses one of them, all are undone, and each is then run by
 * itself, so that a row never fails for its neighbour. When the connection breaks, the outcome of
 * all is unknown.
 *
 * <p>Thread-safe; a result arrives on the context of its caller. Batches themselves are sent and
 * received on a context of their own: a caller may be a verticle that ends with its row, and what
 * waits behind it must not end with it.
 */
final class WriteBatches {
  /** Rows of one batch. */
  static final int MAX_ROWS = 64;

  /** Text in one batch, in characters; a row that is longer goes alone. */
  static final long MAX_CHARACTERS = 1 << 20;

  /**
   * Batches of one text under way. What arrives meanwhile makes the next one larger: two at a time
   * gave a tenth less, because each has a sync of its own.
   */
  static final int MAX_UNDER_WAY = 1;

  /** How often a batch is handed to the pool when it keeps giving connections that just closed. */
  static final int ATTEMPTS = 3;

  private final Vertx vertx;
  private final SqlClient client;
  private final int maxWaiting;
  private final Context context;
  private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

  /**
   * Batches on the present context, which must outlive them; outside of one, on a new one.
   *
   * @param maxWaiting rows of one text that may wait; more fail at once
   */
  WriteBatches(Vertx vertx, SqlClient client, int maxWaiting) {
    this.vertx = vertx;
    this.client = client;
    this.maxWaiting = maxWaiting;
    this.context = vertx.getOrCreateContext();
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
              "More than " + maxWaiting + " writes wait for PostgreSQL",
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

  /** The writes of one text; all but {@link #offer} runs on the context. */
  private final class Lane {
    private final String sql;
    private final Queue<Write> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger length = new AtomicInteger();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private int underWay;

    Lane(String sql) {
      this.sql = sql;
    }

    boolean offer(Write write) {
      if (length.incrementAndGet() > maxWaiting) {
        length.decrementAndGet();
        return false;
      }
      waiting.add(write);
      if (scheduled.compareAndSet(false, true)) {
        context.runOnContext(now -> next());
      }
      return true;
    }

    private void next() {
      // Cleared first: what is added from here on schedules the next look.
      scheduled.set(false);
      while (underWay < MAX_UNDER_WAY && !waiting.isEmpty()) {
        underWay++;
        send(take(), ATTEMPTS);
      }
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
      length.addAndGet(-batch.size());
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
                  context.runOnContext(later -> send(batch, attempts - 1));
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
      underWay--;
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
