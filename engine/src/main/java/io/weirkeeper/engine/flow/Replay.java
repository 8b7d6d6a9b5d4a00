package io.weirkeeper.engine.flow;

import java.io.IOException;

/** The records that an earlier process left in its {@link StepLog}. */
@FunctionalInterface
public interface Replay {

  /**
   * Hands over the records in their order, on the calling thread.
   *
   * @throws IOException if they can't be read
   */
  void records(Reader reader) throws IOException, InterruptedException;

  /** Takes a record. */
  @FunctionalInterface
  interface Reader {
    /** Takes the next record. */
    void record(byte[] record) throws IOException, InterruptedException;
  }
}
