package io.weirkeeper.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.ErrorCode;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Somebody who does anything at any time, and checks every answer against the store. */
final class RandomUser {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final JsonNode EMPTY = JSON.objectNode();
  private static final JsonNode[] CONFIGS = {
    config(8, 0), config(4, 0), config(8, 3), config(8, 60), faultTolerant()
  };
  private static final RuntimeStatus[] INITIALS = {
    RuntimeStatus.RUNNING, RuntimeStatus.RUNNING, RuntimeStatus.PAUSED, RuntimeStatus.STANDBY
  };

  /** After these a command may still reach the process, or have reached it. */
  private static final Set<String> MAY_HAVE_BEEN_SENT =
      Set.of(ErrorCode.PIPELINE_INTERACTION_UNREACHABLE, ErrorCode.OUTCOME_UNKNOWN);

  private final World world;
  private final SimulatedStore store;
  private final WriteLaws laws;
  private long requests;

  RandomUser(World world, SimulatedStore store, WriteLaws laws) {
    this.world = world;
    this.store = store;
    this.laws = laws;
  }

  private static JsonNode faultTolerant() {
    ObjectNode config = config(8, 0);
    config.putObject("fault_tolerance").put("model", "exactly_once");
    return config;
  }

  private static ObjectNode config(int workers, int timeout) {
    ObjectNode config = JSON.objectNode().put("workers", workers);
    if (timeout > 0) {
      config.put("provisioning_timeout_secs", timeout);
    }
    // Makes initial=standby possible.
    config
        .putObject("storage")
        .putObject("backend")
        .put("name", "file")
        .putObject("config")
        .put("sync", workers == 8 ? "s3" : null);
    return config;
  }

  /** Requests made. */
  long requests() {
    return requests;
  }

  /** A definition to begin with. */
  Definition firstDefinition() {
    JsonNode config = world.chance.percent(30) ? faultTolerant() : CONFIGS[0];
    return new Definition("p", "", List.of(), config, code(), "", "", EMPTY);
  }

  private String code() {
    return (world.chance.percent(15) ? SimulatedCompiler.WRONG : "program ")
        + world.chance.below(4);
  }

  /** Does something to a pipeline. */
  void act(Controller controller) {
    Chance chance = world.chance;
    int choice = chance.below(100);
    if (choice < 28) {
      start(controller);
    } else if (choice < 44) {
      stop(controller);
    } else if (choice < 52) {
      clear(controller);
    } else if (choice < 56) {
      dismiss(controller);
    } else if (choice < 60) {
      delete(controller);
    } else if (choice < 63) {
      ask(controller, "update_runtime", now -> new LifecycleInput.UpdateRuntime(), null, null);
    } else if (choice < 71) {
      command(controller, "pause", controller.actor()::pause);
    } else if (choice < 75) {
      suspend(controller);
    } else if (choice < 80) {
      command(controller, "resume", controller.actor()::resume);
    } else {
      edit(controller);
    }
  }

  private void start(Controller controller) {
    Chance chance = world.chance;
    Launch launch =
        new Launch(
            chance.oneOf(INITIALS),
            chance.percent(90) ? BootstrapPolicy.AWAIT_APPROVAL : BootstrapPolicy.ALLOW,
            chance.percent(5),
            false);
    boolean dismiss = chance.percent(85);
    ask(
        controller,
        "start " + launch.initial().json(),
        now -> new LifecycleInput.Start(launch, dismiss),
        after ->
            after.resources().desired() == ResourcesDesiredStatus.PROVISIONED
                && after.launch().sameBootstrap(launch),
        now -> mayRefuseStart(now, launch, dismiss));
  }

  private static boolean mayRefuseStart(PipelineRecord now, Launch launch, boolean dismiss) {
    boolean desired = now.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    return (!desired && now.resources().status() != ResourcesStatus.STOPPED)
        || (now.deploymentError() != null && !dismiss)
        || now.storage().status() == StorageStatus.CLEARING
        || now.program().status() == ProgramStatus.SQL_ERROR
        || now.program().status() == ProgramStatus.SYSTEM_ERROR
        || (desired
            && (now.launch().initial() != launch.initial() || !now.launch().sameBootstrap(launch)))
        || (launch.initial() == RuntimeStatus.STANDBY
            && now.definition().runtimeConfig().at("/storage/backend/config/sync").isNull());
  }

  /** Asks it to stop. */
  void stop(Controller controller) {
    laws.stopAsked();
    controller.stops(1);
    ask(
        controller,
        "stop",
        now -> new LifecycleInput.Stop(),
        after ->
            after.resources().desired() == ResourcesDesiredStatus.STOPPED
                && (after.resources().status() != ResourcesStatus.STOPPED
                    || after.launch() == null),
        now -> false);
  }

  /** Asks for its storage to be cleared. */
  void clear(Controller controller) {
    ask(
        controller,
        "clear",
        now -> new LifecycleInput.Clear(SimulatedMachine.HOST),
        after -> after.storage().status() != StorageStatus.IN_USE,
        now -> now.storage().status() != StorageStatus.CLEARED && !now.resources().fullyStopped());
  }

  private void dismiss(Controller controller) {
    ask(
        controller,
        "dismiss_error",
        now -> new LifecycleInput.DismissError(),
        after -> after.deploymentError() == null,
        now -> now.deploymentError() != null && !now.resources().fullyStopped());
  }

