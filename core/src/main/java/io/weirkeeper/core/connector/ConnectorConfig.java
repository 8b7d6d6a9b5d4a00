package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One connector: its transport, its format and the options that all connectors have (spec:
 * connectors §1.2, §1.4).
 *
 * @param input whether it feeds a table; else it takes the changes of a view
 * @param transport name of the transport
 * @param transportConfig options of the transport; JSON null when there are none
 * @param format name of the format; empty for transports that have their own
 * @param formatConfig options of the format; JSON null when there are none
 * @param paused whether it waits for an explicit start
 * @param labels what {@code startAfter} of other connectors can name
 * @param startAfter labels; when present, it starts once all connectors that bear one of them have
 *     ended
 * @param maxQueuedRecords records that wait before the source is held back
 * @param maxQueuedBytes bytes that wait before the source is held back
 * @param maxBatchSize records of one step; empty: derived from {@code maxWorkerBatchSize}
 * @param maxWorkerBatchSize records of one step and worker
 * @param sendSnapshot whether an output begins with the contents of its view
 * @param outputBuffer whether and how long an output collects changes
 */
public record ConnectorConfig(
    boolean input,
    String transport,
    JsonNode transportConfig,
    Optional<String> format,
    JsonNode formatConfig,
    boolean paused,
    List<String> labels,
    Optional<List<String>> startAfter,
    long maxQueuedRecords,
    long maxQueuedBytes,
    OptionalLong maxBatchSize,
    long maxWorkerBatchSize,
    boolean sendSnapshot,
    OutputBuffer outputBuffer) {

  /** Records that wait, unless said otherwise. */
  public static final long DEFAULT_MAX_QUEUED_RECORDS = 1_000_000;

  /** Bytes that wait, for each record that may. */
  static final long QUEUED_BYTES_A_RECORD = 1_000;

  /** Records of one step and worker, unless said otherwise. */
  static final long DEFAULT_MAX_WORKER_BATCH_SIZE = 10_000;

  /** Updates that an output buffer holds, unless said otherwise. */
  static final long DEFAULT_OUTPUT_BUFFER_RECORDS = 10_000_000;

  static final String FORMATS_IN = "json, csv, avro, parquet or raw";
  private static final Set<String> INPUT_FORMATS = Set.of("json", "csv", "avro", "parquet", "raw");
  private static final Set<String> OUTPUT_FORMATS = Set.of("json", "csv", "avro", "parquet");

  /**
   * How an output collects changes (spec: connectors §1.4).
   *
   * @param enabled whether it does
   * @param maxMillis age at which the buffer is written; {@link Long#MAX_VALUE}: never
   * @param maxRecords updates above which the buffer is written
   */
  public record OutputBuffer(boolean enabled, long maxMillis, long maxRecords) {}

  /**
   * Reads a connector and checks all that can be known without opening it. Secret references may
   * stand for any string of the transport's and the format's options.
   *
   * @param json as in the {@code connectors} property; further keys are not looked at
   * @throws ConnectorConfigException with a {@code ConfigError} code
   */
  public static ConnectorConfig of(boolean input, JsonNode json) throws ConnectorConfigException {
    Options options = new Options("ConfigError.PipelineConfigParseError", "", json);
    if (options.given("transport") == null) {
      throw options.error(
          "the option 'transport' is missing: {\"transport\": {\"name\": ..., \"config\": ...}}");
    }
    Options transport = options.nested("transport");
    String name = transport.text("name");
    checkDirection(input, name);
    JsonNode config = transport.given("config");
    checkTransport(name, config);
    Optional<String> format = format(input, name, options);
    long maxQueuedRecords =
        options.positive("max_queued_records").orElse(DEFAULT_MAX_QUEUED_RECORDS);
    if (options.flag("soft_delete", false)) {
      throw new ConnectorConfigException(
          "ConfigError.InvalidSoftDeleteConfig", "'soft_delete' is not built yet");
    }
    options.text("index", null);
    for (String stage : List.of("preprocessor", "postprocessor")) {
      JsonNode stages = options.given(stage);
      if (stages != null && !(stages.isArray() && stages.isEmpty())) {
        throw options.error("'" + stage + "' is not built yet");
      }
    }
    return new ConnectorConfig(
        input,
        name,
        config == null ? NullNode.getInstance() : config,
        format,
        format.isPresent() && options.nested("format").given("config") != null
            ? options.nested("format").given("config")
            : NullNode.getInstance(),
        options.flag("paused", false),
        List.copyOf(options.texts("labels")),
        startAfter(options),
        maxQueuedRecords,
        options
            .positive("max_queued_bytes")
            .orElse(
                maxQueuedRecords > Long.MAX_VALUE / QUEUED_BYTES_A_RECORD
                    ? Long.MAX_VALUE
                    : maxQueuedRecords * QUEUED_BYTES_A_RECORD),
        options.positive("max_batch_size"),
        options.positive("max_worker_batch_size").orElse(DEFAULT_MAX_WORKER_BATCH_SIZE),
        options.flag("send_snapshot", false),
        outputBuffer(input, options));
  }

  private static void checkDirection(boolean input, String name) throws ConnectorConfigException {
    Set<String> here = input ? Transports.INPUTS : Transports.OUTPUTS;
    Set<String> there = input ? Transports.OUTPUTS : Transports.INPUTS;
    if (here.contains(name)) {
      return;
    }
    String code =
        input ? "ConfigError.UnknownInputTransport" : "ConfigError.UnknownOutputTransport";
    if (there.contains(name)) {
      throw new ConnectorConfigException(
          code,
          "the transport '"
              + name
              + (input
                  ? "' is an output: it belongs to a view"
                  : "' is an input: it belongs to a table"));
    }
    if (Transports.TRANSIENT.contains(name)) {
      throw new ConnectorConfigException(
          code, "the transport '" + name + "' can't be declared: the pipeline makes it by itself");
    }
    throw new ConnectorConfigException(
        code,
        "unknown transport '"
            + (name.length() > 100 ? name.substring(0, 100) + "..." : name)
            + "', expected one of "
            + String.join(", ", here.stream().sorted().toList()));
  }

  private static void checkTransport(String name, JsonNode config) throws ConnectorConfigException {
    switch (name) {
      case "datagen" -> DatagenConfig.of(config);
      case "file_input" -> FileInputConfig.of(config);
      case "url_input" -> UrlInputConfig.of(config);
      case "file_output" -> FileOutputConfig.of(config);
      default -> {
        // No options, or a transport that can't be started anyway.
      }
    }
  }

  private static Optional<String> format(boolean input, String transport, Options options)
      throws ConnectorConfigException {
    String direction = input ? "Input" : "Output";
    if (options.given("format") == null) {
      if (Transports.INTEGRATED.contains(transport)
          || Transports.FORMAT_OPTIONAL.contains(transport)) {
        return Optional.empty();
      }
      throw new ConnectorConfigException(
          "ConfigError." + direction + "FormatNotSpecified",
          "the transport '" + transport + "' needs a 'format'");
    }
    if (Transports.INTEGRATED.contains(transport)) {
      throw new ConnectorConfigException(
          "ConfigError." + direction + "FormatNotSupported",
          "the transport '" + transport + "' takes no 'format': it has its own");
    }
    String name = options.nested("format").text("name");
    if (!(input ? INPUT_FORMATS : OUTPUT_FORMATS).contains(name)) {
      throw new ConnectorConfigException(
          "ConfigError.Unknown" + direction + "Format",
          "unknown format '"
              + name
              + "', expected "
              + (input ? FORMATS_IN : "json, csv, avro or parquet"));
    }
    return Optional.of(name);
  }

  private static Optional<List<String>> startAfter(Options options)
      throws ConnectorConfigException {
    JsonNode given = options.given("start_after");
    if (given == null) {
      return Optional.empty();
    }
    if (given.isTextual()) {
      return Optional.of(List.of(given.textValue()));
    }
    boolean texts = given.isArray();
    for (JsonNode label : given) {
      texts = texts && label.isTextual();
    }
    if (!texts) {
      throw options.invalid("start_after", "a string, an array of strings or null", given);
    }
    return Optional.of(List.copyOf(options.texts("start_after")));
  }

  private static OutputBuffer outputBuffer(boolean input, Options options)
      throws ConnectorConfigException {
    boolean enabled = options.flag("enable_output_buffer", false);
    OptionalLong millis = options.unsigned("max_output_buffer_time_millis");
    OptionalLong records = options.unsigned("max_output_buffer_size_records");
    if (!input && !enabled && (millis.isPresent() || records.isPresent())) {
      throw new ConnectorConfigException(
          "ConfigError.InvalidOutputBufferConfig",
          "'max_output_buffer_time_millis' and 'max_output_buffer_size_records' need"
              + " 'enable_output_buffer': true");
    }
    return new OutputBuffer(
        enabled, millis.orElse(Long.MAX_VALUE), records.orElse(DEFAULT_OUTPUT_BUFFER_RECORDS));
  }
}
