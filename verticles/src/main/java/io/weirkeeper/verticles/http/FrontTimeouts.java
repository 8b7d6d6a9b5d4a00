package io.weirkeeper.verticles.http;

import java.time.Duration;

/**
 * How long the REST front waits (spec: api-semantics §5.2, lifecycle §12).
 *
 * @param command for a pipeline's verticle to answer a command; default 15 s: the 10 s that the
 *     process has for a pause, and a write
 * @param lookup for a pipeline's verticle to answer a question; default 10 s
 * @param connect to a pipeline process; default 5 s
 * @param process for a short request to a pipeline process, in all; default 10 s
 * @param slowProcess for checkpoints, compaction and profiles, to the first byte; default 120 s
 * @param ingress without progress: no byte of the body taken and no answer; default 30 s
 * @param connectorStats for the error counts of {@code selector=status_with_connectors}, in all;
 *     default 500 ms
 * @param metrics for one pipeline's part of {@code /v0/metrics}; default 5 s
 * @param compiler for {@code /v0/validate_program}; default 300 s
 * @param body for a JSON body to arrive; default 30 s
 * @param idleConnection after which a connection without a request is closed; default 75 s
 * @param stalledReader after which a client that takes nothing of an answer is cut off; default 120
 *     s
 * @param drain to read the rest of a body that nobody wants before the connection is closed;
 *     default 30 s
 * @param shutdown for requests under way when the server stops; default 1 s
 */
public record FrontTimeouts(
    Duration command,
    Duration lookup,
    Duration connect,
    Duration process,
    Duration slowProcess,
    Duration ingress,
    Duration connectorStats,
    Duration metrics,
    Duration compiler,
    Duration body,
    Duration idleConnection,
    Duration stalledReader,
    Duration drain,
    Duration shutdown) {

  /** The defaults. */
  public static final FrontTimeouts DEFAULTS =
      new FrontTimeouts(
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(120),
          Duration.ofSeconds(30),
          Duration.ofMillis(500),
          Duration.ofSeconds(5),
          Duration.ofSeconds(300),
          Duration.ofSeconds(30),
          Duration.ofSeconds(75),
          Duration.ofSeconds(120),
          Duration.ofSeconds(30),
          Duration.ofSeconds(1));

  /** With another limit of compilations. */
  public FrontTimeouts withCompiler(Duration other) {
    return new FrontTimeouts(
        command,
        lookup,
        connect,
        process,
        slowProcess,
        ingress,
        connectorStats,
        metrics,
        other,
        body,
        idleConnection,
        stalledReader,
        drain,
        shutdown);
  }
}
