package io.weirkeeper.core.plan;

import io.weirkeeper.core.plan.PipelineDiff.ProgramDiff;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What becomes of saved state when another program takes it over. A table keeps its rows unless its
 * columns, key or properties changed; a view keeps its state unless it, or anything upstream of it,
 * changed. What keeps nothing begins anew: tables empty, views filled from the tables that they
 * read, which must therefore be materialized unless they are empty too.
 *
 * @param keptTables tables that keep their rows
 * @param keptViews views that keep their state; local ones have none of their own
 * @param lostTables tables of the former program whose rows go: removed ones and changed ones
 * @param diff the same for the API; local views are not in it
 * @param obstacles why the new program can't be filled, in sentences; empty if it can
 */
public record ProgramChange(
    Set<String> keptTables,
    Set<String> keptViews,
    Set<String> lostTables,
    PipelineDiff diff,
    List<String> obstacles) {

  /** Compares the program of the saved state with the one that is to go on with it. */
  public static ProgramChange between(ProgramState before, ProgramState after) {
    PipelinePlan old = before.plan();
    PipelinePlan now = after.plan();
    Set<String> same = same(old, now);
    Set<String> keptTables = new TreeSet<>(tables(now));
    keptTables.retainAll(same);
    Set<String> keptViews = new TreeSet<>();
    for (ViewPlan view : now.views()) {
      if (same.contains(view.name()) && kinds(old).get(view.name()) == view.kind()) {
        keptViews.add(view.name());
      }
    }
    Set<String> lostTables = new TreeSet<>(tables(old));
    lostTables.removeAll(keptTables);
    Names tables = Names.of(tables(old), tables(now), keptTables);
    Names views = Names.of(outputs(old), outputs(now), keptViews);
    Names inputs = Names.of(before.inputConnectors(), after.inputConnectors());
    Names outputs = Names.of(before.outputConnectors(), after.outputConnectors());
    PipelineDiff diff =
        new PipelineDiff(
            new ProgramDiff(
                tables.added,
                tables.removed,
                tables.modified,
                views.added,
                views.removed,
                views.modified),
            null,
            inputs.added,
            inputs.modified,
            inputs.removed,
            outputs.added,
            outputs.modified,
            outputs.removed);
    return new ProgramChange(
        keptTables, keptViews, lostTables, diff, obstacles(now, keptTables, keptViews));
  }

  /** Whether nothing changed that state depends on. */
  public boolean none() {
    ProgramDiff program = diff.programDiff();
    return List.of(
            program.addedTables(),
            program.removedTables(),
            program.modifiedTables(),
            program.addedViews(),
            program.removedViews(),
            program.modifiedViews(),
            diff.addedInputConnectors(),
            diff.modifiedInputConnectors(),
            diff.removedInputConnectors(),
            diff.addedOutputConnectors(),
            diff.modifiedOutputConnectors(),
            diff.removedOutputConnectors())
        .stream()
        .allMatch(List::isEmpty);
  }

  /**
   * Relations of one program that another defines alike, with all that is upstream of them. The
   * kind of a view is not looked at: it says what becomes of the rows, not which there are.
   */
  public static Set<String> same(PipelinePlan before, PipelinePlan after) {
    Map<String, Object> definitions = new HashMap<>();
    after.tables().forEach(table -> definitions.put(table.name(), ProgramState.essence(table)));
    after.views().forEach(view -> definitions.put(view.name(), ProgramState.definition(view)));
    Reads reads = Reads.of(before);
    Set<String> same = new HashSet<>();
    for (TablePlan table : before.tables()) {
      if (ProgramState.essence(table).equals(definitions.get(table.name()))) {
        same.add(table.name());
      }
    }
    for (ViewPlan view : before.views()) {
      // A relation that is new can't be what the same text meant before.
      if (ProgramState.definition(view).equals(definitions.get(view.name()))
          && same.containsAll(reads.direct(view.name()))) {
        same.add(view.name());
      }
    }
    return same;
  }

  /** Whether a view can be filled: all that it reads and that was there before is materialized. */
  public static boolean fillable(PipelinePlan plan, String view, Set<String> keptTables) {
    return missing(plan, view, keptTables).isEmpty();
  }

  private static List<String> missing(PipelinePlan plan, String view, Set<String> keptTables) {
    Set<String> upstream = Reads.of(plan).upstream(List.of(view));
    return plan.tables().stream()
        .filter(table -> upstream.contains(table.name()) && keptTables.contains(table.name()))
        .filter(table -> !table.materialized())
        .map(TablePlan::name)
        .toList();
  }

  private static List<String> obstacles(
      PipelinePlan now, Set<String> keptTables, Set<String> keptViews) {
    List<String> obstacles = new ArrayList<>();
    for (String view : outputs(now)) {
      if (!keptViews.contains(view)) {
        for (String table : missing(now, view, keptTables)) {
          obstacles.add(
              ("The view '%s' is new or changed and reads the table '%s', which is not materialized:"
                      + " the rows that went into it are not kept, so the view can't be filled")
                  .formatted(view, table));
        }
      }
    }
    return obstacles;
  }

  private static List<String> tables(PipelinePlan plan) {
    return plan.tables().stream().map(TablePlan::name).toList();
  }

  private static Map<String, ViewPlan.Kind> kinds(PipelinePlan plan) {
    Map<String, ViewPlan.Kind> kinds = new HashMap<>();
    plan.views().forEach(view -> kinds.put(view.name(), view.kind()));
    return kinds;
  }

  private static List<String> outputs(PipelinePlan plan) {
    return plan.views().stream()
        .filter(view -> view.kind() != ViewPlan.Kind.LOCAL)
        .map(ViewPlan::name)
        .toList();
  }

  /** Names in their order that were added, modified and removed. */
  private record Names(List<String> added, List<String> modified, List<String> removed) {

    static Names of(Collection<String> before, Collection<String> after, Set<String> kept) {
      Set<String> added = new TreeSet<>(after);
      added.removeAll(before);
      Set<String> removed = new TreeSet<>(before);
      removed.removeAll(after);
      Set<String> modified = new TreeSet<>(after);
      modified.retainAll(before);
      modified.removeAll(kept);
      return new Names(List.copyOf(added), List.copyOf(modified), List.copyOf(removed));
    }

    static Names of(TreeMap<String, String> before, TreeMap<String, String> after) {
      Set<String> kept = new HashSet<>(after.keySet());
      kept.removeIf(name -> !after.get(name).equals(before.get(name)));
      return of(before.keySet(), after.keySet(), kept);
    }
  }
}
