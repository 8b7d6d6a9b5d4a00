package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.engine.flow.WeightedRow;
import io.weirkeeper.engine.format.RowFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** Turns changes of a view into messages (spec: connectors §4.1, §4.3). */
final class Encoder {
  private static final String CODE = "ConfigError.InvalidEncoderConfig";

  /** Updates of one message, unless said otherwise. */
  static final int DEFAULT_BUFFER_RECORDS = 10_000;

  /** Bytes after which a message ends, however few its updates are. */
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** What an update looks like. */
  enum Form {
    INSERT_DELETE,
    WEIGHTED,
    RAW,
    CSV
  }

  private final RowFormat rows;
  private final Form form;
  private final boolean array;
  private final char delimiter;
  private final int bufferRecords;

  private Encoder(RowFormat rows, Form form, boolean array, char delimiter, int bufferRecords) {
    this.rows = rows;
    this.form = form;
    this.array = array;
    this.delimiter = delimiter;
    this.bufferRecords = bufferRecords;
  }

  /**
   * The encoder that a connector asks for.
   *
   * @throws ConnectorException ConfigError.InvalidEncoderConfig,
   *     ConfigError.OutputFormatNotSupported
   */
  static Encoder of(ConnectorConfig config, RowFormat rows) {
    String format = config.format().orElse("json");
    JsonNode options =
        config.formatConfig().isNull()
            ? JsonNodeFactory.instance.objectNode()
            : config.formatConfig();
    if (!options.isObject()) {
      throw invalid("format.config", "an object", options);
    }
    int records = bufferRecords(options);
    switch (format) {
      case "csv" -> {
        JsonNode delimiter = given(options, "delimiter");
        if (delimiter != null && !(delimiter.isTextual() && delimiter.textValue().length() == 1)) {
          throw invalid("delimiter", "one character", delimiter);
        }
        char c = delimiter == null ? ',' : delimiter.textValue().charAt(0);
        // One that is no single byte counts as a comma (spec).
        return new Encoder(rows, Form.CSV, false, c < 128 ? c : ',', records);
      }
      case "json" -> {
        JsonNode array = given(options, "array");
        if (array != null && !array.isBoolean()) {
          throw invalid("array", "true or false", array);
        }
        String flavor = text(options, "json_flavor", "default");
        if (!flavor.equals("default")) {
          throw invalid("json_flavor", "'default' (others are not built yet)", flavor);
        }
        return new Encoder(
            rows,
            form(text(options, "update_format", "insert_delete")),
            array != null && array.booleanValue(),
            ',',
            records);
      }
      default ->
          throw new ConnectorException(
              "ConfigError.OutputFormatNotSupported",
              "the output format '" + format + "' is not built yet; use json or csv");
    }
  }

  private static Form form(String name) {
    if (Set.of("debezium", "snowflake", "redis").contains(name)) {
      throw invalid(
          "update_format",
          "insert_delete, weighted or raw ('" + name + "' is not built yet for outputs)",
          name);
    }
    return switch (name) {
      case "insert_delete" -> Form.INSERT_DELETE;
      case "weighted" -> Form.WEIGHTED;
      case "raw" -> Form.RAW;
      default -> throw invalid("update_format", "insert_delete, weighted or raw", name);
    };
  }

  private static int bufferRecords(JsonNode options) {
    JsonNode given = given(options, "buffer_size_records");
    if (given == null) {
      return DEFAULT_BUFFER_RECORDS;
    }
    if (!given.isIntegralNumber() || given.bigIntegerValue().signum() < 1) {
      throw invalid("buffer_size_records", "a whole number from 1", given);
    }
    return given.canConvertToInt() ? given.intValue() : Integer.MAX_VALUE;
  }

  private static JsonNode given(JsonNode options, String option) {
    JsonNode value = options.get(option);
    return value == null || value.isNull() ? null : value;
  }

  private static String text(JsonNode options, String option, String otherwise) {
    JsonNode value = given(options, option);
    if (value != null && !value.isTextual()) {
      throw invalid(option, "a string", value);
    }
    return value == null ? otherwise : value.textValue();
  }

  private static ConnectorException invalid(String option, String expected, Object found) {
    String shown = String.valueOf(found);
    return new ConnectorException(
        CODE,
        "format option '"
            + option
            + "': expected "
            + expected
            + ", found "
            + (shown.length() > 100 ? shown.substring(0, 100) + "..." : shown));
  }

  /** Where messages go. */
  interface Target {
    /** Takes a message that holds this many updates; may wait for whom it goes to. */
    void message(byte[] bytes, long updates) throws InterruptedException;

    /** A change that the format can't say; it is left out. */
    void left(String why, long updates);
  }

  /** Encodes changes, in order; nothing is kept for later. */
  void encode(List<WeightedRow> changes, Target target) throws InterruptedException {
    if (form == Form.CSV) {
      csv(changes, target);
    } else {
      json(changes, target);
    }
  }

  private void csv(List<WeightedRow> changes, Target target) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    long updates = 0;
    int lines = 0;
    for (WeightedRow change : changes) {
      rows.writeCsv(change.row(), change.weight(), delimiter, text);
      updates += Math.abs(change.weight());
      if (++lines == bufferRecords || text.length() >= MAX_MESSAGE_BYTES) {
        target.message(text.toString().getBytes(StandardCharsets.UTF_8), updates);
        text.setLength(0);
        updates = 0;
        lines = 0;
      }
    }
    if (lines > 0) {
      target.message(text.toString().getBytes(StandardCharsets.UTF_8), updates);
    }
  }

  private void json(List<WeightedRow> changes, Target target) throws InterruptedException {
    JsonMessage message = null;
    for (WeightedRow change : changes) {
      if (form == Form.RAW && change.weight() < 0) {
        target.left(
            "a delete can't be said in the update_format 'raw', which is for inserts only",
            -change.weight());
        continue;
      }
      long copies = form == Form.WEIGHTED ? 1 : Math.abs(change.weight());
      for (long copy = 0; copy < copies; copy++) {
        if (message == null) {
          message = new JsonMessage();
        }
        message.add(change, form == Form.WEIGHTED ? Math.abs(change.weight()) : 1);
        if (message.events == bufferRecords || message.bytes.size() >= MAX_MESSAGE_BYTES) {
          message.end(target);
          message = null;
        }
      }
    }
    if (message != null) {
      message.end(target);
    }
  }

  private final class JsonMessage {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
    private final JsonGenerator out = RowFormat.jsonWriter(bytes);
    int events;
    private long updates;

    JsonMessage() {
      try {
        if (array) {
          out.writeStartArray();
        } else {
          out.setRootValueSeparator(new SerializedString("\n"));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void add(WeightedRow change, long counted) {
      try {
        switch (form) {
          case RAW -> rows.writeJson(change.row(), out);
          case WEIGHTED -> {
            out.writeStartObject();
            out.writeNumberField("weight", change.weight());
            out.writeFieldName("data");
            rows.writeJson(change.row(), out);
            out.writeEndObject();
          }
          default -> {
            out.writeStartObject();
            out.writeFieldName(change.weight() > 0 ? "insert" : "delete");
            rows.writeJson(change.row(), out);
            out.writeEndObject();
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      events++;
      updates += counted;
    }

    void end(Target target) throws InterruptedException {
      try {
        if (array) {
          out.writeEndArray();
        }
        out.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      bytes.write('\n');
      target.message(bytes.toByteArray(), updates);
    }
  }
}
