package io.weirkeeper.engine.process;

import io.weirkeeper.engine.connector.InputConnector;
import io.weirkeeper.engine.connector.OutputConnector;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.StepCounters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The statistics of the pipeline as the API shows them (spec §3.1).
 *
 * <p>{@code pipeline_complete}: HTTP input never ends, so an HTTP endpoint's {@code end_of_input}
 * is false; but an endpoint on which no request is under way holds completion up no longer. So the
 * pipeline is complete when every declared input has ended, no ingress request is open and
 * everything that came in is processed and delivered, which is what a client that has pushed its
 * data waits for.
 */
final class Statistics {
  private final Pipeline pipeline;
  private final IngressEndpoints inputs;
  private final EgressStreams outputs;
  private int pressureEpoch;
  private String pressure = "low";

  Statistics(Pipeline pipeline, IngressEndpoints inputs, EgressStreams outputs) {
    this.pipeline = pipeline;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  Map<String, Object> all() {
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("global_metrics", global());
    List<String> permanent = pipeline.durable().permanentErrors();
    stats.put("suspend_error", permanent.isEmpty() ? null : Map.of("Permanent", permanent));
    stats.put("checkpoint_activity", pipeline.durable().activity());
    stats.put("permanent_checkpoint_errors", permanent.isEmpty() ? null : permanent);
    List<Object> ins = new ArrayList<>();
    pipeline.connectors().inputs().forEach(input -> ins.add(input(input, false)));
    inputs.all().forEach(endpoint -> ins.add(input(endpoint, false)));
    stats.put("inputs", ins);
    List<Object> outs = new ArrayList<>();
    pipeline.connectors().outputs().forEach(output -> outs.add(output(output, false)));
    outputs.all().forEach(stream -> outs.add(output(stream, false)));
    stats.put("outputs", outs);
    return stats;
  }

  private Map<String, Object> global() {
    StepCounters c = counters();
    long rss = Proc.residentBytes();
    Map<String, Object> g = new LinkedHashMap<>();
    g.put("state", pipeline.runtimeStatus());
    g.put("bootstrap_in_progress", false);
    g.put("transaction_status", "NoTransaction");
    g.put("transaction_id", 0);
    g.put("transaction_msecs", null);
    g.put("transaction_records", null);
    g.put("commit_progress", null);
    Map<String, Object> initiators = new LinkedHashMap<>();
    initiators.put("transaction_id", null);
    initiators.put("initiated_by_api", null);
    initiators.put("initiated_by_connectors", Map.of());
    g.put("transaction_initiators", initiators);
    g.put("concurrent_bootstrap_phase", "Inactive");
    g.put("concurrent_bootstrap_progress", null);
    g.put("rss_bytes", rss);
    g.put("memory_pressure", pressure(rss));
    g.put("memory_pressure_epoch", pressureEpoch());
    g.put("cpu_msecs", Proc.cpuMillis());
    g.put("uptime_msecs", pipeline.uptimeMillis());
    g.put("start_time", pipeline.startMillis() / 1000);
    g.put("incarnation_uuid", pipeline.instance().toString());
    g.put("initial_start_time", pipeline.initialStartMillis() / 1000);
    g.put("storage_bytes", pipeline.durable().bytes());
    g.put("storage_mb_secs", 0);
    g.put("runtime_elapsed_msecs", pipeline.upMillis());
    g.put("buffered_input_records", c.bufferedRecords());
    g.put("buffered_input_bytes", c.bufferedBytes());
    g.put("total_input_records", c.inputRecords());
    g.put("total_input_bytes", c.inputBytes());
    g.put("total_processed_records", c.processedRecords());
    g.put("total_processed_bytes", c.processedBytes());
    g.put("total_completed_records", c.completedRecords());
    g.put("output_stall_msecs", stalledMillis());
    g.put("total_initiated_steps", c.initiatedSteps());
    g.put("total_completed_steps", c.completedSteps());
    g.put("pipeline_complete", complete());
    return g;
  }

  /**
   * Of several outputs the one that was waited for longest: they may have held up the same step.
   */
  private long stalledMillis() {
    return pipeline.connectors().outputs().stream()
        .mapToLong(output -> output.stalled().toMillis())
        .max()
        .orElse(0);
  }

  StepCounters counters() {
    return pipeline.dataflow().steps().counters();
  }

  private boolean complete() {
    // Ended before counted: what a connector queues at its end is then among the records.
    boolean ended = pipeline.connectors().allInputsEnded();
    StepCounters c = counters();
    return ended
        && c.completedRecords() == c.inputRecords()
        && c.initiatedSteps() == c.completedSteps()
        && inputs.all().stream().noneMatch(e -> e.activeRequests.get() > 0);
  }

  synchronized String pressure(long rss) {
    long limit = pipeline.memoryLimitBytes();
    double share = limit == 0 ? 0 : 100.0 * rss / limit;
    String now = share < 85 ? "low" : share < 90 ? "moderate" : share <= 95 ? "high" : "critical";
    if (!now.equals(pressure)) {
      pressure = now;
      pressureEpoch++;
    }
    return now;
  }

  private synchronized int pressureEpoch() {
    return pressureEpoch;
  }

  private static Map<String, Object> metrics(
      InputEndpoint endpoint, long transportErrors, long parseErrors, boolean ended) {
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("total_bytes", endpoint.totalBytes());
    metrics.put("total_records", endpoint.totalRecords());
    metrics.put("buffered_records", endpoint.bufferedRecords());
    metrics.put("buffered_bytes", endpoint.bufferedBytes());
    metrics.put("num_transport_errors", transportErrors);
    metrics.put("num_parse_errors", parseErrors);
    metrics.put("end_of_input", ended);
    return metrics;
  }

  Map<String, Object> input(InputConnector connector, boolean withErrors) {
    // First, so that who sees the end sees all records.
    boolean ended = connector.endOfInput();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("endpoint_name", connector.name());
    status.put("config", Map.of("stream", connector.table()));
    status.put(
        "metrics",
        metrics(
            connector.endpoint(),
            connector.transportErrors().count(),
            connector.parseErrors().count(),
            ended));
    status.put("fatal_error", connector.fatalError().orElse(null));
    if (withErrors) {
      status.put("parse_errors", connector.parseErrors().items());
      status.put("transport_errors", connector.transportErrors().items());
    }
    status.put("health", connector.health());
    status.put("paused", connector.paused());
    status.put("barrier", false);
    status.put(
        "completed_frontier",
        connector.endpoint().frontier().map(Statistics::frontier).orElse(null));
    return status;
  }

  private static Map<String, Object> frontier(InputEndpoint.Frontier frontier) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("metadata", frontier.position());
    json.put("ingested_at", Instant.ofEpochMilli(frontier.ingestedAtMillis()).toString());
    json.put("processed_at", Instant.ofEpochMilli(frontier.processedAtMillis()).toString());
    json.put("completed_at", Instant.ofEpochMilli(frontier.completedAtMillis()).toString());
    return json;
  }

