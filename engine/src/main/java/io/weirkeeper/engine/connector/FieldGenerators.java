package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.core.connector.DatagenStrategies;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.ValueReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/** Makes the generator of a column from its settings (spec: connectors §2.1). */
final class FieldGenerators {
  private FieldGenerators() {}

  private static final String CODE = "ConfigError.InvalidTransportConfig";

  /** Elements of an array, map or binary value at most. */
  private static final long MAX_ELEMENTS = 1_000_000;

  /** Days from 1970-01-01 to 2100-01-01. */
  private static final long DEFAULT_DATE_END = 47_482;

  /** Milliseconds from 1970-01-01 to 2100-01-01. */
  private static final long DEFAULT_TIMESTAMP_END = 4_102_444_800_000L;

  private static final long DAY_MILLIS = 86_400_000L;
  private static final long STRING_LENGTHS = 25;
  private static final long ELEMENT_COUNTS = 5;

  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  static ConnectorException wrong(String path, String message) {
    return new ConnectorException(CODE, path + ": " + message);
  }

  /**
   * The generator of a column, element, key or member.
   *
   * @param path of the settings, for messages
   * @throws ConnectorException if the settings don't fit the type
   */
  static FieldGenerator of(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    if (settings.exponent() < 0) {
      throw wrong(path, "e: expected a whole number from 0, found " + settings.exponent());
    }
    FieldGenerator values =
        settings.values().isPresent()
            ? picks(path, type, cell, settings)
            : byType(path, type, cell, settings);
    int percent = settings.nullPercent().orElse(0);
    if (percent == 0) {
      return values;
    }
    if (!cell.nullable()) {
      throw wrong(path, "null_percentage: the column is NOT NULL, found " + percent);
    }
    return (number, random) -> random.below(100) < percent ? null : values.next(number, random);
  }

  // ---- values from a list

  private static FieldGenerator picks(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    List<JsonNode> given = settings.values().orElseThrow();
    Object[] values = new Object[given.size()];
    boolean nulls = values.length == 0;
    for (int i = 0; i < values.length; i++) {
      try {
        values[i] = given.get(i).isNull() ? null : value(type, cell, given.get(i));
      } catch (FormatException e) {
        throw wrong(path + ".values[" + i + "]", e.getMessage());
      }
      nulls |= values[i] == null;
    }
    if (nulls && !cell.nullable()) {
      throw wrong(
          path + ".values", "the column is NOT NULL, and an empty list or a null makes NULLs");
    }
    if (values.length == 0) {
      return (number, random) -> null;
    }
    // Strategies that make text have nothing to say of a list: they draw from it.
    Counter index = new Counter(settings.strategy(), 0, values.length, 1, settings.exponent());
    return (number, random) -> values[(int) index.next(number, random)];
  }

  private static Object value(ColumnType type, CellType cell, JsonNode json)
      throws FormatException {
    if (json.isIntegralNumber()) {
      switch (cell.kind()) {
        case TIMESTAMP, TIMESTAMP_TZ -> {
          return TimestampData.fromEpochMillis(json.longValue());
        }
        case DATE, TIME -> {
          return json.intValue();
        }
        default -> {
          // Read as the column's type.
        }
      }
    }
    return ValueReader.of(type, cell).read(json);
  }

  // ---- values from a range

