package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.verticles.actor.ActorLog;
import io.weirkeeper.verticles.bus.LogFollower;
import io.weirkeeper.verticles.bus.LogLines;
import io.weirkeeper.verticles.process.ProcessHost;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A pipeline's log ring, fed by its actor and by the files of its process. */
final class VerticleLog implements ActorLog {
  private static final int WORKERS = 2;

  private final Vertx vertx;
  private final PipelineServices services;
  private final UUID pipelineId;
  private final PipelineLog ring;
  private final List<LogTail> tails = new ArrayList<>();
  private WorkerExecutor workers;

  VerticleLog(Vertx vertx, PipelineServices services, UUID pipelineId, String name) {
    this.vertx = vertx;
    this.services = services;
    this.pipelineId = pipelineId;
    ring = new PipelineLog(vertx, services.clock().instant(), pipelineId, name);
  }

  /** A new follower of the log. */
  LogFollower reader() {
    return ring.follow();
  }

  /** What the log holds now. */
  LogLines lines() {
    return new LogLines(ring.backlog());
  }

  @Override
  public void controller(Instant now, String level, String text, PipelineRecord pipeline) {
    ring.controller(now, level, "runner", text, pipeline.id(), pipeline.name());
  }

  @Override
  public void follow(long deploymentNumber) {
    if (!tails.isEmpty()) {
      return;
    }
    if (workers == null) {
      // Not earlier: a stopped pipeline should hold no more than its record.
      workers = vertx.createSharedWorkerExecutor("pipeline-logs", WORKERS);
    }
    Path working = services.host().workingDirectory(pipelineId, deploymentNumber);
    tails.add(new LogTail(vertx, workers, ProcessHost.outputFile(working), ring::add));
    tails.add(new LogTail(vertx, workers, working.resolve("pipeline.log"), ring::add));
  }

  @Override
  public void unfollow() {
    tails.forEach(LogTail::close);
    tails.clear();
  }

  @Override
  public void end() {
    ring.end();
  }
}
