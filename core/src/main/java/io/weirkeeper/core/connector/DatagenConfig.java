package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Options of {@code datagen} (spec: connectors §2.1). Whether ranges and values fit the columns is
 * only known where the types are.
 *
 * @param plan parts, executed one after the other
 * @param workers generators at work
 * @param seed decides all that is random; empty: drawn at the first start
 * @param transactionSize rows that take effect at once; 0: each batch by itself
 */
public record DatagenConfig(List<Plan> plan, int workers, OptionalLong seed, long transactionSize) {

  /** Generators at most. */
  public static final int MAX_WORKERS = 64;

  /** Rows that may take effect at once at most: they are held in memory. */
  public static final long MAX_TRANSACTION_SIZE = 1_000_000;

  /** Rows of a batch when neither a rate nor a chunk size is given. */
  public static final long DEFAULT_CHUNK = 10_000;

  /** Rows of a batch at most: they are held in memory. */
  public static final long MAX_CHUNK = 1_000_000;

  private static final String CODE = "ConfigError.InvalidTransportConfig";

  /**
   * One part of the plan.
   *
   * @param limit rows to make; empty: no end
   * @param rate rows a second; empty: as fast as possible
   * @param chunk rows of a worker's turn
   * @param fields settings by column; columns that are not named have the default ones
   */
  public record Plan(
      OptionalLong limit, OptionalLong rate, long chunk, Map<String, Field> fields) {}

  /**
   * How the values of a column, field, key or element are made.
   *
   * @param strategy wire name, one of {@link DatagenStrategies#ALL}
   * @param range two bounds, or null; their form depends on the type
   * @param scale multiplier of the counter
   * @param exponent of the Zipf distribution
   * @param values to pick from; empty list: always NULL
   * @param nullPercent chance of NULL
   * @param fields settings of the members of a struct
   * @param key settings of the keys of a map
   * @param value settings of elements or of the values of a map
   */
  public record Field(
      String strategy,
      JsonNode range,
      long scale,
      long exponent,
      Optional<List<JsonNode>> values,
      OptionalInt nullPercent,
      Map<String, Field> fields,
      Optional<Field> key,
      Optional<Field> value) {

    /** The settings of a column that the plan does not name. */
    public static final Field DEFAULT =
        new Field(
            DatagenStrategies.INCREMENT,
            null,
            1,
            1,
            Optional.empty(),
            OptionalInt.empty(),
            Map.of(),
            Optional.empty(),
            Optional.empty());
  }

  /** Reads the options; null and JSON null stand for none. */
  public static DatagenConfig of(JsonNode json) throws ConnectorConfigException {
    Options options = new Options(CODE, "transport.config", json);
    options.only(Set.of("plan", "workers", "seed", "transaction_size"));
    JsonNode given = options.given("plan");
    List<Plan> plan = new ArrayList<>();
    if (given == null) {
      plan.add(plan(options.path("plan[0]"), null));
    } else if (!given.isArray()) {
      throw options.invalid(options.path("plan"), "an array", given);
    } else {
      for (int i = 0; i < given.size(); i++) {
        plan.add(plan(options.path("plan[" + i + "]"), given.get(i)));
      }
    }
    long workers = options.positive("workers").orElse(1);
    if (workers > MAX_WORKERS) {
      throw options.invalid(
          options.path("workers"), "at most " + MAX_WORKERS, options.given("workers"));
    }
    long transaction = options.unsigned("transaction_size").orElse(0);
    if (transaction > MAX_TRANSACTION_SIZE) {
      throw options.invalid(
          options.path("transaction_size"),
          "at most " + MAX_TRANSACTION_SIZE,
          options.given("transaction_size"));
    }
    JsonNode seed = options.given("seed");
    options.unsigned("seed");
    return new DatagenConfig(
        List.copyOf(plan),
        (int) workers,
        // The whole unsigned range, as its bits.
        seed == null ? OptionalLong.empty() : OptionalLong.of(seed.bigIntegerValue().longValue()),
        transaction);
  }

  private static Plan plan(String path, JsonNode json) throws ConnectorConfigException {
    Options options = new Options(CODE, path, json);
    options.only(Set.of("limit", "rate", "worker_chunk_size", "fields"));
    OptionalLong rate = options.positive("rate");
    if (rate.isPresent() && rate.getAsLong() > 0xffffffffL) {
      throw options.invalid(options.path("rate"), "at most " + 0xffffffffL, options.given("rate"));
    }
    long chunk =
        options
            .positive("worker_chunk_size")
            .orElse(Math.min(rate.orElse(DEFAULT_CHUNK), DEFAULT_CHUNK));
    if (chunk > MAX_CHUNK) {
      throw options.invalid(
          options.path("worker_chunk_size"),
          "at most " + MAX_CHUNK,
          options.given("worker_chunk_size"));
    }
    return new Plan(options.unsigned("limit"), rate, chunk, fields(options));
  }

  private static Map<String, Field> fields(Options options) throws ConnectorConfigException {
    Options nested = options.nested("fields");
    Map<String, Field> fields = new LinkedHashMap<>();
    JsonNode given = options.given("fields");
    if (given != null) {
      for (var entry : given.properties()) {
        fields.put(entry.getKey(), field(nested.path(entry.getKey()), entry.getValue()));
      }
    }
    return Map.copyOf(fields);
  }

  private static Field field(String path, JsonNode json) throws ConnectorConfigException {
    Options options = new Options(CODE, path, json);
    options.only(
        Set.of(
            "strategy",
            "range",
            "scale",
            "e",
            "values",
            "null_percentage",
            "fields",
            "key",
            "value"));
    String strategy = options.text("strategy", DatagenStrategies.INCREMENT);
    if (!DatagenStrategies.ALL.contains(strategy)) {
      throw options.error(
          options.path("strategy")
              + ": unknown strategy '"
              + strategy
              + "', expected one of "
              + String.join(", ", DatagenStrategies.ALL));
    }
    JsonNode range = options.given("range");
    if (range != null && !(range.isArray() && range.size() == 2)) {
      throw options.invalid(options.path("range"), "an array of two bounds", range);
    }
    JsonNode values = options.given("values");
    if (values != null && !values.isArray()) {
      throw options.invalid(options.path("values"), "an array", values);
    }
    OptionalLong percent = options.unsigned("null_percentage");
    if (percent.isPresent() && percent.getAsLong() > 100) {
      throw options.invalid(
          options.path("null_percentage"), "0 to 100", options.given("null_percentage"));
    }
    List<JsonNode> picks = new ArrayList<>();
    if (values != null) {
      values.forEach(picks::add);
    }
    return new Field(
        strategy,
        range,
        options.signed("scale", 1),
        options.signed("e", 1),
        values == null ? Optional.empty() : Optional.of(List.copyOf(picks)),
        percent.isPresent() ? OptionalInt.of((int) percent.getAsLong()) : OptionalInt.empty(),
        fields(options),
        nested(options, "key"),
        nested(options, "value"));
  }

  private static Optional<Field> nested(Options options, String option)
      throws ConnectorConfigException {
    JsonNode given = options.given(option);
    return given == null ? Optional.empty() : Optional.of(field(options.path(option), given));
  }
}
