package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Program;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.ShardMap;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotReadsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private Fixture fixture;

  @BeforeEach
  void open() {
    fixture = new Fixture().routed();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aPipelineIsReadWithoutWakingItsVerticle() {
    PipelineRecord pipeline = fixture.publish("p1", same -> same);
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> response = fixture.get("/v0/pipelines/p1");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
      assertThat(response.body()).isEqualTo(PipelineJson.all(pipeline).toString());
    }
    assertThat(fixture.get("/v0/pipelines/p1?selector=status").body())
        .isEqualTo(PipelineJson.status(pipeline).toString());
    assertThat(fixture.requests).isEmpty();
  }

  @Test
  void anUnknownPipelineIs404() {
    HttpResponse<String> response = fixture.get("/v0/pipelines/nobody");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(code(response)).isEqualTo("UnknownPipelineName");
    assertThat(parse(response).get("details").toString())
        .isEqualTo("{\"pipeline_name\":\"nobody\"}");
  }

  @Test
  void theListIsInTheOrderOfCreation() {
    assertThat(fixture.get("/v0/pipelines").body()).isEqualTo("[]");
    fixture.publish("z", same -> same);
    fixture.publish("a", same -> same);
    JsonNode list = parse(fixture.get("/v0/pipelines?selector=status"));
    assertThat(list).hasSize(2);
    assertThat(list.get(0).get("name").textValue()).isEqualTo("z");
    assertThat(list.get(1).get("name").textValue()).isEqualTo("a");
    assertThat(list.get(0).has("program_code")).isFalse();
  }

  @Test
  void aLongListArrivesWhole() {
    for (int i = 0; i < 1000; i++) {
      fixture.publish("p" + i, same -> same);
    }
    HttpResponse<String> response = fixture.get("/v0/pipelines");
    assertThat(response.headers().firstValue("Content-Length")).isPresent();
    assertThat(response.headers().firstValue("Cache-Control")).contains("no-cache");
    assertThat(parse(response)).hasSize(1000);
    assertThat(fixture.unzipped("/v0/pipelines")).isEqualTo(response.body());
    HttpResponse<String> statuses = fixture.get("/v0/pipelines?selector=status_with_connectors");
    assertThat(parse(statuses)).hasSize(1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v0/pipelines",
        "/v0/pipelines/p1",
        "/v0/pipelines/unknown",
        "/v0/pipelines/p1?selector=status_with_connectors",
        "/v0/pipelines/p1/dataflow_graph",
        "/v0/metrics"
      })
  void aNodeThatCannotVouchForItsSnapshotsSaysSo(String path) {
    fixture.publish("p1", same -> same);
    fixture.readsValid = false;
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("ReadNotCurrent");
  }

  @Test
  void aPipelineOfALoadedShardAnswersWhileOthersAreBeingLoaded() {
    PipelineRecord loaded = fixture.publish("p1", same -> same);
    fixture.readsValid = false;
    fixture.readable.add(loaded.shard());
    assertThat(fixture.get("/v0/pipelines/p1").statusCode()).isEqualTo(200);
    assertThat(fixture.get("/v0/pipelines").statusCode()).isEqualTo(503);
    String elsewhere =
        IntStream.range(0, 1_000)
            .mapToObj(i -> "other" + i)
            .filter(name -> ShardMap.shardOf(loaded.tenantId(), name) != loaded.shard())
            .findFirst()
            .orElseThrow();
    assertThat(code(fixture.get("/v0/pipelines/" + elsewhere))).isEqualTo("ReadNotCurrent");
  }

  // ---- error counts

  @Test
  void errorCountsComeFromTheStoredDetailsFirst() {
    ObjectNode details = JsonNodeFactory.instance.objectNode();
    details.putObject("connector_stats").put("num_errors", 7);
    fixture.publish("p1", pipeline -> running(pipeline, RuntimeStatus.RUNNING, details));
    JsonNode json = parse(fixture.get("/v0/pipelines/p1?selector=status_with_connectors"));
    assertThat(json.get("connectors").toString()).isEqualTo("{\"num_errors\":7}");
    assertThat(json.has("program_code")).isFalse();
    assertThat(fixture.requests).isEmpty();
  }

  @Test
  void otherwiseTheProcessIsAsked() {
    fixture.process =
        request -> {
          assertThat(request.getHeader("Authorization")).isEqualTo("Bearer " + Fixture.TOKEN);
          request
              .response()
              .end(
                  request.path().equals("/stats/errors")
                      ? "{\"inputs\":[{\"num_transport_errors\":1,\"num_parse_errors\":2}],"
                          + "\"outputs\":[{\"num_encode_errors\":4,\"num_transport_errors\":8}]}"
                      : "?");
        };
    fixture.publish("p1", pipeline -> running(pipeline, RuntimeStatus.PAUSED, null));
    fixture.publish("p2", pipeline -> running(pipeline, RuntimeStatus.INITIALIZING, null));
    JsonNode list = parse(fixture.get("/v0/pipelines?selector=status_with_connectors"));
    assertThat(list.get(0).get("connectors").toString()).isEqualTo("{\"num_errors\":15}");
    assertThat(list.get(1).has("connectors")).isFalse();
  }

  @Test
  void aProcessThatIsSlowOrBrokenLeavesTheCountOut() {
    AtomicInteger asked = new AtomicInteger();
    fixture.process =
        request -> {
          if (asked.getAndIncrement() == 0) {
            request.response().setStatusCode(500).end();
          }
        };
    for (int i = 0; i < 10; i++) {
      fixture.publish("p" + i, pipeline -> running(pipeline, RuntimeStatus.RUNNING, null));
    }
    long start = System.nanoTime();
    JsonNode list = parse(fixture.get("/v0/pipelines?selector=status_with_connectors"));
    assertThat(list).hasSize(10).allSatisfy(one -> assertThat(one.has("connectors")).isFalse());
    assertThat(System.nanoTime() - start).isLessThan(3_000_000_000L);
    assertThat(asked.get()).isEqualTo(10);
  }

  // ---- metrics of all

  @Test
  void metricsOfAllPipelinesAreConcatenatedWithoutTheFailing() {
    AtomicInteger asked = new AtomicInteger();
    fixture.process =
        request -> {
          if (asked.getAndIncrement() == 1) {
            request.response().setStatusCode(500).end("broken 1");
          } else {
            request.response().end("# TYPE x counter\nx 1");
          }
        };
    for (String name : List.of("a", "b", "c")) {
      fixture.publish(name, pipeline -> running(pipeline, RuntimeStatus.RUNNING, null));
    }
    fixture.publish("stopped", same -> same);
    HttpResponse<String> response = fixture.get("/v0/metrics");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain");
    assertThat(response.body()).isEqualTo("# TYPE x counter\nx 1\n# TYPE x counter\nx 1\n");
    assertThat(asked.get()).isEqualTo(3);
  }

  // ---- dataflow graph

  @Test
  void theDataflowGraphNeedsACompiledProgramThatHasOne() {
    fixture.publish("pending", same -> same);
    assertThat(code(fixture.get("/v0/pipelines/pending/dataflow_graph")))
        .isEqualTo("ProgramNotCompiled");
    fixture.publish("without", pipeline -> compiled(pipeline, null));
    assertThat(code(fixture.get("/v0/pipelines/without/dataflow_graph")))
        .isEqualTo("ProgramInfoMissesDataflow");
    fixture.publish(
        "with", pipeline -> compiled(pipeline, JsonNodeFactory.instance.objectNode().put("m", 1)));
    HttpResponse<String> response = fixture.get("/v0/pipelines/with/dataflow_graph");
    assertThat(response.body()).isEqualTo("{\"m\":1}");
    assertThat(response.headers().firstValue("Cache-Control")).isEmpty();
    assertThat(code(fixture.get("/v0/pipelines/nobody/dataflow_graph")))
        .isEqualTo("UnknownPipelineName");
  }

  private static PipelineRecord running(
      PipelineRecord pipeline, RuntimeStatus status, JsonNode details) {
    return pipeline
        .withResources(
            new Resources(
                ResourcesStatus.PROVISIONED, NOW, null, ResourcesDesiredStatus.PROVISIONED, NOW))
        .withRuntime(new Runtime(status, NOW, details, RuntimeStatus.RUNNING, NOW));
  }

  private static PipelineRecord compiled(PipelineRecord pipeline, JsonNode dataflow) {
    ObjectNode info = JsonNodeFactory.instance.objectNode();
    if (dataflow != null) {
      info.set("dataflow", dataflow);
    }
    return pipeline.withProgram(
        new Program(ProgramStatus.SUCCESS, NOW, null, null, null, info, null));
  }
}
