package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * An ordered way into one table: the changes of an endpoint are applied in the order in which they
 * were put, and its counters are what completion tokens count (spec: pipeline-protocol §4.3). All
 * methods may be called from any thread. When the dataflow has failed or is closed, {@code put} and
 * {@code offer} throw {@link DataflowException} and open futures fail with it.
 *
 * <p>What a change means (spec: pipeline-protocol §4.1): with a primary key an insert replaces the
 * row of that key; deletes and updates of a key that isn't there do nothing. A table without a
 * primary key is a multiset: an insert adds one copy, a delete removes one copy, and a delete of a
 * row of which no copy is there does nothing (it is counted in {@link
 * StepCounters#ignoredDeletes}); so no row ever has a negative count.
 */
public interface InputEndpoint extends AutoCloseable {

  /** Name given at {@link Dataflow#openInput}, for example {@code table.api-ingress-7f}. */
  String name();

  /** Its number in the dataflow; kept when the dataflow is restored. */
  int id();

  /**
   * The position after everything that is queued: where a source goes on when its dataflow has been
   * restored. Empty for endpoints without positions.
   */
  Optional<JsonNode> queuedPosition();

  /**
   * Completes when everything queued so far would survive a crash: at once without a log ({@link
   * StepLog}), else with the log's next sync.
   */
  CompletableFuture<Void> durable();

  /** The table that the endpoint feeds. */
  Relation table();

  /**
   * Queues changes and returns when all of them are queued, in slices if need be. Waits while the
   * endpoint holds {@link InputLimits#maxQueuedRecords} records.
   *
   * @param changes in order; checked before any of them is queued
   * @param bytes size of their source text, for the counters
   * @param whilePaused whether these changes are processed even while the pipeline is paused (the
   *     {@code force} of ingress, ad-hoc INSERT); queued changes before them are too, since order
   *     is kept
   * @throws IllegalArgumentException if a row does not fit the table: wrong number of fields, NULL
   *     in a NOT NULL column, an UPDATE without a primary key, a value of the wrong class
   * @throws InterruptedException if interrupted while waiting; some slices may have been queued
   */
  void put(List<Change> changes, long bytes, boolean whilePaused) throws InterruptedException;

  /** {@link #put(List, long, boolean)}, held while the pipeline is paused. */
  default void put(List<Change> changes, long bytes) throws InterruptedException {
    put(changes, bytes, false);
  }

  /**
   * Queues all the changes or none of them, waiting for room for at most {@code patience}.
   *
   * @return whether they were queued
   * @throws IllegalArgumentException as {@link #put}, and if there are more than {@link
   *     InputLimits#maxQueuedRecords} changes
   */
  boolean offer(List<Change> changes, long bytes, boolean whilePaused, Duration patience)
      throws InterruptedException;

  /**
   * Queues a batch of a source that can be read again, with the position after it. Waits while the
   * endpoint holds {@link InputLimits#maxQueuedRecords} records or {@link
   * InputLimits#maxQueuedBytes} bytes; the batch that reaches a bound may pass it. A batch is never
   * divided between two steps, so after each step the rows consumed are exactly those before {@link
   * #position}.
   *
   * @param changes in order; may be empty, when the source has moved past what holds no rows
   * @param after where a source that is opened there would go on: any JSON value, opaque here. It
   *     must determine the rows that follow
   * @throws IllegalArgumentException as {@link #put}
   */
  void putBatch(List<Change> changes, long bytes, JsonNode after) throws InterruptedException;

  /**
   * As {@link #putBatch}, but waits for room for at most {@code patience}.
   *
   * @return whether the batch was queued
   */
  boolean offerBatch(List<Change> changes, long bytes, JsonNode after, Duration patience)
      throws InterruptedException;

  /**
   * The position after the last batch whose step has run; the one given at {@link
   * Dataflow#openInput(String, String, InputLimits, JsonNode)} before; empty for endpoints without
   * positions. It goes with the state of the dataflow only when read between steps: {@link
   * StepController#positions}.
   */
  Optional<JsonNode> position();

  /** What is known of the last batch whose step is complete; empty before the first. */
  Optional<Frontier> frontier();

  /**
   * A batch that has been processed and delivered (spec: connectors §4.8). Times are milliseconds
   * since the epoch.
   *
   * @param position where the source stands after the batch
   * @param ingestedAtMillis when it was queued
   * @param processedAtMillis when Flink had processed it
   * @param completedAtMillis when its effect had been delivered
   */
  record Frontier(
      JsonNode position, long ingestedAtMillis, long processedAtMillis, long completedAtMillis) {}

  /** Records queued so far, ever; a completion token holds this number. */
  long totalRecords();

  /** Bytes queued so far, ever. */
  long totalBytes();

  /** Records that wait for a step. */
  long bufferedRecords();

  /** Bytes that wait for a step. */
  long bufferedBytes();

  /** Records whose effect has been delivered to all outputs. */
  long completedRecords();

  /** Whether the first {@code recordCount} records have been processed and delivered. */
  boolean isComplete(long recordCount);

  /**
   * Completes when the first {@code recordCount} records have been processed and delivered to the
   * store and by every listener. Completed on the step thread or that of an output: do no long work
   * in it.
   */
  CompletableFuture<Void> whenComplete(long recordCount);

  /** Ends the endpoint: later puts fail; what is queued is still processed. */
  @Override
  void close();
}
