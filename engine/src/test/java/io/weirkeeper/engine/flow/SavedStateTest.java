package io.weirkeeper.engine.flow;

import static io.weirkeeper.engine.flow.RunningDataflow.PATIENCE_SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ViewPlan;
import io.weirkeeper.engine.journal.Journal;
import io.weirkeeper.engine.journal.JournalSettings;
import io.weirkeeper.engine.store.AdHocResult;
import io.weirkeeper.engine.store.AdHocStore;
import io.weirkeeper.engine.store.StoreFiles;
import io.weirkeeper.engine.store.StoreSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedStateTest {

  @TempDir Path directory;
  private Path scratch;

  /** Keys, duplicates, joins, a total and a constant: each keeps its state elsewhere. */
  private static Program program() {
    return new Program()
        .keyedTable("users", "id BIGINT NOT NULL", "name STRING")
        .table("sales", "user_id BIGINT", "cents BIGINT")
        .view(
            "spent",
            ViewPlan.Kind.MATERIALIZED,
            "SELECT u.name AS name, SUM(s.cents) AS cents FROM users u JOIN sales s"
                + " ON u.id = s.user_id GROUP BY u.name",
            "name STRING",
            "cents BIGINT")
        .view("total", "SELECT COUNT(*) AS c FROM sales", "c BIGINT")
        .view("constant", "SELECT 1 AS uno", "uno INT");
  }

  @BeforeEach
  void makeScratch() throws Exception {
    scratch = Files.createDirectory(directory.resolve("scratch"));
  }

  private Path fresh(String name) throws Exception {
    return Files.createDirectory(directory.resolve(name));
  }

  private AdHocStore store(PipelinePlan plan, SavedState saved) {
    return AdHocStore.open(
        plan,
        StoreSettings.defaults(),
        new StoreFiles(scratch, saved == null ? null : saved.directory()));
  }

  private static RunningDataflow start(PipelinePlan plan, AdHocStore store, Durability durability)
      throws Exception {
    RunningDataflow running =
        RunningDataflow.start(
            Dataflow.open(plan, RunningDataflow.settings(), store, JobCache.none(), durability));
    running.dataflow.replayed().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return running;
  }

  private static SavedState save(RunningDataflow running, Path into) throws Exception {
    return running.dataflow.save(into, () -> null).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static List<List<Object>> query(AdHocStore store, String sql) throws Exception {
    List<List<Object>> rows = new ArrayList<>();
    try (AdHocResult result = store.query(sql)) {
      for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
        rows.add(List.of(row.get()));
      }
    }
    return rows;
  }

  private static ViewRow row(Object... values) {
    return ViewRow.of(values);
  }

  @Test
  void aRestoredDataflowGoesOnWhereTheSavedOneWas() throws Exception {
    PipelinePlan plan = program().plan();
    SavedState saved;
    try (AdHocStore store = store(plan, null);
        RunningDataflow before = start(plan, store, Durability.none())) {
      before.apply("users", before.insert("users", 1L, "Ann"), before.insert("users", 2L, "Bob"));
      before.apply("sales", before.insert("sales", 1L, 10L), before.insert("sales", 1L, 10L));
      saved = save(before, fresh("c1"));
      // Not part of what was saved.
      before.apply("sales", before.insert("sales", 2L, 1_000L));
      assertThat(before.contents("constant")).containsEntry(row(1), 1L);
    }
    assertThat(saved.step()).isEqualTo(2);
    try (AdHocStore store = store(plan, saved);
        RunningDataflow after = start(plan, store, new Durability(saved, null, null))) {
      assertThat(after.outputs()).as("nothing is published twice").isEmpty();
      assertThat(query(store, "SELECT name, cents FROM spent"))
          .containsExactly(List.of("Ann", 20L));
      assertThat(after.dataflow.steps().counters().completedSteps()).isEqualTo(2);
      assertThat(after.dataflow.steps().counters().processedRecords()).isEqualTo(4);
      // A key, a duplicate and the total are all remembered.
      after.apply("users", after.insert("users", 1L, "Eve"));
      after.apply("sales", after.delete("sales", 1L, 10L));
      assertThat(after.contents("spent"))
          .isEqualTo(Map.of(row("Ann", 20L), -1L, row("Eve", 10L), 1L));
      assertThat(after.contents("total")).isEqualTo(Map.of(row(2L), -1L, row(1L), 1L));
      assertThat(query(store, "SELECT name, cents FROM spent"))
          .containsExactly(List.of("Eve", 10L));
      after.apply("sales", after.delete("sales", 2L, 1_000L));
      assertThat(after.dataflow.steps().counters().ignoredDeletes())
          .as("a row after the saved step is not there")
          .isEqualTo(1);
    }
  }

  @Test
  void whatWaitsForAStepIsSavedToo() throws Exception {
    PipelinePlan plan = program().plan();
    SavedState saved;
    try (AdHocStore store = store(plan, null);
        RunningDataflow before = start(plan, store, Durability.none())) {
      before.dataflow.steps().pause();
      before.put("sales", before.insert("sales", 1L, 5L));
      saved = save(before, fresh("c1"));
    }
    try (AdHocStore store = store(plan, saved);
        RunningDataflow after = start(plan, store, new Durability(saved, null, null))) {
      InputEndpoint restored = after.dataflow.input(0).orElseThrow();
      restored.whenComplete(1).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(after.contents("total")).isEqualTo(Map.of(row(1L), 1L));
      assertThat(after.dataflow.steps().counters().inputRecords()).isEqualTo(1);
    }
  }

  @Test
  void theJournalRepeatsTheStepsAfterTheSavedOne() throws Exception {
    PipelinePlan plan = program().plan();
    Path journals = directory.resolve("journal");
    SavedState saved;
    List<StepOutput> outputs;
    try (Journal journal = Journal.open(journals, JournalSettings.defaults());
        AdHocStore store = store(plan, null);
        RunningDataflow before =
            start(plan, store, new Durability(null, journal.replay(1), journal))) {
      before.apply("users", before.insert("users", 1L, "Ann"));
      saved = save(before, fresh("c1"));
      before.apply("sales", before.insert("sales", 1L, 10L), before.insert("sales", 1L, 7L));
      before.apply("users", before.update("users", new int[] {1}, 1L, "Eve"));
      before.dataflow.steps().pause();
      before.put("sales", before.insert("sales", 1L, 100L));
      before.input("sales").durable().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      outputs = before.outputs().stream().filter(o -> o.step() > saved.step()).toList();
    }
    try (Journal journal = Journal.open(journals, JournalSettings.defaults());
        AdHocStore store = store(plan, saved);
        RunningDataflow after =
            start(
                plan, store, new Durability(saved, journal.replay(saved.logSegment()), journal))) {
      after.dataflow.input(1).orElseThrow().whenComplete(3).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(after.outputs()).startsWith(outputs.toArray(new StepOutput[0]));
      assertThat(query(store, "SELECT name, cents FROM spent"))
          .containsExactly(List.of("Eve", 117L));
      assertThat(after.dataflow.steps().counters().completedSteps()).isEqualTo(4);
    }
  }

  @Test
  void withoutASavedStateTheJournalIsAllThereIs() throws Exception {
    PipelinePlan plan = program().plan();
    Path journals = directory.resolve("journal");
    for (int life = 0; life < 3; life++) {
      try (Journal journal = Journal.open(journals, JournalSettings.defaults());
          AdHocStore store = store(plan, null);
          RunningDataflow running =
              start(plan, store, new Durability(null, journal.replay(1), journal))) {
        running.apply("sales", running.insert("sales", 1L, 5L));
        assertThat(running.contents("total")).isEqualTo(Map.of(row(life + 1L), 1L));
        assertThat(running.input("sales").totalRecords()).isEqualTo(life + 1L);
      }
    }
  }

  @Test
  void aSavedStateOfAnotherProgramIsRefusedUnlessTold() throws Exception {
    PipelinePlan plan =
        new Program()
            .table("sales", "cents BIGINT")
            .view("v", "SELECT cents FROM sales", "cents BIGINT")
            .plan();
    SavedState saved;
    try (AdHocStore store = store(plan, null);
        RunningDataflow before = start(plan, store, Durability.none())) {
      saved = save(before, fresh("c1"));
    }
    PipelinePlan other =
        program().view("more", "SELECT MAX(cents) AS m FROM sales", "m BIGINT").plan();
    try (AdHocStore store = store(other, null)) {
      Durability durability = new Durability(saved, null, null);
      assertThatThrownBy(
              () ->
                  Dataflow.open(
                      other, RunningDataflow.settings(), store, JobCache.none(), durability))
          .isInstanceOf(DataflowException.class)
          .hasMessageContaining("is another program's");
    }
    assertThat(Dataflow.programDigest(other)).isNotEqualTo(Dataflow.programDigest(plan));
  }
}
