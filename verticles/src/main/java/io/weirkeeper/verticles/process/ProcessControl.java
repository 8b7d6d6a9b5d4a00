package io.weirkeeper.verticles.process;

import io.vertx.core.Future;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import io.weirkeeper.verticles.process.ProcessClient.Right;
import io.weirkeeper.verticles.process.ProcessClient.Target;
import java.time.Duration;

/**
 * The control part of the process protocol (spec: pipeline-protocol §1). Every future completes
 * within the client's time limit.
 */
public interface ProcessControl {
  /** Asks the process to prove that it is the recorded one; no secret is sent. */
  Future<Boolean> challenge(Target target);

  /** Grants or renews the lease. */
  Future<ProcessAnswer> grant(Target target, Right right, Duration lease);

  /** GET /status. */
  Future<ProcessAnswer> status(Target target);

  /** GET /start: resumes the inputs. */
  Future<ProcessAnswer> start(Target target, Right right);

  /** GET /pause. */
  Future<ProcessAnswer> pause(Target target, Right right);

  /** Lets the process save its state and end its work; answered before that is done. */
  Future<ProcessAnswer> suspend(Target target, Right right);
}
