package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.verticles.actor.ProgramCompiler;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import java.time.Duration;
import java.util.UUID;

/** The node's compiler, behind its address on the event bus. */
final class BusCompiler implements ProgramCompiler {
  /** Longer than any queue of the compiler; the compiler verticle has the real limit. */
  private static final Duration REPLY_TIMEOUT = Duration.ofHours(24);

  private final EventBus bus;

  BusCompiler(EventBus bus) {
    this.bus = bus;
  }

  @Override
  public Future<CompileResult> compile(UUID tenantId, CompileRequest request, Runnable started) {
    return bus.<CompileResult>request(
            Addresses.COMPILER,
            new CompileJob(tenantId, request, started),
            LocalCodec.within(REPLY_TIMEOUT))
        .map(Message::body);
  }

  @Override
  public void withdraw(String requestId) {
    bus.send(Addresses.COMPILER_WITHDRAWALS, requestId, new DeliveryOptions().setLocalOnly(true));
  }
}
