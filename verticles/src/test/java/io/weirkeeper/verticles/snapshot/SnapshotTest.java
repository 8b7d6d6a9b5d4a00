package io.weirkeeper.verticles.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.api.RuntimeConfig;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.snapshot.Snapshot.Selector;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private final AtomicInteger rendered = new AtomicInteger();
  private final PipelineRecord created =
      PipelineRecord.create(
          new UUID(0, 0),
          new UUID(0, 1),
          new Definition(
              "p", "", List.of(), RuntimeConfig.defaults(), "", "", "", ProgramConfig.defaults()),
          "0.337.0",
          NOW);

  private Buffer render(PipelineRecord pipeline, Selector selector) {
    rendered.incrementAndGet();
    return Buffer.buffer(pipeline.name());
  }

  private static PipelineRecord renewed(PipelineRecord pipeline, int seconds) {
    Deployment old = pipeline.deployment();
    return pipeline
        .withDeployment(
            new Deployment(
                old.number(),
                old.id(),
                old.secret(),
                old.config(),
                old.host(),
                old.process(),
                NOW.plusSeconds(seconds)))
        .withRevision(pipeline.revision() + 1);
  }

  @Test
  void aRenewalOfALeaseChangesNeitherTheStateNorTheReadyAnswers() {
    SnapshotTable table = new SnapshotTable();
    Snapshot first = Snapshot.written(created, this::render);
    table.publish(null, first);
    table.answer(first, Selector.ALL);
    final long changes = table.changes(created.tenantId());
    Snapshot renewed = first.followedBy(renewed(created, 90));
    table.publish(first, renewed);
    assertThat(renewed.state()).isEqualTo(first.state());
    assertThat(renewed.pipeline().revision()).isEqualTo(2);
    table.answer(renewed, Selector.ALL);
    assertThat(rendered).hasValue(1);
    assertThat(table.changes(created.tenantId())).isEqualTo(changes);
    assertThat(table.find(created.tenantId(), "p").orElseThrow().pipeline().revision())
        .isEqualTo(2);
  }

  @Test
  void whatReadersSeeMakesANewState() {
    Snapshot first = Snapshot.written(created, this::render);
    PipelineRecord renewed = renewed(created, 90);
    Snapshot second =
        first
            .followedBy(renewed)
            .followedBy(
                renewed
                    .withRuntime(
                        new Runtime(RuntimeStatus.RUNNING, NOW, null, RuntimeStatus.RUNNING, NOW))
                    .withRevision(3));
    assertThat(second.state()).isGreaterThan(first.state());
    assertThat(second.isState(first.state())).isFalse();
    assertThat(second.isState(second.state())).isTrue();
  }

  @Test
  void theSameRowReadFromTheDatabaseIsTheSameStateInOtherBytes() {
    Snapshot written = Snapshot.written(created, this::render);
    Snapshot loaded = Snapshot.loaded(created, this::render);
    assertThat(loaded.state()).isNotEqualTo(written.state());
    assertThat(loaded.isState(written.state())).isTrue();
  }

  @Test
  void equalDocumentsThatWereReadAgainCountAsOthers() {
    PipelineRecord before =
        created.withDeploymentError(JsonNodeFactory.instance.objectNode().put("b", 1).put("a", 2));
    PipelineRecord reloaded =
        created
            .withDeploymentError(JsonNodeFactory.instance.objectNode().put("a", 2).put("b", 1))
            .withRevision(2);
    Snapshot first = Snapshot.written(before, this::render);
    assertThat(first.followedBy(reloaded).isState(first.state())).isFalse();
  }
}
