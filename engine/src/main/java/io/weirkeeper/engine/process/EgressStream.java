package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.flow.OutputListener;
import io.weirkeeper.engine.flow.StepOutput;
import io.weirkeeper.engine.flow.Subscription;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import io.weirkeeper.engine.format.RowFormat;
import io.weirkeeper.engine.store.AdHocQueryException;
import io.weirkeeper.engine.store.AdHocResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client that listens to a relation (spec §5). The step thread only cuts a step's changes into
 * pieces and queues them; a pool thread makes one piece at a time into chunks, and the next piece
 * has its turn when the socket has taken them. With back-pressure a full queue holds the step
 * thread, and thereby the pipeline; without it, pieces are dropped and the sequence number jumps.
 */
final class EgressStream implements OutputListener {
  private static final Logger LOG = LoggerFactory.getLogger(EgressStream.class);
  private static final byte[] LINE_END = "\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Changes of one step that fit a chunk. {@code dropped} pieces were left out before it. */
  private record Piece(List<WeightedRow> changes, boolean snapshot, long dropped) {}

  private final Vertx vertx;
  private final Executor pool;
  private final Pipeline pipeline;
  private final RowFormat rows;
  private final EgressRequest asked;
  private final HttpServerResponse response;
  private final String name;
  private final Runnable whenClosed;

  private final Object lock = new Object();
  private final ArrayDeque<Piece> queue = new ArrayDeque<>();
  private long dropped;
  private long queuedRows;
  // From birth to the first chunk nothing else may be sent.
  private boolean busy = true;
  private boolean closed;
  private final Object snapshotLock = new Object();
  private volatile AdHocResult snapshot;
  private volatile Subscription subscription;

  // Owned by whoever is busy.
  private long sequence;
  private volatile Cursor cursor;
  private volatile long lastChunkNanos = System.nanoTime();
  private long keepAliveTimer = -1;
  private final AtomicBoolean ended = new AtomicBoolean();

  final LongAdder transmittedRecords = new LongAdder();
  final LongAdder transmittedBytes = new LongAdder();
  final LongAdder droppedChunks = new LongAdder();

  /**
   * @param name the endpoint's name in the statistics
   * @param whenClosed called once, when the client has gone or the stream has ended
   */
  EgressStream(
      Vertx vertx,
      Executor pool,
      Pipeline pipeline,
      RowFormat rows,
      EgressRequest asked,
      HttpServerResponse response,
      String name,
      Runnable whenClosed) {
    this.vertx = vertx;
    this.pool = pool;
    this.pipeline = pipeline;
    this.rows = rows;
    this.asked = asked;
    this.response = response;
    this.name = name;
    this.whenClosed = whenClosed;
  }

  String name() {
    return name;
  }

  String relation() {
    return rows.relation().name();
  }

  /** Chunks and rows that wait. */
  long[] queued() {
    synchronized (lock) {
      return new long[] {queue.size(), queuedRows};
    }
  }

