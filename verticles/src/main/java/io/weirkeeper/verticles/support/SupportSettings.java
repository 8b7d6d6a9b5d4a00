package io.weirkeeper.verticles.support;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How support data is collected.
 *
 * @param directory of the collections, one folder a pipeline
 * @param frequency between collections of every running pipeline; zero for none
 * @param retention collections kept per pipeline
 * @param fileTimeout for one file of a process
 * @param maxFileBytes longest file of a process; a longer one is left out
 * @param maxAtOnce bundles that are made at once; more are refused
 */
public record SupportSettings(
    Path directory,
    Duration frequency,
    int retention,
    Duration fileTimeout,
    long maxFileBytes,
    int maxAtOnce) {

  /** The defaults: 30 s and 50 MiB for a file, four bundles at once. */
  public static SupportSettings of(Path directory, Duration frequency, int retention) {
    return new SupportSettings(
        directory, frequency, retention, Duration.ofSeconds(30), 50L << 20, 4);
  }
}
