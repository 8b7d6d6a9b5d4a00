package io.weirkeeper.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlPlaneMetricsTest {
  private final ControlPlaneMetrics metrics = new ControlPlaneMetrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  private static PipelineRecord pipeline() {
    var empty = JsonNodeFactory.instance.objectNode();
    return PipelineRecord.create(
        new UUID(0, 0),
        UUID.randomUUID(),
        new Definition("p", "", List.of(), empty, "", "", "", empty),
        "0.337.0",
        Instant.EPOCH);
  }

  private void contains(String line) {
    assertThat(metrics.scrape().lines()).contains(line);
  }

  @Test
  void aRequestIsCountedByOperationAndStatusInBuckets() {
    metrics.request("get_pipeline", 200, TimeUnit.MILLISECONDS.toNanos(7));
    contains("weirkeeper_http_requests_seconds_count{operation=\"get_pipeline\",status=\"200\"} 1");
    contains(
        "weirkeeper_http_requests_seconds_bucket"
            + "{operation=\"get_pipeline\",status=\"200\",le=\"0.005\"} 0");
    contains(
        "weirkeeper_http_requests_seconds_bucket"
            + "{operation=\"get_pipeline\",status=\"200\",le=\"0.01\"} 1");
  }

  @Test
  void pipelinesMoveBetweenTheGaugesOfTheirStatuses() {
    contains("weirkeeper_pipelines{kind=\"program\",status=\"pending\"} 0.0");
    PipelineRecord pending = pipeline();
    PipelineRecord compiled =
        pending.withProgram(pending.program().withStatus(ProgramStatus.SUCCESS, Instant.EPOCH));

    metrics.pipeline(null, pending);
    contains("weirkeeper_pipelines{kind=\"program\",status=\"pending\"} 1.0");
    contains("weirkeeper_pipelines{kind=\"resources\",status=\"stopped\"} 1.0");

    metrics.pipeline(pending, compiled);
    contains("weirkeeper_pipelines{kind=\"program\",status=\"pending\"} 0.0");
    contains("weirkeeper_pipelines{kind=\"program\",status=\"success\"} 1.0");
    contains("weirkeeper_pipeline_transitions_total{kind=\"program\",status=\"success\"} 1.0");

    metrics.pipeline(compiled, null);
    contains("weirkeeper_pipelines{kind=\"program\",status=\"success\"} 0.0");
    contains("weirkeeper_pipelines{kind=\"resources\",status=\"stopped\"} 0.0");
  }

  @Test
  void aChangeThatKeepsTheStatusIsNoTransition() {
    PipelineRecord pipeline = pipeline();
    metrics.pipeline(pipeline, pipeline.refreshed());
    assertThat(metrics.scrape()).doesNotContain("weirkeeper_pipeline_transitions_total{");
  }

  @Test
  void statementsCompilationsAndStartsAreTimed() {
    metrics.statement("update", 1_000_000, "ok");
    metrics.compilation(ProgramStatus.SQL_ERROR, 1_000_000);
    metrics.processStart(true, 1_000_000);
    contains("weirkeeper_store_statements_seconds_count{outcome=\"ok\",statement=\"update\"} 1");
    contains("weirkeeper_compilations_seconds_count{outcome=\"sql_error\"} 1");
    contains("weirkeeper_process_starts_seconds_count{outcome=\"ok\"} 1");
  }

  @Test
  void gaugesAreReadAtTheScrape() {
    int[] number = {3};
    metrics.processes(() -> number[0]);
    metrics.shardsOwned(() -> 256);
    metrics.compilationsWaiting(() -> 1);
    contains("weirkeeper_processes 3.0");
    number[0] = 4;
    contains("weirkeeper_processes 4.0");
    contains("weirkeeper_shards_owned 256.0");
    contains("weirkeeper_compilations_waiting 1.0");
  }

  @Test
  void aLabelHasABoundedNumberOfValues() {
    for (int i = 0; i < ControlPlaneMetrics.LABEL_VALUES + 50; i++) {
      metrics.request("operation" + i, 200, 1);
    }
    contains("weirkeeper_http_requests_seconds_count{operation=\"other\",status=\"200\"} 50");
  }

  @Test
  void theJavaVirtualMachineIsMeasuredToo() {
    assertThat(metrics.scrape()).contains("jvm_memory_used_bytes", "process_uptime_seconds");
  }
}
