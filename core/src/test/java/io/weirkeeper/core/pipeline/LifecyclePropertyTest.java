package io.weirkeeper.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Laws that hold along every history. */
class LifecyclePropertyTest {
  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectNode EMPTY = JsonNodeFactory.instance.objectNode();
  private static final ProcessReport PROCESS =
      new ProcessReport(new UUID(1, 1), "boot", 42, 4242, "127.0.0.1", 9999);

  private static final Map<ResourcesStatus, Set<ResourcesStatus>> RESOURCES =
      Map.of(
          ResourcesStatus.STOPPED, Set.of(ResourcesStatus.STOPPED, ResourcesStatus.PROVISIONING),
          // To Stopped only when a controller parks a pipeline or finds its process gone.
          ResourcesStatus.PROVISIONING,
              Set.of(
                  ResourcesStatus.PROVISIONING,
                  ResourcesStatus.PROVISIONED,
                  ResourcesStatus.STOPPING,
                  ResourcesStatus.STOPPED),
          ResourcesStatus.PROVISIONED,
              Set.of(
                  ResourcesStatus.PROVISIONED, ResourcesStatus.STOPPING, ResourcesStatus.STOPPED),
          ResourcesStatus.STOPPING, Set.of(ResourcesStatus.STOPPING, ResourcesStatus.STOPPED));

  private static final Map<ProgramStatus, Set<ProgramStatus>> PROGRAM =
      Map.of(
          ProgramStatus.PENDING, Set.of(ProgramStatus.COMPILING_SQL, ProgramStatus.SYSTEM_ERROR),
          ProgramStatus.COMPILING_SQL,
              Set.of(
                  ProgramStatus.SQL_COMPILED,
                  ProgramStatus.SQL_ERROR,
                  ProgramStatus.SYSTEM_ERROR,
                  ProgramStatus.PENDING),
          ProgramStatus.SQL_COMPILED, Set.of(ProgramStatus.COMPILING_RUST, ProgramStatus.PENDING),
          ProgramStatus.COMPILING_RUST,
              Set.of(
                  ProgramStatus.SUCCESS,
                  ProgramStatus.RUST_ERROR,
                  ProgramStatus.SYSTEM_ERROR,
                  ProgramStatus.SQL_COMPILED,
                  ProgramStatus.PENDING),
          ProgramStatus.SUCCESS, Set.of(ProgramStatus.PENDING),
          ProgramStatus.SQL_ERROR, Set.of(ProgramStatus.PENDING),
          ProgramStatus.RUST_ERROR, Set.of(ProgramStatus.PENDING),
          ProgramStatus.SYSTEM_ERROR, Set.of(ProgramStatus.PENDING));

  @Provide
  Arbitrary<List<Integer>> histories() {
    return Arbitraries.integers().between(0, 29).list().ofMinSize(1).ofMaxSize(120);
  }

  private static Definition definition(int variant) {
    return new Definition(
        "p", "d" + variant % 2, List.of(), EMPTY, "code " + variant, "", "", EMPTY);
  }

