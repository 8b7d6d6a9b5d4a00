package io.weirkeeper.engine.flow;

/** A listener's place at a relation. */
public interface Subscription extends AutoCloseable {

  /** Name of the relation. */
  String relation();

  /**
   * Ends the subscription, from any thread, also from inside the listener. A call of the listener
   * that is under way goes on; no further one begins.
   */
  @Override
  void close();
}
