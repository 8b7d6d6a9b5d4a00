package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ProgramChange;
import io.weirkeeper.core.plan.ProgramState;
import io.weirkeeper.core.plan.Reads;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Output views that came into the program together and are run by one Flink job. Planned apart from
 * all others, a generation has the same operators whatever becomes of the program around it, so
 * that it always finds its state.
 *
 * @param plan what the job is planned from
 * @param shown its output views that are the program's; what else comes out of it is dropped
 * @param saved the state that it goes on from; null if it begins with nothing
 * @param reduced whether views were taken out of the job since, so that part of the state is not
 *     wanted any more
 * @param quiet views that are filled again although nothing changed about them: nobody is told
 */
record Generation(
    PipelinePlan plan, Set<String> shown, SavedJob saved, boolean reduced, Set<String> quiet) {

  /**
   * Jobs from which on generations are put together again: a job costs some threads and megabytes.
   */
  static final int MANY = 4;

  /** A program as one generation that begins with nothing. */
  static Generation whole(PipelinePlan plan) {
    return new Generation(plan, outputs(plan), null, false, Set.of());
  }

  boolean fresh() {
    return saved == null;
  }

  /**
   * How a program goes on from the state of another, or of itself.
   *
   * @param operators the ids of the operators that a plan leads to
   */
  static List<Generation> of(
      PipelinePlan plan, SavedState saved, Function<PipelinePlan, List<String>> operators) {
    return new Regrouping(plan, saved, operators).generations();
  }

  private static Set<String> outputs(PipelinePlan plan) {
    Set<String> names = new LinkedHashSet<>();
    PlannedJob.outputs(plan).forEach(view -> names.add(view.name()));
    return names;
  }

  /** The decision. */
  private static final class Regrouping {
    private final PipelinePlan plan;
    private final SavedState saved;
    private final ProgramChange change;
    private final Function<PipelinePlan, List<String>> operators;
    private final List<Generation> kept = new ArrayList<>();

    /** Views that begin with nothing. */
    private final Set<String> fresh;

    private final Set<String> quiet = new HashSet<>();

    Regrouping(
        PipelinePlan plan, SavedState saved, Function<PipelinePlan, List<String>> operators) {
      this.plan = plan;
      this.saved = saved;
      this.operators = operators;
      this.change = ProgramChange.between(saved.program(), ProgramState.of(plan));
      this.fresh = outputs(plan);
    }

    List<Generation> generations() {
      for (SavedJob job : saved.jobs()) {
        keep(job);
      }
      if (!change.none()) {
        for (int i = kept.size() - 1; i >= 0 && kept.size() >= MANY; i--) {
          if (fillable(kept.get(i).shown())) {
            fillAgain(kept.remove(i).shown());
          }
        }
      }
      for (String view : fresh) {
        if (change.keptViews().contains(view) && !quiet.contains(view)) {
          throw new DataflowException(
              "the saved state should hold the view's, and does not", view, null);
        }
        if (!fillable(Set.of(view))) {
          throw new DataflowException(
              "the view reads a table that is not materialized, so it can't be filled", view, null);
        }
      }
      List<Generation> all = new ArrayList<>(kept);
      if (fresh.equals(outputs(plan))) {
        // As a whole it may have been planned ahead.
        all.add(new Generation(plan, fresh, null, false, quiet));
      } else if (!fresh.isEmpty()) {
        all.add(new Generation(Reads.of(plan).part(fresh), fresh, null, false, quiet));
      }
      all.removeIf(generation -> generation.shown().isEmpty());
      return all;
    }

    private void keep(SavedJob job) {
      Set<String> mine = new LinkedHashSet<>(job.shown());
      mine.retainAll(change.keptViews());
      if (mine.isEmpty()) {
        return;
      }
      if (!ProgramChange.same(job.plan(), plan).containsAll(mine) || !fresh.containsAll(mine)) {
        throw new DataflowException(
            "the saved state contradicts itself: a view is not what its job was planned from: "
                + mine,
            null);
      }
      fresh.removeAll(mine);
      if (change.none() || mine.equals(outputs(job.plan()))) {
        kept.add(new Generation(job.plan(), mine, job, false, Set.of()));
        return;
      }
      PipelinePlan part = Reads.of(job.plan()).part(mine);
      if (new HashSet<>(job.operators()).containsAll(operators.apply(part))) {
        kept.add(new Generation(part, mine, job, true, Set.of()));
      } else if (fillable(mine)) {
        fillAgain(mine);
      } else {
        // What was removed is computed on, and nobody sees it.
        kept.add(new Generation(job.plan(), mine, job, false, Set.of()));
      }
    }

    private boolean fillable(Set<String> views) {
      return views.stream()
          .allMatch(view -> ProgramChange.fillable(plan, view, change.keptTables()));
    }

    private void fillAgain(Set<String> views) {
      fresh.addAll(views);
      quiet.addAll(views);
    }
  }

  /** The job's output views that are shown, by their numbers in the job. */
  List<ViewPlan> outputs() {
    return PlannedJob.outputs(plan);
  }
}
