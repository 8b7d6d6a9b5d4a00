package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.ViewRow;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;

/**
 * How the rows of one table or view look outside. Immutable and safe for several threads; parsers
 * that it makes are not.
 */
public final class RowFormat {
  private final Relation relation;
  private final Columns columns;

  private RowFormat(Relation relation) {
    this.relation = relation;
    this.columns = new Columns(relation, JsonFlavor.DEFAULT);
  }

  /**
   * The format of a relation's rows.
   *
   * @throws IllegalArgumentException when a column has a type without encoding, or a DEFAULT that
   *     is no value of its type
   */
  public static RowFormat of(Relation relation) {
    return new RowFormat(relation);
  }

  /** The relation whose rows these are. */
  public Relation relation() {
    return relation;
  }

  /** A parser for one request body; what it reads goes to the sink. */
  public RecordParser parser(InputFormat format, ChangeSink sink) {
    return parser(format, sink, RecordParser.Mark.START);
  }

  /**
   * A parser that goes on where another one of the same format was.
   *
   * @param from made by that parser; the bytes that follow it are to be fed
   */
  public RecordParser parser(InputFormat format, ChangeSink sink, RecordParser.Mark from) {
    if (format instanceof InputFormat.Json json) {
      Columns read =
          json.flavor() == JsonFlavor.DEFAULT ? columns : new Columns(relation, json.flavor());
      FlatRecordReader flat =
          json.flavor() == JsonFlavor.DEFAULT
              ? FlatRecordReader.of(relation, read, json.raw())
              : null;
      return new JsonRecordParser(read, json, sink, from, flat);
    }
    if (format instanceof InputFormat.Raw raw) {
      int column = rawColumn(raw);
      boolean binary = relation.types().get(column).kind() == CellType.Kind.BINARY;
      return new RawRecordParser(columns, raw.lines(), column, binary, sink, from);
    }
    return new CsvRecordParser(columns, (InputFormat.Csv) format, sink, from);
  }

  /**
   * Checks that a format can be read into this table; a parser can be made then.
   *
   * @throws FormatException (InvalidParam) if it can't
   */
  public void check(InputFormat format) throws FormatException {
    if (!(format instanceof InputFormat.Raw raw)) {
      return;
    }
    int column = rawColumn(raw);
    if (column < 0) {
      throw new FormatException(
          "InvalidParam",
          raw.column() == null
              ? "The format 'raw' needs 'column_name', because the table has several columns"
              : "column_name: the table has no column named '" + BadValue.cut(raw.column()) + "'");
    }
    String type = relation.columns().get(column).columntype().type();
    if (!type.equals("VARCHAR") && !type.equals("VARBINARY")) {
      throw new FormatException(
          "InvalidParam",
          "The format 'raw' needs a column of type VARCHAR or VARBINARY, and '"
              + columns.names[column]
              + "' is "
              + type);
    }
    for (int i = 0; i < columns.size(); i++) {
      try {
        if (i != column) {
          columns.missing(i);
        }
      } catch (BadValue e) {
        throw new FormatException(
            "InvalidParam",
            "The format 'raw' sets one column only, and '"
                + columns.names[i]
                + "' is NOT NULL without a DEFAULT");
      }
    }
  }

  private int rawColumn(InputFormat.Raw raw) {
    return raw.column() == null ? (columns.size() == 1 ? 0 : -1) : columns.find(raw.column());
  }