  private static FieldGenerator byType(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    String strategy = settings.strategy();
    boolean string = type.type().equals("VARCHAR") || type.type().equals("CHAR");
    if (DatagenStrategies.makesText(strategy) && !string) {
      throw wrong(
          path, "strategy: '" + strategy + "' makes text, and the column is " + type.type());
    }
    return switch (type.type()) {
      case "TINYINT" -> integers(path, settings, Byte.MIN_VALUE, Byte.MAX_VALUE, cell);
      case "SMALLINT" -> integers(path, settings, Short.MIN_VALUE, Short.MAX_VALUE, cell);
      case "INTEGER" -> integers(path, settings, Integer.MIN_VALUE, Integer.MAX_VALUE, cell);
      case "BIGINT" -> integers(path, settings, Long.MIN_VALUE, Long.MAX_VALUE, cell);
      case "UTINYINT" -> integers(path, settings, 0, 0xff, cell);
      case "USMALLINT" -> integers(path, settings, 0, 0xffff, cell);
      case "UINTEGER" -> integers(path, settings, 0, 0xffffffffL, cell);
      case "UBIGINT" -> Numbers.decimal(path, settings, 20, 0, Numbers.UNSIGNED_LONG_END, cell);
      case "REAL", "DOUBLE" -> Numbers.floating(path, settings, type.type().equals("REAL"));
      case "DECIMAL" -> Numbers.decimal(path, settings, cell.precision(), cell.scale(), null, cell);
      case "BOOLEAN" -> booleans(path, settings);
      case "CHAR", "VARCHAR" -> text(path, settings);
      case "UUID" -> uuids(path, settings);
      case "TIMESTAMP", "TIMESTAMP_TZ" -> {
        Counter millis = temporal(path, type, cell, settings, DEFAULT_TIMESTAMP_END);
        yield (number, random) -> TimestampData.fromEpochMillis(millis.next(number, random));
      }
      case "TIME" -> {
        Counter millis = temporal(path, type, cell, settings, DAY_MILLIS);
        yield (number, random) -> (int) millis.next(number, random);
      }
      case "DATE" -> {
        Counter days = temporal(path, type, cell, settings, DEFAULT_DATE_END);
        yield (number, random) -> (int) days.next(number, random);
      }
      case "BINARY", "VARBINARY" -> binary(path, settings);
      case "ARRAY" -> array(path, type, cell, settings);
      case "MAP" -> map(path, type, cell, settings);
      case "STRUCT" -> struct(path, type, cell, settings);
      default ->
          throw wrong(
              path, "the generator makes no values of type " + type.type() + " without 'values'");
    };
  }

  private static FieldGenerator integers(
      String path, DatagenConfig.Field settings, long min, long max, CellType cell) {
    Counter counter = counter(path, settings, min, max);
    return switch (cell.kind()) {
      case TINYINT -> (number, random) -> (byte) counter.next(number, random);
      case SMALLINT -> (number, random) -> (short) counter.next(number, random);
      case INTEGER -> (number, random) -> (int) counter.next(number, random);
      case BIGINT -> counter::next;
      default -> (number, random) -> cell.toInternal(counter.next(number, random));
    };
  }

  /** Whole numbers from {@code min} to {@code max}, both included. */
  private static Counter counter(String path, DatagenConfig.Field settings, long min, long max) {
    requireScale(path, settings, min >= 0);
    if (settings.range() == null) {
      if (!settings.strategy().equals(DatagenStrategies.INCREMENT)) {
        return counter(settings, min, max - min + 1);
      }
      // Counts from 0 to the end of the type, in the direction of the scale.
      return settings.scale() >= 0
          ? counter(settings, 0, max + 1)
          : new Counter(settings.strategy(), min, 1 - min, -min, settings.scale(), 1);
    }
    long from = whole(path, settings.range().get(0));
    long to = whole(path, settings.range().get(1));
    requireOrder(path, settings, from < to);
    if (from < min || to - 1 > max) {
      throw wrong(
          path,
          "range: expected bounds from " + min + " to " + max + ", found " + settings.range());
    }
    return counter(settings, from, to - from);
  }

  private static Counter counter(DatagenConfig.Field settings, long from, long size) {
    return new Counter(settings.strategy(), from, size, settings.scale(), settings.exponent());
  }

  static void requireOrder(String path, DatagenConfig.Field settings, boolean inOrder) {
    if (!inOrder) {
      throw wrong(path, "range: the start must be less than the end, found " + settings.range());
    }
  }

  static void requireScale(String path, DatagenConfig.Field settings, boolean fromZero) {
    if (fromZero && settings.scale() <= 0) {
      throw wrong(
          path,
          "scale: expected a positive number, since no value is negative, found "
              + settings.scale());
    }
  }

  private static long whole(String path, JsonNode bound) {
    if (!bound.isIntegralNumber() || !bound.canConvertToLong()) {
      throw wrong(path, "range: expected whole numbers, found " + bound);
    }
    return bound.longValue();
  }

