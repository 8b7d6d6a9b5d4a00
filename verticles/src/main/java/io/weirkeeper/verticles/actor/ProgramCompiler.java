package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import java.util.UUID;

/** Compiles programs, one after another. */
@FunctionalInterface
public interface ProgramCompiler {
  /**
   * Compiles a program. A compilation that hangs or breaks ends in a result of its own, within the
   * compiler's time limit.
   *
   * @param tenantId whose program it is
   * @param started runs when the compiler takes the program up; from any thread
   * @return the result; fails when the compiler can't be asked
   */
  Future<CompileResult> compile(UUID tenantId, CompileRequest request, Runnable started);

  /**
   * Nobody wants this result any more (spec: lifecycle §4, preemption). A program that waits is not
   * compiled; one that is being compiled is given a moment and then ended. The future may complete
   * in any way. Without effect when there is no such request.
   */
  default void withdraw(String requestId) {}
}
