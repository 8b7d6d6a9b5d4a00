package io.weirkeeper.engine.process;

import java.time.Duration;

/** Every bound of the process's own server, in one place. */
final class Limits {
  private Limits() {}

  /** HTTP ingress requests and egress streams at once; one more gets 429 ApiConnectionLimit. */
  static final int CONCURRENT_STREAMS = 100;

  /** Ingress endpoints, that is different (table, format) pairs, in the life of a process. */
  static final int INGRESS_ENDPOINTS = 1_000;

  /** Declared input connectors; the numbers of ingress endpoints begin above theirs. */
  static final int DECLARED_INPUTS = 10_000;

  /** Unparsed bytes of one ingress request before its socket is paused. */
  static final int INGRESS_HIGH_BYTES = 256 << 10;

  /** Unparsed bytes at which a paused socket is read again. */
  static final int INGRESS_LOW_BYTES = 64 << 10;

  /** Changes handed to the dataflow at once. */
  static final int INGRESS_SLICE_CHANGES = 10_000;

  /** Pieces of one body parsed before another request has its turn. */
  static final int INGRESS_TURN_PIECES = 16;

  /** How long a thread waits for room in the dataflow before another request has its turn. */
  static final Duration INGRESS_PATIENCE = Duration.ofMillis(20);

  /** How often a request that waits for a paused pipeline looks again (spec §4: at most 1 s). */
  static final Duration PAUSED_RECHECK = Duration.ofMillis(100);

  /** An ingress client that sends nothing for so long, though it could, is dropped. */
  static final Duration INGRESS_SILENCE = Duration.ofMinutes(2);

  /**
   * How long an answer waits for the journal's sync before it says that the disk does not take it.
   */
  static final Duration JOURNAL_PATIENCE = Duration.ofSeconds(30);

  /** How long the last checkpoint of a suspend may take (spec: lifecycle §12). */
  static final Duration SUSPEND_PATIENCE = Duration.ofSeconds(120);

  /** How long a suspended pipeline's job may take to end; the process is stopped soon anyway. */
  static final Duration SUSPENDED_CLOSE = Duration.ofSeconds(10);

  /** Errors listed in one answer (spec §4). */
  static final int REPORTED_PARSE_ERRORS = 1_000;

  /** Chunks that wait for a slow egress client (spec §5). */
  static final int EGRESS_CHUNKS = 100;

  /** Rows of one chunk. */
  static final int EGRESS_CHUNK_ROWS = 1_000;

  /** Text of one chunk; a chunk ends after the row that reaches it. */
  static final int EGRESS_CHUNK_BYTES = 1 << 20;

  /** Silence after which an egress stream gets a chunk without payload (spec §5). */
  static final Duration EGRESS_KEEP_ALIVE = Duration.ofSeconds(3);

  /** Query requests that run at once; the store has its own, lower limit. */
  static final int QUERY_THREADS = 4;

  /** Query requests that wait for a thread; one more gets 429. */
  static final int QUERY_QUEUE = 64;

  /** Bytes of a query's answer written at once. */
  static final int QUERY_BLOCK_BYTES = 64 << 10;

  /** Rows that set the column widths of a text answer. */
  static final int QUERY_TEXT_ROWS = 10_000;

  /** Characters of a cell in a text answer (spec §6). */
  static final int QUERY_TEXT_CELL = 64;

  /** How long a query client may leave a block unread. */
  static final Duration QUERY_SLOW_CLIENT = Duration.ofMinutes(5);

  /** Largest frame of a WebSocket, either way (spec: api-semantics §5.15). */
  static final int SOCKET_FRAME_BYTES = 2 << 20;

  /** Largest message of a WebSocket's client: a query and its format. */
  static final int SOCKET_MESSAGE_BYTES = 2 << 20;

  /** How long the client of a WebSocket may take until it has sent its query. */
  static final Duration SOCKET_QUERY_PATIENCE = Duration.ofSeconds(60);

  /** How long the client of a WebSocket may take to answer a close. */
  static final Duration SOCKET_CLOSE_PATIENCE = Duration.ofSeconds(10);

  /** Rows of an INSERT handed over at once. */
  static final int QUERY_INSERT_ROWS = 10_000;

  /** How long an ad-hoc INSERT waits until its rows are visible. */
  static final Duration QUERY_INSERT_PATIENCE = Duration.ofMinutes(10);

  /** Body of a command. */
  static final int COMMAND_BODY_BYTES = 64 << 10;

  /** First line of a request: it carries the text of a query. */
  static final int REQUEST_LINE_BYTES = 256 << 10;

  /** All headers of a request. */
  static final int HEADER_BYTES = 32 << 10;

  /** A connection on which nothing moves for so long is closed. */
  static final Duration IDLE_CONNECTION = Duration.ofMinutes(30);

  /** Nonce of a challenge, in characters. */
  static final int NONCE_CHARACTERS = 256;

  /** Longest lease that can be granted. */
  static final Duration LONGEST_LEASE = Duration.ofHours(24);

  /** Samples kept for the time series, one a second (spec §3.3). */
  static final int TIME_SERIES_SAMPLES = 60;
}