  /** Milliseconds or days; bounds as numbers or as text of the type. */
  private static Counter temporal(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings, long end) {
    JsonNode range = settings.range();
    long from = range == null ? 0 : instant(path, type, cell, range.get(0));
    long to = range == null ? end : instant(path, type, cell, range.get(1));
    requireOrder(path, settings, from < to);
    requireScale(path, settings, cell.kind() == CellType.Kind.TIME);
    if (cell.kind() == CellType.Kind.TIME && (from < 0 || to > DAY_MILLIS)) {
      throw wrong(path, "range: expected times of one day, found " + range);
    }
    if (cell.kind() == CellType.Kind.DATE && (from < -719_528 || to > 2_932_897)) {
      throw wrong(path, "range: expected dates from year 0 to year 9999, found " + range);
    }
    return counter(settings, from, to - from);
  }

  private static long instant(String path, ColumnType type, CellType cell, JsonNode bound) {
    if (!bound.isTextual()) {
      return whole(path, bound);
    }
    try {
      Object value = ValueReader.of(type, cell).readText(bound.textValue());
      return value instanceof TimestampData timestamp
          ? timestamp.getMillisecond()
          : ((Integer) value);
    } catch (FormatException e) {
      throw wrong(path + ".range", e.getMessage());
    }
  }

  private static FieldGenerator booleans(String path, DatagenConfig.Field settings) {
    return switch (settings.strategy()) {
      case DatagenStrategies.INCREMENT -> (number, random) -> (number & 1) == 1;
      case DatagenStrategies.UNIFORM -> (number, random) -> random.nextLong() < 0;
      default -> throw wrong(path, "strategy: BOOLEAN takes increment or uniform without 'values'");
    };
  }

  private static FieldGenerator uuids(String path, DatagenConfig.Field settings) {
    return switch (settings.strategy()) {
      case DatagenStrategies.INCREMENT ->
          (number, random) -> StringData.fromString(new UUID(0, number).toString());
      case DatagenStrategies.UNIFORM ->
          (number, random) -> {
            // Version 4, variant 2.
            long high = random.nextLong() & ~0xf000L | 0x4000L;
            long low = random.nextLong() & ~(3L << 62) | 1L << 63;
            return StringData.fromString(new UUID(high, low).toString());
          };
      default -> throw wrong(path, "strategy: UUID takes increment or uniform without 'values'");
    };
  }

