package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PositionsTest {
  private static final long NO_BOUND = 1_000_000;

  private static RunningDataflow flow;

  @BeforeAll
  static void start() {
    flow =
        RunningDataflow.start(
            new Program()
                .table("t", "a INT")
                .view("v", "SELECT COUNT(*) AS n FROM t", "n BIGINT NOT NULL"));
  }

  @AfterAll
  static void stop() {
    flow.close();
  }

  private static List<Change> rows(int count) {
    List<Change> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(flow.insert("t", i));
    }
    return rows;
  }

  private static InputEndpoint open(String name, InputLimits limits, JsonNode position) {
    return flow.dataflow.openInput("t", name, limits, position);
  }

  private static Map<String, JsonNode> positions() throws Exception {
    StepController steps = flow.dataflow.steps();
    return steps.betweenSteps(steps::positions).get(60, TimeUnit.SECONDS);
  }

  private static void await(InputEndpoint endpoint) throws Exception {
    endpoint.whenComplete(endpoint.totalRecords()).get(60, TimeUnit.SECONDS);
  }

  @Test
  void aPositionIsKnownBeforeTheFirstBatchAndFollowsTheSteps() throws Exception {
    InputEndpoint input =
        open("t.a", new InputLimits(NO_BOUND, NO_BOUND, 5000), IntNode.valueOf(7));
    assertThat(positions()).containsEntry("t.a", IntNode.valueOf(7));
    input.putBatch(rows(3000), 24_000, IntNode.valueOf(3007));
    await(input);
    assertThat(positions()).containsEntry("t.a", IntNode.valueOf(3007));
    InputEndpoint.Frontier frontier = input.frontier().orElseThrow();
    assertThat(frontier.position()).isEqualTo(IntNode.valueOf(3007));
    assertThat(frontier.processedAtMillis()).isGreaterThanOrEqualTo(frontier.ingestedAtMillis());
    assertThat(frontier.completedAtMillis()).isGreaterThanOrEqualTo(frontier.processedAtMillis());
    input.close();
  }

  @Test
  void aStepTakesWholeBatchesAndNoMoreThanTheEndpointAllows() throws Exception {
    InputEndpoint input = open("t.b", new InputLimits(NO_BOUND, NO_BOUND, 4000), null);
    flow.dataflow.steps().pause();
    for (int i = 1; i <= 5; i++) {
      input.putBatch(rows(2000), 16_000, IntNode.valueOf(i * 2000));
    }
    long before = flow.dataflow.steps().counters().completedSteps();
    flow.dataflow.steps().resume();
    await(input);
    assertThat(flow.dataflow.steps().counters().completedSteps() - before).isEqualTo(3);
    assertThat(positions()).containsEntry("t.b", IntNode.valueOf(10_000));
    input.close();
  }

  @Test
  void aFullEndpointHoldsBackTheNextBatch() throws Exception {
    InputEndpoint input = open("t.c", new InputLimits(10, NO_BOUND, 100), null);
    InputEndpoint bytes = open("t.d", new InputLimits(NO_BOUND, 100, 100), null);
    flow.dataflow.steps().pause();
    input.putBatch(rows(15), 1, IntNode.valueOf(15));
    bytes.putBatch(rows(1), 100, IntNode.valueOf(1));
    Duration none = Duration.ZERO;
    assertThat(input.offerBatch(rows(1), 1, IntNode.valueOf(16), none)).isFalse();
    assertThat(bytes.offerBatch(rows(1), 1, IntNode.valueOf(2), none)).isFalse();
    flow.dataflow.steps().resume();
    input.putBatch(rows(1), 1, IntNode.valueOf(16));
    bytes.putBatch(rows(1), 1, IntNode.valueOf(2));
    await(input);
    await(bytes);
    assertThat(positions())
        .containsEntry("t.c", IntNode.valueOf(16))
        .containsEntry("t.d", IntNode.valueOf(2));
    input.close();
    bytes.close();
  }

  @Test
  void aBatchWithoutRowsMovesThePositionAfterTheRowsBeforeIt() throws Exception {
    InputEndpoint input = open("t.e", new InputLimits(NO_BOUND, NO_BOUND, 100), null);
    input.putBatch(List.of(), 0, IntNode.valueOf(1));
    assertThat(positions()).containsEntry("t.e", IntNode.valueOf(1));
    flow.dataflow.steps().pause();
    input.putBatch(rows(1), 8, IntNode.valueOf(2));
    input.putBatch(List.of(), 0, IntNode.valueOf(3));
    assertThat(positions()).containsEntry("t.e", IntNode.valueOf(1));
    flow.dataflow.steps().resume();
    await(input);
    assertThat(positions()).containsEntry("t.e", IntNode.valueOf(3));
    input.close();
  }
}
