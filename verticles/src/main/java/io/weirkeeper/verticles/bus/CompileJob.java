package io.weirkeeper.verticles.bus;

import io.weirkeeper.core.compile.CompileRequest;
import java.util.UUID;

/**
 * A program to compile; the reply is a {@link io.weirkeeper.core.compile.CompileResult}. The reply
 * comes only after the compiler took the job up and finished, so a sender must not rely on the
 * bus's own time-out.
 *
 * @param tenantId whose program it is, for fairness and logs
 * @param request the program
 * @param started runs on the compiler verticle's context when the job leaves the queue
 */
public record CompileJob(UUID tenantId, CompileRequest request, Runnable started) {}