  /**
   * Makes the row of an ad-hoc INSERT from plain values; columns not named get their DEFAULT or
   * NULL.
   *
   * @param targets names of the columns that the values are for, exact; empty for all in order
   * @param values as the ad-hoc store gives them
   * @throws FormatException (AdHocQueryError) for an unknown column, a wrong number of values, or a
   *     value that is none of its column
   */
  public Change insertOf(List<String> targets, Object[] values) throws FormatException {
    int expected = targets.isEmpty() ? columns.size() : targets.size();
    if (values.length != expected) {
      throw adHoc("expected " + expected + " values, found " + values.length);
    }
    GenericRowData row = new GenericRowData(columns.size());
    boolean[] set = new boolean[columns.size()];
    for (int v = 0; v < values.length; v++) {
      int i = targets.isEmpty() ? v : List.of(columns.names).indexOf(targets.get(v));
      if (i < 0) {
        throw adHoc("no column named '" + targets.get(v) + "'");
      }
      set[i] = true;
      if (values[v] == null) {
        if (!columns.nullable[i]) {
          throw adHoc("column '" + columns.names[i] + "' is NOT NULL, found NULL");
        }
        continue;
      }
      try {
        row.setField(i, internal(i, values[v]));
      } catch (BadValue | IllegalArgumentException e) {
        throw adHoc("column '" + columns.names[i] + "': " + e.getMessage());
      }
    }
    for (int i = 0; i < set.length; i++) {
      if (!set[i]) {
        try {
          row.setField(i, columns.missing(i));
        } catch (BadValue e) {
          throw adHoc("column '" + columns.names[i] + "' is NOT NULL and has no DEFAULT");
        }
      }
    }
    return Change.insert(row);
  }

  private Object internal(int i, Object value) throws BadValue {
    if (value instanceof List || value instanceof Map || value instanceof byte[]) {
      return relation.types().get(i).toInternal(value);
    }
    String text;
    if (value instanceof BigDecimal decimal) {
      BigDecimal stripped = decimal.stripTrailingZeros();
      text = (stripped.scale() < 0 ? stripped.setScale(0) : stripped).toPlainString();
    } else if (value instanceof LocalDateTime timestamp) {
      text = TemporalText.timestamp(timestamp, ' ');
    } else if (value instanceof LocalTime time) {
      text = TemporalText.time(time.toNanoOfDay());
    } else {
      text = value.toString();
    }
    return columns.codecs[i].readText(text);
  }

  private FormatException adHoc(String what) {
    return new FormatException("AdHocQueryError", "INSERT INTO " + relation.name() + ": " + what);
  }

  /** Begins JSON text as UTF-8, for {@link #writeJson}; closing it does not close the stream. */
  public static JsonGenerator jsonWriter(OutputStream out) {
    try {
      return JsonText.FACTORY
          .createGenerator(out)
          .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
          .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a row as an object: all columns by their declared names, NULL as null (spec §5). */
  public void writeJson(ViewRow row, JsonGenerator out) throws IOException {
    out.writeStartObject();
    for (int i = 0; i < columns.size(); i++) {
      out.writeFieldName(columns.names[i]);
      Object value = row.get(i);
      if (value == null) {
        out.writeNull();
      } else {
        columns.codecs[i].writeJson(value, out);
      }
    }
    out.writeEndObject();
  }

  /**
   * Appends a row as a CSV record with the weight as its last field (spec §5). NULL is an empty
   * field, an empty string is {@code ""}.
   */
  public void writeCsv(ViewRow row, long weight, StringBuilder out) {
    writeCsv(row, weight, ',', out);
  }

  /** As {@link #writeCsv(ViewRow, long, StringBuilder)}, with another character between fields. */
  public void writeCsv(ViewRow row, long weight, char delimiter, StringBuilder out) {
    for (int i = 0; i < columns.size(); i++) {
      Object value = row.get(i);
      if (value != null) {
        quote(columns.codecs[i].writeText(value), delimiter, out);
      }
      out.append(delimiter);
    }
    out.append(weight).append('\n');
  }

  private static void quote(String field, char delimiter, StringBuilder out) {
    boolean plain = !field.isEmpty();
    for (int i = 0; i < field.length() && plain; i++) {
      char c = field.charAt(i);
      plain = c != delimiter && c != '"' && c != '\n' && c != '\r';
    }
    if (plain) {
      out.append(field);
      return;
    }
    out.append('"');
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '"') {
        out.append('"');
      }
      out.append(c);
    }
    out.append('"');
  }
}
