package io.weirkeeper.engine.store;

import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.ViewRow;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.duckdb.DuckDBAppender;

/** How a column is held in DuckDB, and how Flink's values get there. */
final class DuckType {

  private static final long MICROS_PER_MILLI = 1_000;

  private DuckType() {}

  /** DuckDB's name of the type. */
  static String of(CellType type) {
    return switch (type.kind()) {
      case BOOLEAN -> "BOOLEAN";
      case TINYINT -> "TINYINT";
      case SMALLINT -> "SMALLINT";
      case INTEGER -> "INTEGER";
      case BIGINT -> "BIGINT";
      case REAL -> "FLOAT";
      case DOUBLE -> "DOUBLE";
      case DECIMAL -> "DECIMAL(%d,%d)".formatted(type.precision(), type.scale());
      case STRING, VARIANT -> "VARCHAR";
      case BINARY -> "BLOB";
      case DATE -> "DATE";
      case TIME -> "TIME";
      case TIMESTAMP -> "TIMESTAMP";
      case TIMESTAMP_TZ -> "TIMESTAMPTZ";
      case ARRAY -> of(type.element()) + "[]";
      case MAP -> "MAP(%s, %s)".formatted(of(type.key()), of(type.element()));
      case ROW -> struct(type);
    };
  }

  private static String struct(CellType type) {
    List<String> fields = new ArrayList<>();
    for (int i = 0; i < type.fields().size(); i++) {
      fields.add(quote(type.fieldNames().get(i)) + " " + of(type.fields().get(i)));
    }
    return "STRUCT(" + String.join(", ", fields) + ")";
  }

  /** A name in double quotes. */
  static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Writes one column of a row. */
  @FunctionalInterface
  interface Writer {
    /** Appends the column's value. */
    void write(DuckDBAppender appender, RowData row) throws SQLException;
  }

  /** A writer for a column. */
  static Writer writer(CellType type, int column) {
    Writer writer =
        switch (type.kind()) {
          case BOOLEAN -> (appender, row) -> appender.append(row.getBoolean(column));
          case TINYINT -> (appender, row) -> appender.append(row.getByte(column));
          case SMALLINT -> (appender, row) -> appender.append(row.getShort(column));
          case INTEGER -> (appender, row) -> appender.append(row.getInt(column));
          case BIGINT -> (appender, row) -> appender.append(row.getLong(column));
          case REAL -> (appender, row) -> appender.append(row.getFloat(column));
          case DOUBLE -> (appender, row) -> appender.append(row.getDouble(column));
          case STRING -> (appender, row) -> appender.append(row.getString(column).toString());
          case DATE -> (appender, row) -> appender.appendEpochDays(row.getInt(column));
          case TIME ->
              (appender, row) -> appender.appendDayMicros(row.getInt(column) * MICROS_PER_MILLI);
          case TIMESTAMP ->
              (appender, row) ->
                  appender.appendEpochMicros(micros(row.getTimestamp(column, type.precision())));
          default -> plain(type, column);
        };
    return (appender, row) -> {
      if (row.isNullAt(column)) {
        appender.appendNull();
      } else {
        writer.write(appender, row);
      }
    };
  }

  private static long micros(TimestampData timestamp) {
    return timestamp.getMillisecond() * MICROS_PER_MILLI
        + timestamp.getNanoOfMillisecond() / MICROS_PER_MILLI;
  }

  private static Writer plain(CellType type, int column) {
    CellType.CellReader reader = type.reader(column);
    return (appender, row) -> append(appender, type, reader.read(row));
  }

  private static void append(DuckDBAppender appender, CellType type, Object plain)
      throws SQLException {
    switch (type.kind()) {
      case DECIMAL -> appender.append((BigDecimal) plain);
      case BINARY -> appender.append((byte[]) plain);
      case VARIANT -> appender.append((String) plain);
      case TIMESTAMP_TZ -> appender.append(((Instant) plain).atOffset(ZoneOffset.UTC));
      case ARRAY -> appender.append((List<?>) nested(type, plain));
      case MAP -> appender.append((Map<?, ?>) nested(type, plain));
      case ROW -> {
        appender.beginStruct();
        ViewRow row = (ViewRow) plain;
        for (int i = 0; i < row.size(); i++) {
          CellType field = type.fields().get(i);
          Object value = row.get(i);
          if (value == null) {
            appender.appendNull();
          } else {
            appendField(appender, field, value);
          }
        }
        appender.endStruct();
      }
      default -> throw new IllegalStateException("no writer for " + type);
    }
  }

  private static void appendField(DuckDBAppender appender, CellType type, Object plain)
      throws SQLException {
    switch (type.kind()) {
      case BOOLEAN -> appender.append((Boolean) plain);
      case TINYINT -> appender.append((Byte) plain);
      case SMALLINT -> appender.append((Short) plain);
      case INTEGER -> appender.append((Integer) plain);
      case BIGINT -> appender.append((Long) plain);
      case REAL -> appender.append((Float) plain);
      case DOUBLE -> appender.append((Double) plain);
      case STRING -> appender.append((String) plain);
      case DATE -> appender.append((java.time.LocalDate) plain);
      case TIME -> appender.append((java.time.LocalTime) plain);
      case TIMESTAMP -> appender.append((LocalDateTime) plain);
      default -> append(appender, type, plain);
    }
  }

  // Inside collections the appender wants maps for structs.
  private static Object nested(CellType type, Object plain) {
    if (plain == null) {
      return null;
    }
    return switch (type.kind()) {
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        ((List<?>) plain).forEach(element -> list.add(nested(type.element(), element)));
        yield list;
      }
      case MAP -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        ((Map<?, ?>) plain)
            .forEach((k, v) -> map.put(nested(type.key(), k), nested(type.element(), v)));
        yield map;
      }
      case ROW -> {
        ViewRow row = (ViewRow) plain;
        Map<String, Object> struct = new LinkedHashMap<>();
        for (int i = 0; i < row.size(); i++) {
          struct.put(type.fieldNames().get(i), nested(type.fields().get(i), row.get(i)));
        }
        yield struct;
      }
      case TIMESTAMP_TZ -> ((Instant) plain).atOffset(ZoneOffset.UTC);
      default -> plain;
    };
  }
}
