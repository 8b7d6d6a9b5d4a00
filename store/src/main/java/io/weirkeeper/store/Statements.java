package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.core.VertxException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs prepared statements, tells failures apart and reports each to the observer. */
final class Statements {
  /** A text with a NUL character reached the server: in text, and inside a JSON document. */
  private static final String INVALID_BYTES = "22021";

  private static final String UNTRANSLATABLE = "22P05";
  private static final String LOCK_TIMEOUT = "55P03";
  private static final String QUERY_CANCELED = "57014";

  private final StoreObserver observer;
  private final Duration answerTimeout;

  Statements(StoreObserver observer, Duration answerTimeout) {
    this.observer = observer;
    this.answerTimeout = answerTimeout;
  }

  /** Runs a statement that changes nothing, so that a failure of any kind is without effect. */
  <T> Future<T> read(
      SqlClient client, String kind, String sql, Tuple values, Function<RowSet<Row>, T> result) {
    return run(kind, false, () -> client.preparedQuery(sql).execute(values), result, any -> false);
  }

  /**
   * Runs a write.
   *
   * @param refused whether a result means that nothing was written
   */
  <T> Future<T> write(
      SqlClient client,
      String kind,
      String sql,
      Tuple values,
      Function<RowSet<Row>, T> result,
      Function<T, Boolean> refused) {
    return run(kind, true, () -> client.preparedQuery(sql).execute(values), result, refused);
  }

  /**
   * Runs a write that answers with one row and may share its transaction with others.
   *
   * @param shard see {@link WriteBatches#execute}
   * @param refused whether a result means that nothing was written
   */
  <T> Future<T> write(
      WriteBatches batches,
      String kind,
      String sql,
      int shard,
      Tuple values,
      Function<Row, T> result,
      Function<T, Boolean> refused) {
    return run(kind, true, () -> batches.execute(sql, shard, values), result, refused);
  }

  private <R, T> Future<T> run(
      String kind,
      boolean writes,
      Supplier<Future<R>> statement,
      Function<R, T> result,
      Function<T, Boolean> refused) {
    long start = System.nanoTime();
    return statement
        .get()
        .timeout(answerTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .map(result)
        .onSuccess(
            value ->
                observer.statement(
                    kind,
                    System.nanoTime() - start,
                    refused.apply(value)
                        ? StoreObserver.Outcome.REFUSED
                        : StoreObserver.Outcome.OK))
        .recover(
            failure -> {
              RuntimeException told = classify(kind, writes, failure);
              observer.statement(
                  kind,
                  System.nanoTime() - start,
                  told instanceof OutcomeUnknownException
                      ? StoreObserver.Outcome.UNKNOWN
                      : StoreObserver.Outcome.FAILED);
              return Future.failedFuture(told);
            });
  }

  private static RuntimeException classify(String kind, boolean writes, Throwable failure) {
    if (failure instanceof StoreException known) {
      return known;
    }
    if (failure instanceof PgException error) {
      return classify(kind, writes, error);
    }
    if (!writes || neverSent(failure)) {
      return new StoreException(
          StoreException.Reason.UNAVAILABLE,
          "PostgreSQL did not answer '" + kind + "': " + failure,
          failure);
    }
    // Whatever else goes wrong may have gone wrong after the statement was sent.
    return new OutcomeUnknownException(kind, failure);
  }

  private static boolean neverSent(Throwable failure) {
    return failure instanceof ConnectException
        || failure instanceof UnknownHostException
        || failure instanceof ConnectionPoolTooBusyException
        || wasNotAccepted(failure);
  }

  /**
   * Whether the pool gave a connection that had just closed, which refused the statement before
   * anything was sent. The client tells it by its text alone; a text that this does not know counts
   * as sent.
   */
  static boolean wasNotAccepted(Throwable failure) {
    return failure.getClass() == VertxException.class
        && String.valueOf(failure.getMessage()).startsWith("Connection is not active now");
  }

  private static RuntimeException classify(String kind, boolean writes, PgException error) {
    String state = String.valueOf(error.getSqlState());
    // A session that is ended may have been ended between its commit and its answer.
    boolean sessionEnded =
        "FATAL".equals(error.getSeverity()) || "PANIC".equals(error.getSeverity());
    // 28: the connection was never let in; 53: there are too many.
    boolean neverBegan = state.startsWith("28") || state.startsWith("53");
    if (sessionEnded && writes && !neverBegan) {
      return new OutcomeUnknownException(kind, error);
    }
    StoreException.Reason reason;
    if (state.equals(INVALID_BYTES) || state.equals(UNTRANSLATABLE)) {
      reason = StoreException.Reason.NUL_CHARACTER;
    } else if (state.equals(LOCK_TIMEOUT) || state.equals(QUERY_CANCELED)) {
      reason = StoreException.Reason.TIMED_OUT;
    } else if (state.startsWith("22") || state.startsWith("23") || state.startsWith("54")) {
      reason = StoreException.Reason.INVALID_VALUE;
    } else if (sessionEnded || neverBegan || state.startsWith("57") || state.startsWith("08")) {
      reason = StoreException.Reason.UNAVAILABLE;
    } else {
      reason = StoreException.Reason.FAILED;
    }
    // Neither the detail nor the message: both may quote values of the row.
    String where = error.getConstraint() == null ? "" : ", constraint " + error.getConstraint();
    return new StoreException(
        reason, "PostgreSQL refused '" + kind + "' with SQLSTATE " + state + where, error);
  }
}
