package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.ViewRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tables for the tests of this package, and what parsers made of a text. */
final class Rows implements ChangeSink {
  final List<Change> changes = new ArrayList<>();
  final List<ParseError> errors = new ArrayList<>();
  private final Relation relation;

  private Rows(Relation relation) {
    this.relation = relation;
  }

  static ColumnPlan column(String name, String type, String flinkType) {
    return column(name, ColumnType.of(type, !flinkType.endsWith("NOT NULL")), flinkType, null);
  }

  static ColumnPlan column(String name, ColumnType type, String flinkType, JsonNode defaultValue) {
    return new ColumnPlan(name, false, type, flinkType, defaultValue);
  }

  static Relation table(List<String> key, ColumnPlan... columns) {
    return new Relation(
        "t",
        false,
        Relation.Kind.TABLE,
        true,
        List.of(columns),
        java.util.Arrays.stream(columns).map(CellType::of).toList(),
        key);
  }

  static Rows json(Relation relation, Map<String, String> options, String text) {
    return parse(relation, options, "json", text.getBytes(StandardCharsets.UTF_8), 1 << 16);
  }

  static Rows csv(Relation relation, Map<String, String> options, String text) {
    return parse(relation, options, "csv", text.getBytes(StandardCharsets.UTF_8), 1 << 16);
  }

  static Rows parse(
      Relation relation, Map<String, String> options, String format, byte[] text, int piece) {
    Map<String, String> query = new java.util.HashMap<>(options);
    query.put("format", format);
    Rows rows = new Rows(relation);
    RecordParser parser;
    try {
      parser = RowFormat.of(relation).parser(InputFormat.of(query), rows);
    } catch (FormatException e) {
      throw new AssertionError(e);
    }
    for (int i = 0; i < text.length; i += piece) {
      parser.feed(text, i, Math.min(piece, text.length - i));
    }
    parser.finish();
    return rows;
  }

  @Override
  public void change(Change change) {
    changes.add(change);
  }

  @Override
  public void error(ParseError error) {
    errors.add(error);
  }

  ViewRow row(int i) {
    CellType.CellReader[] readers = CellType.readers(relation.types());
    Object[] values = new Object[readers.length];
    for (int c = 0; c < values.length; c++) {
      values[c] = readers[c].read(changes.get(i).row());
    }
    return ViewRow.of(values);
  }

  /** Kind and JSON of every change, for example {@code INSERT {"id":1}}. */
  List<String> told() {
    List<String> told = new ArrayList<>();
    for (int i = 0; i < changes.size(); i++) {
      told.add(changes.get(i).kind() + " " + json(row(i)));
    }
    return told;
  }

  String json(ViewRow row) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = RowFormat.jsonWriter(bytes)) {
      RowFormat.of(relation).writeJson(row, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
