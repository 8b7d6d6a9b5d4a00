package io.weirkeeper.engine.flow;

import static io.weirkeeper.engine.flow.RunningDataflow.PATIENCE_SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.plan.PipelinePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobCacheTest {

  @TempDir Path directory;

  private static PipelinePlan plan(String view) {
    return new Program()
        .table("t", "id BIGINT", "k STRING")
        .view("v", view, "k STRING", "c BIGINT")
        .plan();
  }

  private static final String COUNTS = "SELECT k, COUNT(*) AS c FROM t GROUP BY k";

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aProgramThatWasPlannedBeforeIsReadAndNotPlannedAgain() throws Exception {
    PlannedJob made = new JobCache(directory).get(plan(COUNTS), 2);
    PlannedJob read = new JobCache(directory).get(plan(COUNTS), 2);
    assertThat(files()).hasSize(1).allMatch(name -> name.endsWith(".job"));
    // A second planning would have drawn another id.
    assertThat(read.exchangeId()).isEqualTo(made.exchangeId());
    assertThat(read.sources()).isEqualTo(made.sources());
    assertThat(read.outputTypes()).isEqualTo(made.outputTypes());
  }

  @Test
  void anotherProgramOrParallelismIsPlannedForItself() throws Exception {
    JobCache jobs = new JobCache(directory);
    jobs.get(plan(COUNTS), 2);
    jobs.get(plan(COUNTS), 1);
    jobs.get(plan("SELECT k, SUM(id) AS c FROM t GROUP BY k"), 2);
    assertThat(files()).hasSize(3);
  }

  @Test
  void aFileThatCannotBeReadIsPlannedAgain() throws Exception {
    JobCache jobs = new JobCache(directory);
    jobs.get(plan(COUNTS), 2);
    Path file = directory.resolve(files().get(0));
    Files.writeString(file, "no job");
    assertThat(jobs.get(plan(COUNTS), 2).sources()).containsValue("t");
    assertThat(Files.size(file)).isGreaterThan(1_000);
  }

  @Test
  void aStartWaitsForAJobThatIsBeingPlanned() throws Exception {
    JobCache compiler = new JobCache(directory);
    assertThat(compiler.announce(plan(COUNTS), 2)).isTrue();
    CompletableFuture<PlannedJob> start =
        CompletableFuture.supplyAsync(() -> new JobCache(directory).get(plan(COUNTS), 2));
    compiler.keepAnnounced(plan(COUNTS), 2);
    PlannedJob started = start.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(started.exchangeId()).isEqualTo(compiler.get(plan(COUNTS), 2).exchangeId());
    assertThat(files()).hasSize(1);
    assertThat(compiler.announce(plan(COUNTS), 2)).isFalse();
  }
}
