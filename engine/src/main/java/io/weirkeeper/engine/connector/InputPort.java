package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.engine.flow.Change;
import java.time.Duration;
import java.util.List;

/** What an input transport sees of its pipeline. Called by the transport's own threads. */
interface InputPort {

  /** Returns when the connector and the pipeline both run (spec: connectors §1.6). */
  void awaitActive() throws InterruptedException;

  /**
   * As {@link #awaitActive()}, but gives up after a while.
   *
   * @return whether it may go on
   */
  boolean awaitActive(Duration patience) throws InterruptedException;

  /** Largest number of rows that a batch should have. */
  int maxBatchRecords();

  /**
   * Queues a batch; waits while the queue is at a bound of the connector.
   *
   * @param changes may be empty
   * @param bytes size of their source, for the counters
   * @param after the position after the batch
   */
  void put(List<Change> changes, long bytes, JsonNode after) throws InterruptedException;

  /** Queues a batch if there is room now or within the patience; whether it was queued. */
  boolean offer(List<Change> changes, long bytes, JsonNode after, Duration patience)
      throws InterruptedException;

  /** Counts and lists a record that could not be used. */
  void parseError(String message);

  /** Counts and lists a failure of the source, and reports the endpoint unhealthy. */
  void transportError(String message);

  /** Reports the endpoint healthy again. */
  void healthy();
}
