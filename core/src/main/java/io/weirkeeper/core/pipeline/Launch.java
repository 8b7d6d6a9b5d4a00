package io.weirkeeper.core.pipeline;

/**
 * How the user started the pipeline; kept from start until it is stopping.
 *
 * @param initial the runtime status to begin with: Running, Paused or Standby
 * @param bootstrapPolicy what to do when the program changed since the checkpoint
 * @param silentBootstrap whether a bootstrap writes no output
 * @param concurrentBootstrap whether old views serve during a bootstrap
 */
public record Launch(
    RuntimeStatus initial,
    BootstrapPolicy bootstrapPolicy,
    boolean silentBootstrap,
    boolean concurrentBootstrap) {

  /** Whether another start asks for the same bootstrap configuration. */
  public boolean sameBootstrap(Launch other) {
    return bootstrapPolicy == other.bootstrapPolicy
        && silentBootstrap == other.silentBootstrap
        && concurrentBootstrap == other.concurrentBootstrap;
  }
}
