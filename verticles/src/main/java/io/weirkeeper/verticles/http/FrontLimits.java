package io.weirkeeper.verticles.http;

/**
 * How much the REST front takes, each per verticle instance unless said otherwise.
 *
 * @param jsonBodyBytes largest JSON body; default 2,097,152, which clients know (spec:
 *     api-semantics §1.2)
 * @param wholeAnswerBytes largest answer of a process that is passed on in one piece; default 50
 *     MiB (spec: api-semantics §5.1)
 * @param drainBytes most that is read of a body that nobody wants, so that a client which sends
 *     first and reads later gets its answer; default 256 MiB
 * @param requestLineBytes longest request line; default 64 KiB, because SQL of ad-hoc queries
 *     travels in it
 * @param headerBytes largest header section; default 32 KiB
 * @param connections most client connections; default 10,000
 * @param streams most streams (ingress, egress, queries, logs) at once; default 2,000
 * @param connectionsPerProcess most connections to one pipeline process; default 256
 * @param waitingPerProcess most requests that wait for such a connection; default 256
 * @param parallelScrapes most processes asked at once for {@code /v0/metrics} or error counts;
 *     default 64
 */
public record FrontLimits(
    int jsonBodyBytes,
    int wholeAnswerBytes,
    long drainBytes,
    int requestLineBytes,
    int headerBytes,
    int connections,
    int streams,
    int connectionsPerProcess,
    int waitingPerProcess,
    int parallelScrapes) {

  /** The defaults. */
  public static final FrontLimits DEFAULTS =
      new FrontLimits(
          2_097_152, 50 << 20, 256L << 20, 64 << 10, 32 << 10, 10_000, 2_000, 256, 256, 64);
}