  private static LifecycleInput input(int choice, int step, PipelineRecord p) {
    long number = p.deployment().number();
    long version = p.versions().programVersion();
    RuntimeStatus runtime = RuntimeStatus.values()[step % RuntimeStatus.values().length];
    return switch (choice) {
      case 0 -> new LifecycleInput.Edit(definition(step), false);
      case 1 -> new LifecycleInput.UpdateRuntime();
      case 2, 3 ->
          new LifecycleInput.Start(
              new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.ALLOW, false, false),
              step % 2 == 0);
      case 4 -> new LifecycleInput.Stop();
      case 5 -> new LifecycleInput.Clear("host");
      case 6 -> new LifecycleInput.DismissError();
      case 7 -> new LifecycleInput.Loaded(ProcessFate.values()[step % 5]);
      case 8, 9 -> new LifecycleInput.CompileStarted(version - step % 7 / 6);
      case 10, 11 -> new LifecycleInput.SqlCompiled(version, EMPTY, EMPTY, EMPTY);
      case 12 -> new LifecycleInput.CompileRejected(version, EMPTY);
      case 13 -> new LifecycleInput.CompileBroken(version, "broken");
      case 14, 15 -> new LifecycleInput.ProcessReported(number, PROCESS, T0);
      case 16 -> new LifecycleInput.RenewLease(number, T0.plusSeconds(step));
      case 17 -> new LifecycleInput.ProcessObserved(number, runtime, EMPTY, runtime, EMPTY);
      case 18 -> new LifecycleInput.DeploymentFailed(number, ApiError.of(500, "Failed", "failed"));
      case 19 -> new LifecycleInput.ProcessStopped(number);
      case 20 -> new LifecycleInput.Parked(number);
      case 21 -> new LifecycleInput.StorageRemoved(p.storage().generation() - 1);
      case 22 -> new LifecycleInput.ProcessSuspended(number);
      case 23 -> new LifecycleInput.StopFailed(number, "reason " + step % 3);
      case 24 -> new LifecycleInput.Intend(number, runtime);
      case 25 -> new LifecycleInput.Withdraw(number, p.revision());
      case 26 -> new LifecycleInput.ProcessDied(number, ApiError.of(500, "Failed", "died"));
      default ->
          new LifecycleInput.Reconcile(
              new LifecycleInput.FreshDeployment(new UUID(7, step), "ab".repeat(32), "host"));
    };
  }

  @Property(tries = 2_000)
  void every_history_keeps_the_laws(@ForAll("histories") List<Integer> history) {
    Lifecycle lifecycle = new Lifecycle("0.337.0");
    PipelineRecord p =
        PipelineRecord.create(new UUID(0, 0), new UUID(5, 5), definition(0), "0.337.0", T0);
    int step = 0;
    for (int choice : history) {
      LifecycleInput next = input(choice, step, p);
      while (next != null) {
        Instant now = T0.plusSeconds(++step);
        LifecycleInput fed = next;
        next = null;
        if (lifecycle.decide(p, fed, now) instanceof Decision.Changed changed) {
          check(p, changed.next(), fed, now);
          p = changed.next().withRevision(p.revision() + 1);
          next = changed.then();
        }
      }
    }
  }

  @Property(tries = 2_000)
  void from_wherever_a_history_ends_every_state_is_left_for_the_desired_one(
      @ForAll("histories") List<Integer> history, @ForAll ProcessFate fate) {
    Lifecycle lifecycle = new Lifecycle("0.337.0");
    PipelineRecord p =
        PipelineRecord.create(new UUID(0, 0), new UUID(5, 5), definition(0), "0.337.0", T0);
    int step = 0;
    for (int choice : history) {
      LifecycleInput next = input(choice, step, p);
      // A controller may die between the writes of one decision: what follows is then lost.
      while (next != null) {
        Instant now = T0.plusSeconds(++step);
        Decision decision = lifecycle.decide(p, next, now);
        next = null;
        if (decision instanceof Decision.Changed changed) {
          p = changed.next().withRevision(p.revision() + 1);
          next = step % 5 == 0 ? null : changed.then();
        }
      }
    }
    PipelineRecord end = settle(lifecycle, p, new LifecycleInput.Loaded(fate), step);
    assertThat(end.program().status())
        .isIn(
            ProgramStatus.SUCCESS,
            ProgramStatus.SQL_ERROR,
            ProgramStatus.RUST_ERROR,
            ProgramStatus.SYSTEM_ERROR);
    assertThat(end.storage().status()).isNotEqualTo(StorageStatus.CLEARING);
    assertThat(end.resources().status().json()).isEqualTo(end.resources().desired().json());
  }

  /** Carries out every effect in a world where everything succeeds. */
  private static PipelineRecord settle(
      Lifecycle lifecycle, PipelineRecord from, LifecycleInput first, int from0) {
    PipelineRecord p = from;
    Deque<LifecycleInput> inbox = new ArrayDeque<>(List.of(first));
    for (int step = from0; !inbox.isEmpty(); step++) {
      assertThat(step - from0).as("steps until it is at rest: %s", p).isLessThan(100);
      Decision decision = lifecycle.decide(p, inbox.poll(), T0.plusSeconds(1_000 + step));
      List<Effect> effects = List.of();
      if (decision instanceof Decision.Changed changed) {
        p = changed.next().withRevision(p.revision() + 1);
        effects = changed.effects();
        if (changed.then() != null) {
          inbox.addFirst(changed.then());
        }
      } else if (decision instanceof Decision.Unchanged unchanged) {
        effects = unchanged.effects();
      }
      for (Effect effect : effects) {
        perform(effect, p, step, inbox);
      }
    }
    return p;
  }

  private static void perform(
      Effect effect, PipelineRecord p, int step, Deque<LifecycleInput> inbox) {
    if (effect instanceof Effect.Reconcile) {
      inbox.add(input(Integer.MAX_VALUE, step, p));
    } else if (effect instanceof Effect.Compile compile) {
      inbox.add(new LifecycleInput.CompileStarted(compile.programVersion()));
      inbox.add(new LifecycleInput.SqlCompiled(compile.programVersion(), EMPTY, EMPTY, EMPTY));
    } else if (effect instanceof Effect.Launch launch) {
      inbox.add(new LifecycleInput.ProcessReported(launch.number(), PROCESS, T0));
    } else if (effect instanceof Effect.Kill kill) {
      inbox.add(new LifecycleInput.ProcessStopped(kill.number()));
    } else if (effect instanceof Effect.RemoveStorage remove) {
      inbox.add(new LifecycleInput.StorageRemoved(remove.belowGeneration() - 1));
    }
  }

  private static void check(
      PipelineRecord before, PipelineRecord after, LifecycleInput input, Instant now) {
    String what = input + " on " + before;
    assertThat(RESOURCES.get(before.resources().status()))
        .as(what)
        .contains(after.resources().status());
    boolean edited = after.versions().programVersion() > before.versions().programVersion();
    if (before.program().status() != after.program().status()) {
      assertThat(PROGRAM.get(before.program().status()))
          .as(what)
          .contains(after.program().status());
      assertThat(before.resources().status()).as(what).isEqualTo(ResourcesStatus.STOPPED);
    }
    if (edited) {
      assertThat(after.program().status()).as(what).isEqualTo(ProgramStatus.PENDING);
      assertThat(after.versions().version()).as(what).isGreaterThan(before.versions().version());
    }
    since(
        what,
        before.program().status(),
        after.program().status(),
        before.program().since(),
        after.program().since(),
        now);
    since(
        what,
        before.resources().status(),
        after.resources().status(),
        before.resources().since(),
        after.resources().since(),
        now);
    since(
        what,
        before.resources().desired(),
        after.resources().desired(),
        before.resources().desiredSince(),
        after.resources().desiredSince(),
        now);
    assertThat(after.versions().refreshVersion())
        .as(what)
        .isGreaterThanOrEqualTo(before.versions().refreshVersion());
    assertThat(after.versions().version())
        .as(what)
        .isGreaterThanOrEqualTo(before.versions().version());
    assertThat(after.deployment().number())
        .as(what)
        .isGreaterThanOrEqualTo(before.deployment().number());
    assertThat(after.storage().generation())
        .as(what)
        .isGreaterThanOrEqualTo(before.storage().generation());
    assertThat(after.runtime().status() != null)
        .as(what)
        .isEqualTo(after.resources().status() == ResourcesStatus.PROVISIONED);
    if (after.resources().status() == ResourcesStatus.PROVISIONING
        || after.resources().status() == ResourcesStatus.PROVISIONED) {
      assertThat(after.storage().status()).as(what).isEqualTo(StorageStatus.IN_USE);
      assertThat(after.deployment().id()).as(what).isNotNull();
    }
    if (before.storage().status() != after.storage().status()) {
      assertThat(before.resources().status()).as(what).isEqualTo(ResourcesStatus.STOPPED);
    }
    boolean forgets =
        input instanceof LifecycleInput.DismissError || input instanceof LifecycleInput.Start;
    if (before.deploymentError() != null && !forgets) {
      assertThat(after.deploymentError()).as(what).isNotNull();
    }
    if (after.resources().status() == ResourcesStatus.STOPPING) {
      assertThat(after.resources().desired()).as(what).isEqualTo(ResourcesDesiredStatus.STOPPED);
    }
  }

  private static void since(
      String what, Object before, Object after, Instant since, Instant next, Instant now) {
    if (Objects.equals(before, after)) {
      assertThat(next).as(what).isEqualTo(since);
    } else {
      assertThat(next).as(what).isEqualTo(now);
    }
  }
}
