package io.weirkeeper.simulation;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompilerMessage;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.verticles.actor.ProgramCompiler;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A compiler that may be slow, hang until its limit, or die; its answers depend on the program. */
final class SimulatedCompiler implements ProgramCompiler {
  /** Programs with this text are wrong. */
  static final String WRONG = "wrong";

  private static final long LIMIT_SECONDS = 300;
  private static final ObjectNode INFO = JsonNodeFactory.instance.objectNode();
  private static final PipelinePlan PLAN =
      new PipelinePlan(PipelinePlan.FORMAT_VERSION, List.of(), List.of());
  private static final List<CompilerMessage> ERRORS =
      List.of(new CompilerMessage(1, 1, 1, 1, false, "Compilation error", "wrong", null));

  static {
    INFO.putObject("schema");
  }

  private final World world;
  private final VirtualTime.Actor controller;
  private final Set<String> withdrawn = new HashSet<>();
  private String running = "";
  private long freeAtNanos;

  SimulatedCompiler(World world, VirtualTime.Actor controller) {
    this.world = world;
    this.controller = controller;
  }

  @Override
  public Future<CompileResult> compile(UUID tenantId, CompileRequest request, Runnable started) {
    Chance chance = world.chance;
    if (chance.happens(Fault.COMPILER_REFUSES, 0.02)) {
      return world.tell(controller, chance.micros(50, 500), broken(request, "queue is full"));
    }
    long now = world.time.nanos();
    long begin = Math.max(freeAtNanos, now + chance.micros(50, 3_000));
    long takes = chance.millis(5, 200);
    CompileResult result =
        request.programCode().contains(WRONG)
            ? new CompileResult(
                request.requestId(), CompileResult.Outcome.SQL_ERROR, ERRORS, null, null, null)
            : new CompileResult(
                request.requestId(), CompileResult.Outcome.SUCCESS, List.of(), INFO, PLAN, null);
    if (chance.happens(Fault.COMPILER_SLOW, 0.05)) {
      takes = chance.millis(1_000, 60_000);
    } else if (chance.happens(Fault.COMPILER_HANGS, 0.01)) {
      takes = VirtualTime.seconds(LIMIT_SECONDS);
      result = broken(request, "SQL compilation did not finish within 300 s and was ended");
    } else if (chance.happens(Fault.COMPILER_DIES, 0.02)) {
      result = broken(request, "the SQL compiler process died");
    }
    freeAtNanos = begin + takes;
    running = request.requestId();
    Promise<CompileResult> answer = Promise.promise();
    CompileResult outcome = result;
    world.time.after(begin - now, controller, started);
    String id = request.requestId();
    world.time.after(
        freeAtNanos - now,
        controller,
        () ->
            answer.complete(
                withdrawn.remove(id) ? broken(request, "withdrawn before its end") : outcome));
    return answer.future();
  }

  /** What was being compiled is ended soon; what has its result already keeps it. */
  @Override
  public void withdraw(String requestId) {
    withdrawn.add(requestId);
    if (requestId.equals(running)) {
      freeAtNanos = Math.min(freeAtNanos, world.time.nanos() + VirtualTime.seconds(2));
    }
  }

  private static CompileResult broken(CompileRequest request, String why) {
    return new CompileResult(
        request.requestId(), CompileResult.Outcome.SYSTEM_ERROR, List.of(), null, null, why);
  }
}