  /**
   * Begins the answer: subscribes, then sends one chunk at once, so that a client that waits for
   * the first one knows that from here on nothing is missed.
   */
  void start() {
    response.exceptionHandler(e -> close());
    response.closeHandler(v -> close());
    String relation = relation();
    var unused =
        pipeline
            .dataflow()
            .steps()
            .betweenSteps(
                () -> {
                  if (asked.snapshot()) {
                    String quoted = '"' + relation.replace("\"", "\"\"") + '"';
                    snapshot = pipeline.store().query("SELECT * FROM " + quoted);
                  }
                  subscription = pipeline.dataflow().subscribe(relation, this);
                  return null;
                })
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    refuse(failure);
                  } else {
                    begin();
                  }
                });
  }

  private void refuse(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    ApiError error =
        cause instanceof AdHocQueryException
            ? new ApiError(400, "AdHocQueryError", cause.getMessage())
            : cause instanceof DataflowException
                ? new ApiError(
                    500, "PipelineTerminated", "The pipeline has failed: " + Pipeline.cause(cause))
                : new ApiError(500, "ControllerPanic", Pipeline.cause(cause));
    Replies.error(response, error);
    close();
  }

  private void begin() {
    response.setStatusCode(200).putHeader("Content-Type", "application/json").setChunked(true);
    keepAliveTimer =
        vertx.setPeriodic(Limits.EGRESS_KEEP_ALIVE.toMillis() / 3, timer -> keepAlive());
    synchronized (lock) {
      if (closed) {
        // The client went before the subscription was there: end() had nothing to free yet.
        subscription.close();
        vertx.cancelTimer(keepAliveTimer);
        closeSnapshot();
        return;
      }
    }
    send(emptyChunk(), 0);
  }

  private void keepAlive() {
    synchronized (lock) {
      if (busy
          || closed
          || System.nanoTime() - lastChunkNanos < Limits.EGRESS_KEEP_ALIVE.toNanos()) {
        return;
      }
      busy = true;
    }
    send(emptyChunk(), 0);
  }

  @Override
  public void changed(StepOutput output) {
    List<WeightedRow> changes = output.changes();
    int from = 0;
    long weight = 0;
    for (int i = 0; i < changes.size(); i++) {
      long copies = Math.abs(changes.get(i).weight());
      if (i > from && weight + copies > Limits.EGRESS_CHUNK_ROWS) {
        enqueue(changes.subList(from, i), weight);
        from = i;
        weight = 0;
      }
      weight += copies;
    }
    enqueue(changes.subList(from, changes.size()), weight);
  }

  private void enqueue(List<WeightedRow> part, long weight) {
    synchronized (lock) {
      while (asked.backpressure() && queue.size() >= Limits.EGRESS_CHUNKS && !closed) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
      if (closed) {
        return;
      }
      if (queue.size() >= Limits.EGRESS_CHUNKS) {
        dropped++;
        droppedChunks.increment();
        return;
      }
      queue.add(new Piece(part, false, dropped));
      dropped = 0;
      queuedRows += weight;
      if (busy) {
        return;
      }
      busy = true;
    }
    pool.execute(this::next);
  }

  /** Sends the next chunk; called by whoever made the stream busy. */
  private void next() {
    try {
      if (cursor == null) {
        Piece piece = nextPiece();
        if (piece == null) {
          return;
        }
        sequence += piece.dropped();
        cursor = new Cursor(piece.changes(), piece.snapshot());
      }
      long before = cursor.done;
      Buffer chunk = cursor.left() ? encode(cursor) : emptyChunk();
      long records = cursor.done - before;
      if (!cursor.left()) {
        cursor = null;
      }
      send(chunk, records);
    } catch (AdHocQueryException | IOException | RuntimeException e) {
      LOG.warn("Change stream of {} ended: {}", relation(), Pipeline.cause(e));
      close();
    }
  }

  private Piece nextPiece() throws AdHocQueryException {
    synchronized (snapshotLock) {
      if (snapshot != null) {
        return nextOfSnapshot();
      }
    }
    synchronized (lock) {
      Piece piece = closed ? null : queue.poll();
      if (piece == null) {
        busy = false;
        return null;
      }
      for (WeightedRow change : piece.changes()) {
        queuedRows -= Math.abs(change.weight());
      }
      lock.notifyAll();
      return piece;
    }
  }

  private Piece nextOfSnapshot() throws AdHocQueryException {
    List<WeightedRow> part = new ArrayList<>();
    while (part.size() < Limits.EGRESS_CHUNK_ROWS) {
      Optional<Object[]> row = snapshot.next();
      if (row.isEmpty()) {
        snapshot.close();
        snapshot = null;
        break;
      }
      part.add(new WeightedRow(ViewRow.of(row.get()), 1));
    }
    return new Piece(part, true, 0);
  }

  /** Writes a chunk and, when the socket has taken it, goes on. */
  private void send(Buffer chunk, long records) {
    lastChunkNanos = System.nanoTime();
    var unused =
        response
            .write(chunk)
            .onComplete(
                written -> {
                  if (written.failed()) {
                    close();
                    return;
                  }
                  transmittedRecords.add(records);
                  transmittedBytes.add(chunk.length());
                  synchronized (lock) {
                    if (closed || (cursor == null && snapshot == null && queue.isEmpty())) {
                      busy = false;
                      return;
                    }
                  }
                  pool.execute(this::next);
                });
  }

  private Buffer emptyChunk() {
    return Buffer.buffer("{\"sequence_number\":" + sequence++ + ",\"snapshot\":false}\r\n");
  }

  private Buffer encode(Cursor cursor) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
    try (JsonGenerator out = RowFormat.jsonWriter(bytes)) {
      out.writeStartObject();
      out.writeNumberField("sequence_number", sequence++);
      out.writeBooleanField("snapshot", cursor.snapshot);
      if (asked.json()) {
        out.writeArrayFieldStart("json_data");
        while (cursor.left() && bytes.size() < Limits.EGRESS_CHUNK_BYTES) {
          out.writeStartObject();
          out.writeFieldName(cursor.weight() > 0 ? "insert" : "delete");
          rows.writeJson(cursor.row(), out);
          out.writeEndObject();
          cursor.advance(1);
        }
        out.writeEndArray();
      } else {
        StringBuilder text = new StringBuilder();
        while (cursor.left() && text.length() < Limits.EGRESS_CHUNK_BYTES) {
          // The weight is a column of its own: a row stands once however many copies came.
          rows.writeCsv(cursor.row(), cursor.weight(), text);
          cursor.advance(Math.abs(cursor.weight()));
        }
        out.writeStringField("text_data", text.toString());
      }
      out.writeEndObject();
    }
    bytes.write(LINE_END);
    return Buffer.buffer(bytes.toByteArray());
  }

  /** Walks over changes copy by copy, so that a row of great weight can span chunks. */
  private static final class Cursor {
    private final List<WeightedRow> changes;
    private final boolean snapshot;
    private int index;
    private long copies;
    private long done;

    Cursor(List<WeightedRow> changes, boolean snapshot) {
      this.changes = changes;
      this.snapshot = snapshot;
    }

    boolean left() {
      return index < changes.size();
    }

    ViewRow row() {
      return changes.get(index).row();
    }

    long weight() {
      return changes.get(index).weight();
    }

    void advance(long by) {
      copies += by;
      done += by;
      if (copies >= Math.abs(weight())) {
        index++;
        copies = 0;
      }
    }
  }

  private void closeSnapshot() {
    AdHocResult unread = snapshot;
    if (unread == null) {
      return;
    }
    unread.cancel();
    pool.execute(
        () -> {
          synchronized (snapshotLock) {
            unread.close();
          }
        });
  }

  /** Ends the stream from either side; whatever it held is free afterwards. */
  void close() {
    synchronized (lock) {
      closed = true;
      queue.clear();
      queuedRows = 0;
      lock.notifyAll();
    }
    end();
  }

  private void end() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    if (keepAliveTimer >= 0) {
      vertx.cancelTimer(keepAliveTimer);
    }
    Subscription left = subscription;
    if (left != null) {
      left.close();
    }
    closeSnapshot();
    if (response.headWritten() && !response.ended() && !response.closed()) {
      var unused = response.end();
    }
    whenClosed.run();
  }
}