  Map<String, Object> input(IngressEndpoint endpoint, boolean withErrors) {
    Map<String, Object> metrics = metrics(endpoint.input, 0, endpoint.parseErrors.count(), false);
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("endpoint_name", endpoint.name());
    status.put("config", Map.of("stream", endpoint.table()));
    status.put("metrics", metrics);
    status.put("fatal_error", null);
    if (withErrors) {
      status.put("parse_errors", endpoint.parseErrors.items());
      status.put("transport_errors", List.of());
    }
    status.put("health", null);
    status.put("paused", endpoint.paused);
    status.put("barrier", false);
    status.put("completed_frontier", null);
    return status;
  }

  Map<String, Object> output(OutputConnector connector, boolean withErrors) {
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("transmitted_records", connector.transmittedRecords());
    metrics.put("transmitted_bytes", connector.transmittedBytes());
    metrics.put("queued_records", connector.queuedRecords());
    metrics.put("queued_batches", connector.queuedBatches());
    metrics.put("buffered_records", connector.bufferedRecords());
    metrics.put("buffered_batches", connector.bufferedRecords() > 0 ? 1 : 0);
    metrics.put("num_encode_errors", connector.encodeErrors().count());
    metrics.put("num_transport_errors", connector.transportErrors().count());
    metrics.put("total_processed_input_records", connector.writtenInputRecords());
    metrics.put("total_processed_steps", connector.writtenSteps());
    metrics.put("memory", 0);
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("endpoint_name", connector.name());
    status.put("config", Map.of("stream", connector.relation()));
    status.put("metrics", metrics);
    status.put("fatal_error", connector.fatalError().orElse(null));
    if (withErrors) {
      status.put("encode_errors", connector.encodeErrors().items());
      status.put("transport_errors", connector.transportErrors().items());
    }
    status.put("health", connector.health());
    return status;
  }

