package io.weirkeeper.core.pipeline;

/**
 * The three counters of a pipeline (spec: api-semantics §3.6) and the platform it was compiled for.
 *
 * @param version rises with every edit that is not metadata
 * @param programVersion rises with every edit of the program
 * @param refreshVersion rises whenever a client should fetch the pipeline again
 * @param platformVersion API version of the server that compiled, or will compile, the program
 */
public record Versions(
    long version, long programVersion, long refreshVersion, String platformVersion) {

  /** The versions of a new pipeline. */
  public static Versions initial(String platformVersion) {
    return new Versions(1, 1, 1, platformVersion);
  }

  /** Raises only the refresh version. */
  public Versions refreshed() {
    return new Versions(version, programVersion, refreshVersion + 1, platformVersion);
  }
}
