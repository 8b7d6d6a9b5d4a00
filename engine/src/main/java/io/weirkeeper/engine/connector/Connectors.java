package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.ConnectorConfigException;
import io.weirkeeper.core.connector.Transports;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.InputLimits;
import io.weirkeeper.engine.flow.StepOutput;
import io.weirkeeper.engine.flow.WeightedRow;
import io.weirkeeper.engine.format.RowFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The connectors of one pipeline. Life: {@link #open} after the dataflow is opened and before it is
 * started, so that outputs see every step; {@link #begin} once it runs; {@link #close} before it is
 * closed. In between, {@link #setPipelinePaused} follows the pipeline.
 *
 * <p>For checkpoints see {@link ConnectorPositions}.
 */
public final class Connectors implements AutoCloseable {
  /**
   * How long {@link #close} waits for the threads of all connectors: a part of the 200 ms that a
   * process has to end. One that hangs in its source does no harm, the dataflow takes nothing more.
   */
  private static final long CLOSE_MILLIS = 50;

  /** How long a checkpoint waits for what outputs owe. */
  static final Duration OUTPUT_PATIENCE = Duration.ofSeconds(60);

  /**
   * What connectors need of their pipeline.
   *
   * @param dataflow opened, not started
   * @param formats of all relations, by name
   * @param workers of the pipeline, for the size of batches
   * @param contents gives the present rows of a materialized view; called before the dataflow
   *     starts, for outputs that begin with a snapshot and have no position
   * @param variables what references to the environment resolve to
   */
  public record Environment(
      Dataflow dataflow,
      Map<String, RowFormat> formats,
      int workers,
      Function<String, List<WeightedRow>> contents,
      Map<String, String> variables) {}

  private final Dataflow dataflow;
  private final Map<String, InputConnector> inputs = new LinkedHashMap<>();
  private final Map<String, OutputConnector> outputs = new LinkedHashMap<>();
  private final Map<String, Supplier<InputTransport>> reopenings = new HashMap<>();
  private final StartOrder order;
  private final References references;

  private Connectors(
      List<ConnectorPlan> plans,
      Environment environment,
      Map<String, ConnectorConfig> configs,
      References references) {
    this.references = references;
    this.dataflow = environment.dataflow();
    Map<String, ConnectorConfig> inputConfigs = new LinkedHashMap<>();
    for (ConnectorPlan plan : plans) {
      if (plan.input()) {
        inputConfigs.put(plan.endpoint(), configs.get(plan.endpoint()));
      }
    }
    this.order = new StartOrder(inputConfigs);
  }

  /**
   * Opens all connectors; nothing flows yet.
   *
   * @param from where each of them begins
   * @throws ConnectorException if one of them can't be opened; all are closed then
   */
  public static Connectors open(
      List<ConnectorPlan> plans, Environment environment, ConnectorPositions from) {
    References references = new References(References.SECRETS, environment.variables());
    Map<String, ConnectorConfig> configs = new LinkedHashMap<>();
    for (ConnectorPlan plan : plans) {
      if (configs.put(plan.endpoint(), config(plan, references)) != null) {
        throw new ConnectorException(
            plan.input()
                ? "ConfigError.DuplicateInputEndpoint"
                : "ConfigError.DuplicateOutputEndpoint",
            "there are two connectors named '" + plan.endpoint() + "'");
      }
    }
    Connectors connectors = new Connectors(plans, environment, configs, references);
    try {
      for (ConnectorPlan plan : plans) {
        connectors.open(plan, configs.get(plan.endpoint()), environment, from);
      }
      return connectors;
    } catch (ConnectorException e) {
      connectors.close();
      throw new ConnectorException(e.errorCode(), references.conceal(e.getMessage()));
    } catch (RuntimeException | Error e) {
      connectors.close();
      throw e;
    }
  }

  private void open(
      ConnectorPlan plan,
      ConnectorConfig config,
      Environment environment,
      ConnectorPositions from) {
    try {
      requireBuilt(config);
      if (plan.input()) {
        input(plan, config, environment, from);
      } else {
        output(plan, config, environment, from);
      }
    } catch (ConnectorException e) {
      throw named(plan, e.errorCode(), e.getMessage(), e);
    }
  }

  private static ConnectorException named(
      ConnectorPlan plan, String errorCode, String message, Throwable cause) {
    return new ConnectorException(
        errorCode,
        (plan.input() ? "input" : "output") + " connector '" + plan.endpoint() + "': " + message,
        cause);
  }

  private static ConnectorConfig config(ConnectorPlan plan, References references) {
    try {
      return ConnectorConfig.of(plan.input(), references.resolve(plan.config()));
    } catch (ConnectorConfigException e) {
      throw named(plan, e.errorCode(), references.conceal(e.getMessage()), null);
    } catch (ConnectorException e) {
      throw named(plan, e.errorCode(), references.conceal(e.getMessage()), null);
    }
  }

  private static void requireBuilt(ConnectorConfig config) {
    if (!Transports.BUILT.contains(config.transport())) {
      throw new ConnectorException(
          config.input()
              ? "ConfigError.UnknownInputTransport"
              : "ConfigError.UnknownOutputTransport",
          "the transport '"
              + config.transport()
              + "' is not built yet; those that are: "
              + String.join(", ", Transports.BUILT.stream().sorted().toList()));
    }
  }

  private void input(
      ConnectorPlan plan,
      ConnectorConfig config,
      Environment environment,
      ConnectorPositions from) {
    String table = plan.config().path("stream").asText();
    RowFormat rows = environment.formats().get(table);
    if (rows == null) {
      throw new ConnectorException(
          "ConfigError.UnknownInputStream", "there is no table named '" + table + "'");
    }
    int maxBatch = maxBatch(config, environment);
    Supplier<InputTransport> transports =
        () -> new ConcealingInput(InputTransports.of(config, rows), references::conceal);
    InputTransport transport = transports.get();
    JsonNode position = from.inputs().get(plan.endpoint());
    transport.open(position);
    InputEndpoint endpoint =
        dataflow.openInput(
            table,
            plan.endpoint(),
            new InputLimits(config.maxQueuedRecords(), config.maxQueuedBytes(), maxBatch),
            position);
    InputConnector input =
        new InputConnector(
            inputs.size(),
            config,
            transport,
            endpoint,
            maxBatch,
            order.waits(plan.endpoint()),
            this::startThoseThatWaited);
    input.openedAt(position);
    inputs.put(plan.endpoint(), input);
    reopenings.put(plan.endpoint(), transports);
  }

  /** A step has a bound of its own, so a larger batch is none. */
  private static int maxBatch(ConnectorConfig config, Environment environment) {
    long asked =
        config
            .maxBatchSize()
            .orElse(
                config.maxWorkerBatchSize() > Long.MAX_VALUE / environment.workers()
                    ? Long.MAX_VALUE
                    : config.maxWorkerBatchSize() * environment.workers());
    return (int) Math.min(asked, environment.dataflow().settings().maxStepRecords());
  }

  private void output(
      ConnectorPlan plan,
      ConnectorConfig config,
      Environment environment,
      ConnectorPositions from) {
    String view = plan.config().path("stream").asText();
    RowFormat rows = environment.formats().get(view);
    if (rows == null) {
      throw new ConnectorException(
          "ConfigError.UnknownOutputStream", "there is no view named '" + view + "'");
    }
    if (config.sendSnapshot() && !rows.relation().materialized()) {
      throw new ConnectorException(
          "ConfigError.InvalidTransportConfig",
          "'send_snapshot' needs contents that are kept, and '" + view + "' is not materialized");
    }
    OutputTransport transport = OutputTransports.of(config);
    OutputConnector output =
        new OutputConnector(
            plan.endpoint(), view, config, Encoder.of(config, rows), transport, dataflow.steps());
    JsonNode position = from.outputs().get(plan.endpoint());
    transport.open(position);
    outputs.put(plan.endpoint(), output);
    if (config.sendSnapshot() && position == null) {
      List<WeightedRow> contents = environment.contents().apply(view);
      if (!contents.isEmpty()) {
        output.changed(new StepOutput(0, view, contents));
      }
    }
    var unused = dataflow.subscribe(view, output);
    output.start();
  }

  /**
   * Brings the inputs to where the journal has brought the dataflow, and tells the outputs that
   * what follows is new; before {@link #begin}.
   *
   * @throws ConnectorException if one of them can't be opened there
   */
  public void restored() {
    outputs.values().forEach(OutputConnector::caughtUp);
    for (InputConnector input : inputs.values()) {
      if (input.isBehind()) {
        JsonNode position = input.endpoint().queuedPosition().orElseThrow();
        InputTransport further = reopenings.get(input.name()).get();
        further.open(position);
        input.replace(further);
      }
    }
  }

  /** Lets inputs read; the dataflow must be up. */
  public void begin(boolean pipelinePaused) {
    setPipelinePaused(pipelinePaused);
    inputs.values().forEach(InputConnector::begin);
  }

  /** Holds the inputs, or lets them go on, whatever each of them is set to. */
  public void setPipelinePaused(boolean paused) {
    inputs.values().forEach(input -> input.setPipelinePaused(paused));
  }

  private void startThoseThatWaited() {
    Set<String> ended = new HashSet<>();
    for (InputConnector input : inputs.values()) {
      if (input.endOfInput()) {
        ended.add(input.name());
      }
    }
    for (InputConnector input : inputs.values()) {
      if (order.waits(input.name()) && order.mayStart(input.name(), ended)) {
        input.startIfWaiting();
      }
    }
  }

  /** All inputs, in program order. */
  public List<InputConnector> inputs() {
    return new ArrayList<>(inputs.values());
  }

  /** All outputs, in program order. */
  public List<OutputConnector> outputs() {
    return new ArrayList<>(outputs.values());
  }

  /** An input by endpoint name. */
  public Optional<InputConnector> input(String name) {
    return Optional.ofNullable(inputs.get(name));
  }

  /** An output by endpoint name. */
  public Optional<OutputConnector> output(String name) {
    return Optional.ofNullable(outputs.get(name));
  }

  /** Whether every input has ended. */
  public boolean allInputsEnded() {
    return inputs.values().stream().allMatch(InputConnector::endOfInput);
  }

  /**
   * Where every connector stands; to be asked for on the step thread, as {@link ConnectorPositions}
   * says. Completes when every output has written and made durable what the steps so far gave it,
   * while further steps may run; fails with an {@link IOException} if one could not, or not within
   * {@link #OUTPUT_PATIENCE}: then this is no checkpoint.
   */
  public CompletableFuture<ConnectorPositions> positions() {
    Map<String, JsonNode> ins = new LinkedHashMap<>(dataflow.steps().positions());
    ins.keySet().retainAll(inputs.keySet());
    Map<String, CompletableFuture<JsonNode>> outs = new LinkedHashMap<>();
    outputs.forEach((name, output) -> outs.put(name, output.position()));
    CompletableFuture<ConnectorPositions> all =
        CompletableFuture.allOf(outs.values().toArray(CompletableFuture[]::new))
            .thenApply(
                written -> {
                  Map<String, JsonNode> positions = new LinkedHashMap<>();
                  outs.forEach((name, position) -> positions.put(name, position.join()));
                  return new ConnectorPositions(ins, positions);
                });
    return all.orTimeout(OUTPUT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(e -> CompletableFuture.failedFuture(late(e, outs)));
  }

  private IOException late(Throwable failure, Map<String, CompletableFuture<JsonNode>> outs) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (!(cause instanceof TimeoutException)) {
      return new IOException("an output can't be made durable: " + cause.getMessage(), cause);
    }
    List<String> waiting =
        outs.entrySet().stream()
            .filter(position -> !position.getValue().isDone())
            .map(
                position ->
                    "'%s' (%s)"
                        .formatted(
                            position.getKey(),
                            outputs.get(position.getKey()).health().description()))
            .toList();
    return new IOException(
        ("outputs have not written within %d s what they were given before the checkpoint: %s. It can"
                + " be made when they have")
            .formatted(OUTPUT_PATIENCE.toSeconds(), String.join(", ", waiting)));
  }

  @Override
  public void close() {
    inputs.values().forEach(InputConnector::close);
    outputs.values().forEach(OutputConnector::close);
    long deadline = System.nanoTime() + CLOSE_MILLIS * 1_000_000;
    try {
      for (InputConnector input : inputs.values()) {
        input.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      }
      for (OutputConnector output : outputs.values()) {
        output.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
