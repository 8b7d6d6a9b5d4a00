package io.weirkeeper.verticles.bus;

import io.weirkeeper.core.compile.CompileRequest;
import java.util.UUID;

/**
 * A program to compile; the reply is a {@link io.weirkeeper.core.compile.CompileResult}, or a
 * failure with one of the codes below and a text for the user. The reply comes only after the
 * compiler took the job up and finished, so a sender must not rely on the bus's own time-out.
 *
 * @param tenantId whose program it is, for fairness and logs
 * @param request the program
 * @param started runs on the compiler verticle's context when the job leaves the queue
 */
public record CompileJob(UUID tenantId, CompileRequest request, Runnable started) {
  /** Failure code of a reply: the compiler took longer than it may. */
  public static final int TIMED_OUT = 1;

  /** Failure code of a reply: too many programs wait. */
  public static final int QUEUE_FULL = 2;

  /** Failure code of a reply: nobody wanted the result any more. */
  public static final int WITHDRAWN = 3;
}