  private static FieldGenerator text(String path, DatagenConfig.Field settings) {
    String strategy = settings.strategy();
    requireScale(path, settings, true);
    if (strategy.equals(DatagenStrategies.INCREMENT)) {
      long scale = settings.scale();
      return (number, random) ->
          StringData.fromString(Long.toUnsignedString(Counter.scaled(number, scale, 0)));
    }
    if (DatagenStrategies.makesText(strategy)) {
      Counter counts = settings.range() == null ? null : counts(path, settings, 0);
      FakeText fake = FakeText.of(strategy, counts);
      return (number, random) -> StringData.fromString(fake.next(random));
    }
    Counter lengths = counts(path, settings, STRING_LENGTHS);
    return (number, random) -> {
      char[] chars = new char[(int) lengths.next(number, random)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] = LETTERS.charAt(random.below(LETTERS.length()));
      }
      return StringData.fromString(new String(chars));
    };
  }

  /** Lengths and counts: whole numbers from 0. */
  private static Counter counts(String path, DatagenConfig.Field settings, long defaultEnd) {
    JsonNode range = settings.range();
    long from = range == null ? 0 : whole(path, range.get(0));
    long to = range == null ? defaultEnd : whole(path, range.get(1));
    requireOrder(path, settings, from < to);
    if (from < 0 || to - 1 > MAX_ELEMENTS) {
      throw wrong(path, "range: expected 0 to " + MAX_ELEMENTS + ", found " + range);
    }
    String strategy =
        DatagenStrategies.makesText(settings.strategy())
            ? DatagenStrategies.UNIFORM
            : settings.strategy();
    return new Counter(strategy, from, to - from, 1, settings.exponent());
  }

  // ---- values made of others

  private static FieldGenerator binary(String path, DatagenConfig.Field settings) {
    Counter counts = counts(path, settings, ELEMENT_COUNTS);
    DatagenConfig.Field bytes = settings.value().orElse(DatagenConfig.Field.DEFAULT);
    String elementPath = path + ".value";
    if (bytes.values().isPresent()) {
      List<JsonNode> given = bytes.values().get();
      byte[] values = new byte[given.size()];
      for (int i = 0; i < values.length; i++) {
        long value = whole(elementPath, given.get(i));
        if (value < 0 || value > 255) {
          throw wrong(elementPath + ".values[" + i + "]", "expected 0 to 255, found " + value);
        }
        values[i] = (byte) value;
      }
      if (values.length == 0) {
        throw wrong(elementPath + ".values", "a byte can't be NULL");
      }
      Counter index = new Counter(bytes.strategy(), 0, values.length, 1, bytes.exponent());
      return bytes(counts, (i, random) -> values[(int) index.next(i, random)]);
    }
    if (DatagenStrategies.makesText(bytes.strategy())) {
      throw wrong(elementPath, "strategy: '" + bytes.strategy() + "' makes text, not bytes");
    }
    Counter element = counter(elementPath, bytes, 0, 255);
    return bytes(counts, (i, random) -> (byte) element.next(i, random));
  }

  private static FieldGenerator bytes(Counter counts, FieldGenerator element) {
    return (number, random) -> {
      byte[] value = new byte[(int) counts.next(number, random)];
      for (int i = 0; i < value.length; i++) {
        value[i] = (Byte) element.next(i, random);
      }
      return value;
    };
  }

  private static FieldGenerator array(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    Counter counts = counts(path, settings, ELEMENT_COUNTS);
    FieldGenerator element =
        of(
            path + ".value",
            type.component(),
            cell.element(),
            settings.value().orElse(DatagenConfig.Field.DEFAULT));
    return (number, random) -> {
      Object[] elements = new Object[(int) counts.next(number, random)];
      for (int i = 0; i < elements.length; i++) {
        elements[i] = element.next(i, random);
      }
      return new GenericArrayData(elements);
    };
  }

  private static FieldGenerator map(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    Counter counts = counts(path, settings, ELEMENT_COUNTS);
    FieldGenerator key =
        of(
            path + ".key",
            type.key(),
            cell.key(),
            settings.key().orElse(DatagenConfig.Field.DEFAULT));
    FieldGenerator value =
        of(
            path + ".value",
            type.value(),
            cell.element(),
            settings.value().orElse(DatagenConfig.Field.DEFAULT));
    return (number, random) -> {
      Map<Object, Object> pairs = new LinkedHashMap<>();
      long count = counts.next(number, random);
      for (long i = 0; i < count; i++) {
        pairs.put(key.next(i, random), value.next(i, random));
      }
      return new GenericMapData(pairs);
    };
  }

  private static FieldGenerator struct(
      String path, ColumnType type, CellType cell, DatagenConfig.Field settings) {
    List<ColumnType.Field> members = type.fields();
    Set<String> known = new HashSet<>();
    List<FieldGenerator> generators = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      ColumnType.Field member = members.get(i);
      DatagenConfig.Field found = null;
      for (Map.Entry<String, DatagenConfig.Field> entry : settings.fields().entrySet()) {
        String name =
            member.caseSensitive() ? entry.getKey() : entry.getKey().toLowerCase(Locale.ROOT);
        if (name.equals(member.name())) {
          found = entry.getValue();
          known.add(entry.getKey());
        }
      }
      generators.add(
          of(
              path + ".fields." + member.name(),
              member.columntype(),
              cell.fields().get(i),
              found == null ? DatagenConfig.Field.DEFAULT : found));
    }
    for (String name : settings.fields().keySet()) {
      if (!known.contains(name)) {
        throw wrong(path + ".fields", "the struct has no member named '" + name + "'");
      }
    }
    return (number, random) -> {
      GenericRowData row = new GenericRowData(generators.size());
      for (int i = 0; i < generators.size(); i++) {
        row.setField(i, generators.get(i).next(number, random));
      }
      return row;
    };
  }

  /** A bound as a decimal number. */
  static BigDecimal number(String path, JsonNode bound) {
    if (!bound.isNumber()) {
      throw wrong(path, "range: expected numbers, found " + bound);
    }
    return bound.decimalValue();
  }
}
