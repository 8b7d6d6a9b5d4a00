package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import java.time.Duration;

/** Speaks to the verticles of pipelines. Failures are {@code ApiException}s wherever one fits. */
final class PipelineBus {
  private final Vertx vertx;
  private final FrontTimeouts timeouts;

  /** An answer in place of what was asked for. */
  static final class AnsweredException extends RuntimeException {
    private final transient Answer answer;

    AnsweredException(Answer answer) {
      super("Answered with status " + answer.status(), null, false, false);
      this.answer = answer;
    }

    Answer answer() {
      return answer;
    }
  }

  PipelineBus(Vertx vertx, FrontTimeouts timeouts) {
    this.vertx = vertx;
    this.timeouts = timeouts;
  }

  /** Sends what may change a pipeline; silence means that nobody knows whether it did. */
  Future<Answer> command(PipelineRequest request) {
    Duration timeout = timeouts.command();
    return send(request, timeout)
        .map(Answer.class::cast)
        .recover(
            failure ->
                Future.failedFuture(
                    failureType(failure) == ReplyFailure.TIMEOUT
                        ? ApiErrors.outcomeUnknown("no answer within " + timeout.toMillis() + " ms")
                            .exception()
                        : translated(failure)));
  }

  /** Asks something that changes nothing; the reply is of the type asked for or an answer. */
  <T> Future<T> ask(PipelineRequest request, Class<T> type) {
    Duration timeout = timeouts.lookup();
    return send(request, timeout)
        .recover(
            failure ->
                Future.failedFuture(
                    failureType(failure) == ReplyFailure.TIMEOUT
                        ? ApiErrors.noAnswer(request.name(), timeout).exception()
                        : translated(failure)))
        .compose(
            reply ->
                type.isInstance(reply)
                    ? Future.succeededFuture(type.cast(reply))
                    : Future.failedFuture(new AnsweredException((Answer) reply)));
  }

  /** Asks where a pipeline's process listens. */
  Future<ProcessRoute> route(PipelineRequest.Route request) {
    return ask(request, ProcessRoute.class);
  }

  private Future<Object> send(PipelineRequest request, Duration timeout) {
    return vertx
        .eventBus()
        .<Object>request(Addresses.PIPELINES, request, LocalCodec.within(timeout))
        .map(Message::body);
  }

  static ReplyFailure failureType(Throwable failure) {
    return failure instanceof ReplyException reply ? reply.failureType() : ReplyFailure.ERROR;
  }

  private static Throwable translated(Throwable failure) {
    return failureType(failure) == ReplyFailure.NO_HANDLERS
        ? ApiErrors.notReady("pipelines").exception()
        : failure;
  }
}