  /** Deletes it. */
  void delete(Controller controller) {
    ask(
        controller,
        "delete",
        now -> new LifecycleInput.Delete(),
        null,
        now -> !now.resources().fullyStopped() || now.storage().status() != StorageStatus.CLEARED);
  }

  private void edit(Controller controller) {
    Chance chance = world.chance;
    boolean replace = chance.percent(20);
    String name =
        chance.percent(15) ? chance.oneOf("p", "q", "r", SimulatedStore.TAKEN_NAME) : null;
    String description = chance.percent(40) ? "description " + chance.below(3) : null;
    List<String> tags = chance.percent(10) ? List.of("tag" + chance.below(2)) : null;
    JsonNode config = chance.percent(25) ? chance.oneOf(CONFIGS) : null;
    String code = chance.percent(45) ? code() : null;
    String udf = chance.percent(5) ? "udf " + chance.below(2) : null;
    ask(
        controller,
        "edit",
        now -> {
          Definition old = now.definition();
          return new LifecycleInput.Edit(
              new Definition(
                  name == null ? old.name() : name,
                  description == null ? old.description() : description,
                  tags == null ? old.tags() : tags,
                  config == null ? old.runtimeConfig() : config,
                  code == null ? old.programCode() : code,
                  udf == null ? old.udfRust() : udf,
                  old.udfToml(),
                  old.programConfig()),
              replace);
        },
        after ->
            (name == null || after.name().equals(name))
                && (description == null || after.definition().description().equals(description))
                && (tags == null || after.definition().tags().equals(tags))
                && (config == null || after.definition().runtimeConfig().equals(config))
                && (code == null || after.definition().programCode().equals(code))
                && (udf == null || after.definition().udfRust().equals(udf)),
        null);
  }

  /** Like a stop: without a process it is one. */
  private void suspend(Controller controller) {
    requests++;
    controller.asked();
    laws.stopAsked();
    controller.stops(1);
    world.trace(() -> "user: suspend");
    PipelineRecord asked = controller.actor().pipeline();
    laws.suspendAsked(asked);
    controller
        .actor()
        .suspend()
        .onComplete(
            answer -> {
              controller.answered();
              controller.stops(-1);
              world.trace(() -> "user: suspend -> " + answer);
              if (answer.succeeded() && answer.result().isPresent()) {
                laws.suspendAnswered(asked, answer.result().get().status() == 202);
              }
              if (answer.cause() instanceof ApiException refusal) {
                if (!MAY_HAVE_BEEN_SENT.contains(refusal.error().code())) {
                  laws.suspendAnswered(asked, false);
                }
              } else if (answer.failed()) {
                throw new Violation("suspend failed with " + answer.cause());
              }
            });
  }

  private interface Command {
    Future<ProcessAnswer> send();
  }

  private void command(Controller controller, String what, Command command) {
    requests++;
    controller.asked();
    world.trace(() -> "user: " + what);
    command
        .send()
        .onComplete(
            answer -> {
              controller.answered();
              world.trace(
                  () ->
                      "user: "
                          + what
                          + " -> "
                          + (answer.succeeded()
                              ? Integer.toString(answer.result().status())
                              : answer.cause().getMessage()));
              if (answer.failed() && !(answer.cause() instanceof ApiException)) {
                throw new Violation(what + " failed with " + answer.cause());
              }
            });
  }

  /**
   * Asks for something.
   *
   * @param effect what must hold of the state that is acknowledged, or null
   * @param refusable when a refusal is right, or null when it isn't checked
   */
  private void ask(
      Controller controller,
      String what,
      Function<PipelineRecord, LifecycleInput> input,
      Predicate<PipelineRecord> effect,
      Predicate<PipelineRecord> refusable) {
    requests++;
    controller.asked();
    world.trace(() -> "user: " + what);
    controller
        .actor()
        .submit(input)
        .onComplete(
            answer -> {
              controller.answered();
              if (what.equals("stop")) {
                controller.stops(-1);
              }
              if (answer.succeeded()) {
                world.trace(() -> "user: " + what + " done");
                acknowledged(what, answer.result(), effect);
              } else {
                world.trace(() -> "user: " + what + " refused: " + answer.cause().getMessage());
                refused(controller, what, answer.cause(), refusable);
              }
            });
  }

  private void acknowledged(String what, PipelineRecord state, Predicate<PipelineRecord> effect) {
    PipelineRecord row = store.row();
    boolean same = row != null && row.id().equals(state.id());
    if (same
        && (row.revision() < state.revision()
            || !state.equals(store.committed(state.revision())))) {
      throw new Violation(what + " was acknowledged before it was committed: " + Words.of(state));
    }
    if (effect != null && !effect.test(state)) {
      throw new Violation(what + " was acknowledged without its effect: " + Words.of(state));
    }
    if (what.equals("delete") && same) {
      throw new Violation("delete was acknowledged, but the row is there");
    }
  }

  private static void refused(
      Controller controller, String what, Throwable cause, Predicate<PipelineRecord> refusable) {
    if (!(cause instanceof ApiException refusal)) {
      throw new Violation(what + " failed with " + cause);
    }
    String code = refusal.error().code();
    if (code.equals(ErrorCode.DATABASE_UNAVAILABLE)
        && controller.connection().lastMayHaveLanded()) {
      throw new Violation(what + " was said to have no effect, but its write has landed");
    }
    boolean users = refusal.error().status() == 400;
    if (users && refusable != null && !refusable.test(controller.actor().pipeline())) {
      throw new Violation(
          what + " was refused (" + code + "): " + Words.of(controller.actor().pipeline()));
    }
  }
}
