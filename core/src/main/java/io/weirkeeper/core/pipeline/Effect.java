package io.weirkeeper.core.pipeline;

import java.time.Duration;

/**
 * What is to be done after a decision has been committed. Every effect may be repeated without
 * harm.
 */
public sealed interface Effect {
  /** Send the program to the compiler. */
  record Compile(long programVersion) implements Effect {}

  /** Start the process of a deployment. */
  record Launch(long number) implements Effect {}

  /** Send the recorded process its lease. */
  record Grant(long number) implements Effect {}

  /** Ask the process for its status, now and from now on. */
  record Observe(long number) implements Effect {}

  /** End the process of a deployment and prove that it is gone. */
  record Kill(long number) implements Effect {}

  /** Remove the storage of all generations below this one. */
  record RemoveStorage(long belowGeneration) implements Effect {}

  /** Feed {@link LifecycleInput.Reconcile}. */
  record Reconcile() implements Effect {}

  /** Feed {@link LifecycleInput.Reconcile} when the time has passed. */
  record ReconcileAfter(Duration delay) implements Effect {}
}
