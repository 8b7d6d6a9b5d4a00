package io.weirkeeper.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.plan.ViewPlan.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProgramChangeTest {

  private static final TablePlan USERS = table("users", true, "id BIGINT", "name STRING");
  private static final TablePlan CLICKS = table("clicks", false, "user_id BIGINT", "at INT");
  private static final ViewPlan NAMES = view("names", "SELECT `name` FROM `users`", Kind.LOCAL);
  private static final ViewPlan TOTAL = view("total", "SELECT COUNT(*) FROM `names`", Kind.PLAIN);
  private static final ViewPlan HOT = view("hot", "SELECT `at` FROM `clicks`", Kind.MATERIALIZED);
  private static final PipelinePlan BEFORE =
      plan(List.of(USERS, CLICKS), List.of(NAMES, TOTAL, HOT));

  private static TablePlan table(String name, boolean materialized, String... columns) {
    List<ColumnPlan> plans = new ArrayList<>();
    for (String column : columns) {
      String[] parts = column.split(" ");
      plans.add(new ColumnPlan(parts[0], false, ColumnType.of(parts[1], true), parts[1], null));
    }
    return new TablePlan(name, false, materialized, false, plans, null);
  }

  private static ViewPlan view(String name, String sql, Kind kind) {
    return new ViewPlan(name, false, kind, List.of(), sql, new SourcePosition(1, 2, 3, 4));
  }

  private static PipelinePlan plan(List<TablePlan> tables, List<ViewPlan> views) {
    return new PipelinePlan(PipelinePlan.FORMAT_VERSION, tables, views);
  }

  private static ProgramChange to(PipelinePlan after) {
    ProgramChange change = ProgramChange.between(ProgramState.of(BEFORE), ProgramState.of(after));
    assertThat(change.none())
        .isEqualTo(ProgramState.of(BEFORE).digest().equals(ProgramState.of(after).digest()));
    return change;
  }

  @Test
  void orderPositionsAndDefaultsChangeNothing() {
    List<ViewPlan> views = new ArrayList<>(List.of(HOT, NAMES, TOTAL));
    ColumnPlan id = USERS.columns().get(0);
    TablePlan withDefault =
        new TablePlan(
            "users",
            false,
            true,
            false,
            List.of(
                new ColumnPlan(
                    id.name(),
                    false,
                    id.columntype(),
                    id.flinkType(),
                    JsonNodeFactory.instance.numberNode(1)),
                USERS.columns().get(1)),
            null);
    ProgramChange change = to(plan(List.of(CLICKS, withDefault), views));
    assertThat(change.none()).isTrue();
    assertThat(change.keptViews()).containsExactly("hot", "names", "total");
    assertThat(change.lostTables()).isEmpty();
  }

  @Test
  void aViewPutFirstChangesOnlyItself() {
    ViewPlan fresh = view("more", "SELECT `id` FROM `users`", Kind.PLAIN);
    ProgramChange change = to(plan(BEFORE.tables(), List.of(fresh, NAMES, TOTAL, HOT)));
    assertThat(change.diff().programDiff().addedViews()).containsExactly("more");
    assertThat(change.diff().programDiff().modifiedViews()).isEmpty();
    assertThat(change.keptViews()).containsExactly("hot", "names", "total");
    assertThat(change.obstacles()).isEmpty();
  }

  @Test
  void whatIsUpstreamOfAViewChangesTheView() {
    ViewPlan upper = view("names", "SELECT UPPER(`name`) FROM `users`", Kind.LOCAL);
    ProgramChange change = to(plan(BEFORE.tables(), List.of(upper, TOTAL, HOT)));
    assertThat(change.diff().programDiff().modifiedViews())
        .as("the local view is no output")
        .containsExactly("total");
    assertThat(change.keptViews()).containsExactly("hot");

    TablePlan retyped = table("users", true, "id INT", "name STRING");
    change = to(plan(List.of(retyped, CLICKS), BEFORE.views()));
    assertThat(change.diff().programDiff().modifiedTables()).containsExactly("users");
    assertThat(change.diff().programDiff().modifiedViews()).containsExactly("total");
    assertThat(change.lostTables()).containsExactly("users");
    assertThat(change.obstacles()).as("the table is empty, so nothing is missing").isEmpty();
  }

  @Test
  void anotherKindOfTheSameViewIsAnotherOutput() {
    ProgramChange change =
        to(plan(BEFORE.tables(), List.of(NAMES, TOTAL.withKind(Kind.MATERIALIZED), HOT)));
    assertThat(change.diff().programDiff().modifiedViews()).containsExactly("total");
    change = to(plan(BEFORE.tables(), List.of(NAMES.withKind(Kind.PLAIN), TOTAL, HOT)));
    assertThat(change.diff().programDiff().addedViews()).containsExactly("names");
    assertThat(change.keptViews()).as("its reader computes what it did").contains("total");
  }

  @Test
  void aViewOverRowsThatAreNotKeptIsAnObstacle() {
    ViewPlan late = view("late", "SELECT `at` FROM `hot`", Kind.PLAIN);
    ProgramChange change = to(plan(BEFORE.tables(), List.of(NAMES, TOTAL, HOT, late)));
    assertThat(change.obstacles())
        .singleElement()
        .asString()
        .contains("'late'")
        .contains("'clicks'")
        .contains("not materialized");
  }

  @Test
  void aRenamedViewIsGoneAndNew() {
    ViewPlan renamed = view("sum", TOTAL.flinkSql(), Kind.PLAIN);
    ProgramChange change = to(plan(BEFORE.tables(), List.of(NAMES, renamed, HOT)));
    assertThat(change.diff().programDiff().addedViews()).containsExactly("sum");
    assertThat(change.diff().programDiff().removedViews()).containsExactly("total");
  }

  @Test
  void connectorsAreComparedByNameAndConfiguration() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ConnectorPlan in =
        new ConnectorPlan("users.a", true, json.objectNode().put("x", 1).put("y", 2));
    ConnectorPlan same =
        new ConnectorPlan("users.a", true, json.objectNode().put("y", 2).put("x", 1));
    ConnectorPlan out = new ConnectorPlan("total.b", false, json.objectNode().put("secret", "s3"));
    ProgramState before = ProgramState.of(BEFORE.withConnectors(List.of(in)));
    ProgramChange change =
        ProgramChange.between(before, ProgramState.of(BEFORE.withConnectors(List.of(same, out))));
    assertThat(change.diff().addedOutputConnectors()).containsExactly("total.b");
    assertThat(change.diff().modifiedInputConnectors()).isEmpty();
    assertThat(change.none()).isFalse();
    assertThat(ProgramState.of(BEFORE.withConnectors(List.of(out))).toString())
        .doesNotContain("s3");
  }

  @Test
  void aPartOfAProgramHasWhatItReads() {
    PipelinePlan part = Reads.of(BEFORE).part(Set.of("total"));
    assertThat(part.tables()).containsExactly(USERS);
    assertThat(part.views()).extracting(ViewPlan::name).containsExactly("names", "total");
    assertThat(Reads.of(BEFORE).part(Collections.singleton("hot")).tables())
        .containsExactly(CLICKS);
  }
}
