package io.weirkeeper.engine.process;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.flow.StepLog;
import io.weirkeeper.engine.format.ChangeSink;
import io.weirkeeper.engine.format.ParseError;
import io.weirkeeper.engine.format.RecordParser;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One body on its way in (spec §4): the event loop queues its pieces and stops reading the socket
 * when too many bytes wait; a pool thread parses them and hands the changes to the dataflow, and
 * gives way to other requests after a few pieces or when the dataflow has no room. While the
 * pipeline is paused the request waits without a thread.
 */
final class IngressRequest implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(IngressRequest.class);

  private final Vertx vertx;
  private final Context context;
  private final Executor pool;
  private final Pipeline pipeline;
  private final IngressEndpoint endpoint;
  private final HttpServerRequest request;
  private final boolean force;
  private final Runnable whenDone;
  private final RecordParser parser;

  // Between the event loop and the pool.
  private final Object lock = new Object();
  private final ArrayDeque<Buffer> pieces = new ArrayDeque<>();
  private int queuedBytes;
  private boolean socketPaused;
  private boolean bodyEnded;
  private boolean scheduled;
  private final AtomicReference<String> cancelled = new AtomicReference<>();
  private final AtomicBoolean done = new AtomicBoolean();
  private long lastPieceNanos = System.nanoTime();
  private long silenceTimer = -1;

  // The pool thread's own; one at a time, handed over through the lock.
  private List<Change> pending = new ArrayList<>();
  private int pendingFrom;
  private long pendingBytes;
  private boolean parsed;
  private final List<ParseError> errors = new ArrayList<>();
  private long errorCount;

  /**
   * @param whenDone called once, when the request has been answered or its client has gone
   */
  IngressRequest(
      Vertx vertx,
      Executor pool,
      Pipeline pipeline,
      IngressEndpoint endpoint,
      HttpServerRequest request,
      boolean force,
      Runnable whenDone) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.pool = pool;
    this.pipeline = pipeline;
    this.endpoint = endpoint;
    this.request = request;
    this.force = force;
    this.whenDone = whenDone;
    this.parser = endpoint.rows.parser(endpoint.format, new Collector());
  }

  private final class Collector implements ChangeSink {
    @Override
    public void change(Change change) {
      pending.add(change);
    }

    @Override
    public void error(ParseError error) {
      errorCount++;
      if (errors.size() < Limits.REPORTED_PARSE_ERRORS) {
        errors.add(error);
      }
      endpoint.parseErrors.add("parse", error.message());
    }
  }

  /** Begins to read; called on the event loop, before the body arrives. */
  void start() {
    endpoint.activeRequests.incrementAndGet();
    request.exceptionHandler(e -> cancel("the connection broke"));
    request.response().exceptionHandler(e -> cancel("the connection broke"));
    request.response().closeHandler(closed -> cancel("the client has gone"));
    request.handler(this::arrived);
    request.endHandler(
        end -> {
          synchronized (lock) {
            bodyEnded = true;
          }
          schedule();
        });
    silenceTimer =
        vertx.setPeriodic(Limits.INGRESS_SILENCE.toMillis() / 4, timer -> watchForSilence());
  }

  private void arrived(Buffer piece) {
    synchronized (lock) {
      lastPieceNanos = System.nanoTime();
      pieces.add(piece);
      queuedBytes += piece.length();
      if (queuedBytes > Limits.INGRESS_HIGH_BYTES && !socketPaused) {
        socketPaused = true;
        request.pause();
      }
    }
    schedule();
  }

  private void watchForSilence() {
    boolean silent;
    synchronized (lock) {
      silent =
          !bodyEnded
              && pieces.isEmpty()
              && System.nanoTime() - lastPieceNanos > Limits.INGRESS_SILENCE.toNanos();
    }
    if (silent) {
      answer(
          new ApiError(
              408,
              "InputTransportError",
              "The request sent nothing for " + Limits.INGRESS_SILENCE.toSeconds() + " s"));
      var unused = request.connection().close();
    }
  }

  private void cancel(String why) {
    if (cancelled.compareAndSet(null, why)) {
      schedule();
      finish();
    }
  }

  private void schedule() {
    synchronized (lock) {
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    pool.execute(this);
  }

  /** Looks again after a while; stays marked as scheduled meanwhile. */
  private void later() {
    vertx.setTimer(Limits.PAUSED_RECHECK.toMillis(), timer -> pool.execute(this));
  }

  private boolean held() {
    return endpoint.paused || (!force && pipeline.paused());
  }

  @Override
  public void run() {
    try {
      for (int turn = 0; ; ) {
        if (cancelled.get() != null || done.get()) {
          drop();
          return;
        }
        if (pendingFrom < pending.size()) {
          pipeline.requireUp();
          if (held()) {
            later();
            return;
          }
          if (!offer()) {
            pool.execute(this);
            return;
          }
          continue;
        }
        Buffer piece;
        synchronized (lock) {
          piece = pieces.peek();
          if (piece == null && !bodyEnded) {
            scheduled = false;
            return;
          }
        }
        if (held()) {
          pipeline.requireUp();
          later();
          return;
        }
        if (piece == null) {
          if (!parsed) {
            parsed = true;
            parser.finish();
            continue;
          }
          answer();
          return;
        }
        if (turn++ == Limits.INGRESS_TURN_PIECES) {
          pool.execute(this);
          return;
        }
        parse(piece);
      }
    } catch (ApiError e) {
      answer(e);
    } catch (StepLog.RefusedException e) {
      answer(new ApiError(503, "StorageError", "Input is refused: " + e.getMessage()));
    } catch (DataflowException e) {
      answer(
          new ApiError(500, "PipelineTerminated", "The pipeline has failed: " + Pipeline.cause(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer(new ApiError(410, "Terminating", "The pipeline process is ending"));
    } catch (RuntimeException | Error e) {
      LOG.error("Ingress into {} failed", endpoint.table(), e);
      answer(
          new ApiError(500, "ControllerPanic", "Input could not be taken: " + Pipeline.cause(e)));
    }
  }

  private void parse(Buffer piece) {
    byte[] bytes = piece.getBytes();
    parser.feed(bytes, 0, bytes.length);
    pendingBytes += bytes.length;
    synchronized (lock) {
      pieces.poll();
      queuedBytes -= bytes.length;
      if (socketPaused && queuedBytes < Limits.INGRESS_LOW_BYTES) {
        socketPaused = false;
        context.runOnContext(v -> request.resume());
      }
    }
  }

  private boolean offer() throws InterruptedException {
    int to = Math.min(pending.size(), pendingFrom + Limits.INGRESS_SLICE_CHANGES);
    List<Change> slice =
        pendingFrom == 0 && to == pending.size() ? pending : pending.subList(pendingFrom, to);
    if (!endpoint.input.offer(slice, pendingBytes, force, Limits.INGRESS_PATIENCE)) {
      return false;
    }
    if (to == pending.size()) {
      // The list now belongs to the dataflow.
      pending = new ArrayList<>();
      pendingFrom = 0;
    } else {
      pendingFrom = to;
    }
    pendingBytes = 0;
    return true;
  }

  private void answer() {
    if (errorCount == 0) {
      CompletionToken token =
          new CompletionToken(
              pipeline.lineage(), endpoint.input.id(), endpoint.input.totalRecords());
      whenDurable(() -> reply(200, Map.of("token", token.text())));
      return;
    }
    String count =
        errorCount > errors.size()
            ? "reporting " + errors.size() + " out of " + errorCount + " total errors"
            : errorCount + " errors";
    ApiError parseErrors =
        new ApiError(
            400,
            "ParseErrors",
            "Errors parsing input data (" + count + "): " + errors.get(0).message(),
            Map.of("num_errors", errorCount, "errors", List.copyOf(errors)));
    // The good records count.
    whenDurable(() -> answer(parseErrors));
  }

  /** Acknowledges only what survives a crash. */
  private void whenDurable(Runnable acknowledge) {
    var unused =
        endpoint
            .input
            .durable()
            .orTimeout(Limits.JOURNAL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete(
                (durable, error) -> {
                  if (error == null) {
                    acknowledge.run();
                  } else {
                    answer(
                        new ApiError(
                            503,
                            "StorageError",
                            "The pipeline's journal has not taken the rows yet, so they may or may not"
                                + " be processed: "
                                + Pipeline.cause(error)));
                  }
                });
  }

  private void answer(ApiError error) {
    reply(error.status(), error.body());
  }

  private void reply(int status, Object body) {
    byte[] bytes = Replies.bytes(body);
    context.runOnContext(
        v -> {
          if (!done.get()) {
            boolean cutShort;
            synchronized (lock) {
              cutShort = !bodyEnded;
            }
            if (cutShort) {
              // The rest of the body is not wanted: the connection can't be used again.
              request.response().putHeader("Connection", "close");
            }
            Replies.raw(request.response(), status, bytes);
            if (cutShort) {
              request.handler(null).endHandler(null).resume();
            }
          }
          finish();
        });
  }

  private void finish() {
    if (done.compareAndSet(false, true)) {
      vertx.cancelTimer(silenceTimer);
      endpoint.activeRequests.decrementAndGet();
      whenDone.run();
    }
  }

  private void drop() {
    synchronized (lock) {
      pieces.clear();
      queuedBytes = 0;
    }
    pending = new ArrayList<>();
  }
}