  Map<String, Object> output(EgressStream stream, boolean withErrors) {
    StepCounters c = counters();
    long[] queued = stream.queued();
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("transmitted_records", stream.transmittedRecords.sum());
    metrics.put("transmitted_bytes", stream.transmittedBytes.sum());
    metrics.put("queued_records", queued[1]);
    metrics.put("queued_batches", queued[0]);
    metrics.put("buffered_records", 0);
    metrics.put("buffered_batches", 0);
    metrics.put("num_encode_errors", 0);
    metrics.put("num_transport_errors", 0);
    metrics.put("total_processed_input_records", c.completedRecords());
    metrics.put("total_processed_steps", c.completedSteps());
    metrics.put("memory", 0);
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("endpoint_name", stream.name());
    status.put("config", Map.of("stream", stream.relation()));
    status.put("metrics", metrics);
    status.put("fatal_error", null);
    if (withErrors) {
      status.put("encode_errors", List.of());
      status.put("transport_errors", List.of());
    }
    status.put("health", null);
    return status;
  }

  /** The error counts only ({@code /stats/errors}). */
  Map<String, Object> errors() {
    List<Object> ins = new ArrayList<>();
    for (InputConnector c : pipeline.connectors().inputs()) {
      ins.add(
          counts(
              c.name(),
              "num_transport_errors",
              c.transportErrors().count(),
              "num_parse_errors",
              c.parseErrors().count()));
    }
    for (IngressEndpoint e : inputs.all()) {
      ins.add(
          counts(e.name(), "num_transport_errors", 0, "num_parse_errors", e.parseErrors.count()));
    }
    List<Object> outs = new ArrayList<>();
    for (OutputConnector c : pipeline.connectors().outputs()) {
      outs.add(
          counts(
              c.name(),
              "num_encode_errors",
              c.encodeErrors().count(),
              "num_transport_errors",
              c.transportErrors().count()));
    }
    for (EgressStream s : outputs.all()) {
      outs.add(counts(s.name(), "num_encode_errors", 0, "num_transport_errors", 0));
    }
    return Map.of("inputs", ins, "outputs", outs);
  }

  private static Map<String, Object> counts(
      String endpoint, String first, long firstCount, String second, long secondCount) {
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("endpoint_name", endpoint);
    item.put(first, firstCount);
    item.put(second, secondCount);
    return item;
  }

  /** All errors of inputs and outputs, for the status. */
  long connectorErrors() {
    long errors = inputs.all().stream().mapToLong(e -> e.parseErrors.count()).sum();
    for (InputConnector c : pipeline.connectors().inputs()) {
      errors += c.transportErrors().count() + c.parseErrors().count();
    }
    for (OutputConnector c : pipeline.connectors().outputs()) {
      errors += c.encodeErrors().count() + c.transportErrors().count();
    }
    return errors;
  }
}
