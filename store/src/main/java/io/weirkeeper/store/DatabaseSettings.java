package io.weirkeeper.store;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * How to speak to PostgreSQL. The timeouts bound how long a hung or cut node can hold a lock that a
 * claim waits for (SAFETY rule 10).
 *
 * @param incarnation this node's incarnation; becomes {@code application_name}, so that fencing can
 *     end its sessions
 * @param connections size of the pool; default {@value #CONNECTIONS}
 * @param pipelining statements in flight on one connection; default {@value #PIPELINING}: more
 *     gives no higher rate, because each statement commits on its own, and lets one that waits for
 *     a lock hold up others
 * @param waitQueue statements that may wait for a connection, and writes of one kind that may wait
 *     for a place in a batch; more fail at once; default {@value #WAIT_QUEUE}
 * @param connectTimeout to have a connection; default 5 s
 * @param transactionTimeout an open or idle transaction is ended after this; default 2 s
 * @param lockTimeout longest wait for a lock; default 1 s
 * @param statementTimeout longest run of a statement on the server; default 5 s
 * @param answerTimeout longest wait for an answer before the outcome counts as unknown; default 8 s
 * @param deadPeerTimeout a connection whose peer does not acknowledge is dropped after this;
 *     default 5 s
 */
public record DatabaseSettings(
    UUID incarnation,
    int connections,
    int pipelining,
    int waitQueue,
    Duration connectTimeout,
    Duration transactionTimeout,
    Duration lockTimeout,
    Duration statementTimeout,
    Duration answerTimeout,
    Duration deadPeerTimeout) {

  /** Default of {@code connections}. */
  public static final int CONNECTIONS = 16;

  /** Default of {@code pipelining}. */
  public static final int PIPELINING = 1;

  /** Default of {@code waitQueue}. */
  public static final int WAIT_QUEUE = 20_000;

  /** Refuses a missing incarnation. */
  public DatabaseSettings {
    Objects.requireNonNull(incarnation, "incarnation");
  }

  /** The defaults. */
  public static DatabaseSettings of(UUID incarnation) {
    return new DatabaseSettings(
        incarnation,
        CONNECTIONS,
        PIPELINING,
        WAIT_QUEUE,
        Duration.ofSeconds(5),
        Duration.ofSeconds(2),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(8),
        Duration.ofSeconds(5));
  }
}
