package io.weirkeeper.engine.flow;

import java.util.concurrent.CompletableFuture;

/**
 * Where a dataflow writes down what arrives and how it cuts it into steps, before it acts on it, so
 * that the same steps can be run again. Positions rise with every record. All methods may be called
 * from any thread.
 */
public interface StepLog {

  /** Puts a record at the end, without waiting for the disk; returns the position after it. */
  long append(byte[] record);

  /** Begins a new segment: later records are in it or after it; returns its number. */
  long rotate();

  /** Completes when everything up to a position is durable. */
  CompletableFuture<Void> durable(long position);

  /**
   * Waits until everything up to a position is durable.
   *
   * @throws java.io.UncheckedIOException if the log has ended
   */
  void awaitDurable(long position) throws InterruptedException;

  /**
   * Waits until the log takes more.
   *
   * @throws RefusedException if the disk is full or does not take what was appended
   * @throws java.io.UncheckedIOException if the log has ended
   */
  void awaitRoom() throws InterruptedException;

  /** The log takes nothing more now; it will again. */
  final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says why. */
    public RefusedException(String message) {
      super(message);
    }
  }
}
