package io.weirkeeper.engine.process;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.engine.checkpoint.Checkpointer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/** Checkpoint and suspend over HTTP (spec: pipeline-protocol §1). */
final class CheckpointRoutes {
  private final Pipeline pipeline;

  CheckpointRoutes(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  /**
   * Adds the routes.
   *
   * @param command refuses commands of a former owner
   * @param up refuses while the pipeline is not up
   */
  void routes(
      Router router,
      Consumer<HttpServerRequest> command,
      Function<Consumer<RoutingContext>, Handler<RoutingContext>> up) {
    router.get("/suspendable").handler(up.apply(this::suspendable));
    router
        .post("/suspend")
        .handler(
            ctx -> {
              pipeline.requireStatus();
              if (ctx.request().headers().contains(ProcessSecret.EPOCH_HEADER)) {
                command.accept(ctx.request());
              }
              Replies.json(ctx, 202, pipeline.suspend());
            });
    router.post("/checkpoint").handler(up.apply(this::checkpoint));
    router.get("/checkpoint_status").handler(up.apply(this::checkpointStatus));
    router
        .get("/checkpoints")
        .handler(up.apply(ctx -> Replies.json(ctx, 200, pipeline.durable().shown())));
  }

  private void suspendable(RoutingContext ctx) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("suspendable", pipeline.durable().permanentErrors().isEmpty());
    answer.put("reasons", pipeline.durable().permanentErrors());
    Replies.json(ctx, 200, answer);
  }

  private void checkpoint(RoutingContext ctx) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("checkpoint_sequence_number", pipeline.durable().checkpointer().request());
    answer.put("incarnation_uuid", pipeline.instance().toString());
    Replies.json(ctx, 200, answer);
  }

  private void checkpointStatus(RoutingContext ctx) {
    String asked = ctx.queryParams().get("incarnation_uuid");
    if (asked != null) {
      requireIncarnation(asked);
    }
    Checkpointer.Status status = pipeline.durable().checkpointer().status();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("success", status.success());
    Checkpointer.Failure failure = status.failure();
    Map<String, Object> failed = new LinkedHashMap<>();
    if (failure != null) {
      failed.put("sequence_number", failure.number());
      failed.put("error", failure.error());
      failed.put("failed_at", failure.failedAt().toString());
    }
    answer.put("failure", failure == null ? null : failed);
    Replies.json(ctx, 200, answer);
  }

  private void requireIncarnation(String asked) {
    UUID requested;
    try {
      requested = UUID.fromString(asked);
    } catch (IllegalArgumentException e) {
      throw ApiError.invalidParam("incarnation_uuid", "a UUID", asked);
    }
    if (!requested.equals(pipeline.instance())) {
      throw new ApiError(
          400,
          "IncarnationUuidMismatch",
          "The pipeline process was asked about the incarnation "
              + requested
              + ", but it is "
              + pipeline.instance()
              + ": it was restarted since",
          Map.of("requested", requested.toString(), "expected", pipeline.instance().toString()));
    }
  }
}
