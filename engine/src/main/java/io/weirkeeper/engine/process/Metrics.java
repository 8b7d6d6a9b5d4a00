package io.weirkeeper.engine.process;

import io.weirkeeper.engine.connector.InputConnector;
import io.weirkeeper.engine.connector.OutputConnector;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.StepCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The metrics that the process measures (spec §3.2), as Prometheus text or as JSON. */
final class Metrics {
  private enum Type {
    COUNTER,
    GAUGE
  }

  private record Sample(
      String name, Type type, String help, Map<String, String> labels, double value) {}

  private final Pipeline pipeline;
  private final Statistics statistics;
  private final IngressEndpoints inputs;
  private final EgressStreams outputs;

  /** Requests answered. */
  final LongAdder requests = new LongAdder();

  /** Time from the arrival of a request to the end of its answer. */
  final LongAdder requestNanos = new LongAdder();

  Metrics(
      Pipeline pipeline, Statistics statistics, IngressEndpoints inputs, EgressStreams outputs) {
    this.pipeline = pipeline;
    this.statistics = statistics;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  private List<Sample> samples() {
    List<Sample> s = new ArrayList<>();
    StepCounters c = statistics.counters();
    long rss = Proc.residentBytes();
    counter(s, "records_input_total", "Records received by all inputs", c.inputRecords());
    counter(s, "records_input_bytes_total", "Bytes received by all inputs", c.inputBytes());
    gauge(s, "records_input_buffered", "Records that wait for a step", c.bufferedRecords());
    gauge(s, "records_input_buffered_bytes", "Bytes that wait for a step", c.bufferedBytes());
    counter(s, "records_processed_total", "Records processed", c.processedRecords());
    counter(s, "records_processed_bytes_total", "Bytes processed", c.processedBytes());
    counter(s, "records_completed_total", "Records processed and delivered", c.completedRecords());
    counter(s, "records_ignored_deletes_total", "Deletes of rows not there", c.ignoredDeletes());
    counter(s, "dbsp_steps_total", "Steps completed", c.completedSteps());
    counter(s, "dbsp_step_latency_seconds_sum", "Time of all steps", c.totalStepNanos() / 1e9);
    counter(s, "dbsp_step_latency_seconds_count", "Steps timed", c.completedSteps());
    gauge(s, "dbsp_last_step_latency_seconds", "Time of the last step", c.lastStepNanos() / 1e9);
    for (InputConnector in : pipeline.connectors().inputs()) {
      input(s, in.endpoint(), in.parseErrors().count(), in.transportErrors().count());
    }
    for (IngressEndpoint e : inputs.all()) {
      input(s, e.input, e.parseErrors.count(), 0);
    }
    for (OutputConnector out : pipeline.connectors().outputs()) {
      Map<String, String> at = Map.of("endpoint", out.name());
      output(s, at, out.transmittedRecords(), out.transmittedBytes(), out.queuedRecords());
      add(
          s,
          "output_connector_buffered_records",
          Type.GAUGE,
          "Records in the buffer of an output",
          at,
          out.bufferedRecords());
      add(
          s,
          "output_connector_errors_encode_total",
          Type.COUNTER,
          "Changes that could not be encoded",
          at,
          out.encodeErrors().count());
      add(
          s,
          "output_connector_errors_transport_total",
          Type.COUNTER,
          "Failed attempts to send",
          at,
          out.transportErrors().count());
    }
    for (EgressStream e : outputs.all()) {
      Map<String, String> at = Map.of("endpoint", e.name());
      output(s, at, e.transmittedRecords.sum(), e.transmittedBytes.sum(), e.queued()[1]);
      add(
          s,
          "output_connector_dropped_chunks_total",
          Type.COUNTER,
          "Pieces dropped because the client was slow",
          at,
          e.droppedChunks.sum());
    }
    counter(s, "process_cpu_seconds_total", "Processor time used", Proc.cpuMillis() / 1e3);
    gauge(s, "process_resident_memory_bytes", "Resident memory", rss);
    gauge(s, "process_virtual_memory_bytes", "Virtual memory", Proc.virtualBytes());
    gauge(s, "process_start_time_seconds", "Start of the process", pipeline.startMillis() / 1e3);
    gauge(s, "pipeline_start_time_seconds", "Start of the pipeline", pipeline.startMillis() / 1e3);
    long limit = pipeline.memoryLimitBytes();
    if (limit > 0) {
      gauge(s, "max_rss_bytes", "Memory limit of the pipeline", limit);
    }
    gauge(
        s,
        "memory_pressure",
        "0 low, 1 moderate, 2 high, 3 critical",
        List.of("low", "moderate", "high", "critical").indexOf(statistics.pressure(rss)));
    counter(s, "http_requests_total", "Requests answered", requests.sum());
    counter(
        s, "http_request_duration_seconds_sum", "Time of all requests", requestNanos.sum() / 1e9);
    counter(s, "http_request_duration_seconds_count", "Requests timed", requests.sum());
    return s;
  }

  private static void input(
      List<Sample> s, InputEndpoint endpoint, long parseErrors, long transportErrors) {
    Map<String, String> at = Map.of("endpoint", endpoint.name());
    add(
        s,
        "input_connector_records_total",
        Type.COUNTER,
        "Records of an input",
        at,
        endpoint.totalRecords());
    add(
        s,
        "input_connector_bytes_total",
        Type.COUNTER,
        "Bytes of an input",
        at,
        endpoint.totalBytes());
    add(
        s,
        "input_connector_buffered_records",
        Type.GAUGE,
        "Records of an input that wait",
        at,
        endpoint.bufferedRecords());
    add(
        s,
        "input_connector_buffered_records_bytes",
        Type.GAUGE,
        "Bytes of an input that wait",
        at,
        endpoint.bufferedBytes());
    add(
        s,
        "input_connector_errors_parse_total",
        Type.COUNTER,
        "Records that were malformed",
        at,
        parseErrors);
    add(
        s,
        "input_connector_errors_transport_total",
        Type.COUNTER,
        "Transport errors",
        at,
        transportErrors);
  }

  private static void output(
      List<Sample> s, Map<String, String> at, long records, long bytes, long queued) {
    add(
        s,
        "output_connector_records_total",
        Type.COUNTER,
        "Records sent by an output",
        at,
        records);
    add(s, "output_connector_bytes_total", Type.COUNTER, "Bytes sent by an output", at, bytes);
    add(
        s,
        "output_connector_queued_records",
        Type.GAUGE,
        "Records that wait for an output",
        at,
        queued);
  }

  private static void counter(List<Sample> to, String name, String help, long value) {
    counter(to, name, help, (double) value);
  }

  private static void gauge(List<Sample> to, String name, String help, long value) {
    gauge(to, name, help, (double) value);
  }

  private static void add(
      List<Sample> to, String name, Type type, String help, Map<String, String> at, long value) {
    add(to, name, type, help, at, (double) value);
  }

  private static void counter(List<Sample> to, String name, String help, double value) {
    add(to, name, Type.COUNTER, help, Map.of(), value);
  }

  private static void gauge(List<Sample> to, String name, String help, double value) {
    add(to, name, Type.GAUGE, help, Map.of(), value);
  }

  private static void add(
      List<Sample> to, String name, Type type, String help, Map<String, String> at, double value) {
    to.add(new Sample(name, type, help, at, value));
  }

  String prometheus() {
    StringBuilder out = new StringBuilder();
    // All samples of a name stand together, as the text format wants.
    Map<String, List<Sample>> byName = new LinkedHashMap<>();
    for (Sample sample : samples()) {
      byName.computeIfAbsent(sample.name(), n -> new ArrayList<>()).add(sample);
    }
    byName.forEach(
        (name, group) -> {
          Sample first = group.get(0);
          out.append("# HELP ").append(name).append(' ').append(first.help()).append('\n');
          out.append("# TYPE ").append(name).append(' ').append(type(first)).append('\n');
          for (Sample sample : group) {
            out.append(name).append('{');
            boolean more = false;
            for (Map.Entry<String, String> label : labels(sample).entrySet()) {
              out.append(more ? "," : "")
                  .append(label.getKey())
                  .append("=\"")
                  .append(escape(label.getValue()))
                  .append('"');
              more = true;
            }
            out.append("} ").append(number(sample.value())).append('\n');
          }
        });
    return out.toString();
  }

  List<Map<String, Object>> json() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Sample sample : samples()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("key", sample.name());
      item.put("labels", labels(sample));
      item.put("type", type(sample));
      item.put("description", sample.help());
      item.put("value", sample.value());
      all.add(item);
    }
    return all;
  }

  private static String type(Sample sample) {
    return sample.type() == Type.COUNTER ? "counter" : "gauge";
  }

  private Map<String, String> labels(Sample sample) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("pipeline", pipeline.spec().pipelineId().toString());
    labels.put("pipeline_name", pipeline.spec().pipelineName());
    labels.putAll(sample.labels());
    return labels;
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
