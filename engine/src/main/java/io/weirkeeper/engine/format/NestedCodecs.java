package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.ViewRow;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.types.variant.BinaryVariantInternalBuilder;

/** The codecs of values with parts, and of VARIANT. In CSV they are JSON text. */
final class NestedCodecs {
  private NestedCodecs() {}

  private static final JsonFactory JSON = JsonText.FACTORY;

  static Object readNested(ValueCodec codec, String text) throws BadValue {
    try (JsonParser p = JSON.createParser(text)) {
      p.nextToken();
      if (p.currentToken() == null || p.currentToken() == JsonToken.VALUE_NULL) {
        throw new BadValue("JSON text", "'" + text + "'");
      }
      Object value = codec.readJson(p);
      if (p.nextToken() != null) {
        throw new BadValue("one JSON value", "'" + text + "'");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new BadValue("JSON text", "'" + text + "'");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String writeNested(ValueCodec codec, Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      codec.writeJson(value, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static Object readPart(ValueCodec codec, boolean nullable, JsonParser p, String step)
      throws IOException, BadValue {
    if (p.currentToken() == JsonToken.VALUE_NULL && !(codec instanceof Dynamic)) {
      if (nullable) {
        return null;
      }
      throw new BadValue("a value (NOT NULL)", "null").within(step);
    }
    try {
      return codec.readJson(p);
    } catch (BadValue e) {
      throw e.within(step);
    }
  }

  private static void writePart(ValueCodec codec, Object value, JsonGenerator out)
      throws IOException {
    if (value == null) {
      out.writeNull();
    } else {
      codec.writeJson(value, out);
    }
  }

  /** ARRAY: its elements are always nullable (spec: sql §2.1). */
  static final class Array extends ValueCodec {
    private final ValueCodec element;
    private final boolean elementNullable;

    Array(ColumnType component, CellType cell, JsonFlavor flavor) {
      element = ValueCodec.of(component, cell, flavor);
      elementNullable = cell.nullable();
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.START_ARRAY) {
        throw new BadValue("an array", describe(p));
      }
      List<Object> elements = new ArrayList<>();
      while (p.nextToken() != JsonToken.END_ARRAY) {
        elements.add(readPart(element, elementNullable, p, "[" + elements.size() + "]"));
      }
      return new GenericArrayData(elements.toArray());
    }

    @Override
    Object readText(String text) throws BadValue {
      return readNested(this, text);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeStartArray();
      for (Object part : (List<?>) value) {
        writePart(element, part, out);
      }
      out.writeEndArray();
    }

    @Override
    String writeText(Object value) {
      return writeNested(this, value);
    }
  }

  static final class Mapping extends ValueCodec {
    private final ValueCodec key;
    private final ValueCodec value;
    private final boolean valueNullable;

    Mapping(
        ColumnType key, ColumnType value, CellType keyCell, CellType valueCell, JsonFlavor flavor) {
      this.key = ValueCodec.of(key, keyCell, flavor);
      this.value = ValueCodec.of(value, valueCell, flavor);
      valueNullable = valueCell.nullable();
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.START_OBJECT) {
        throw new BadValue("an object", describe(p));
      }
      Map<Object, Object> entries = new LinkedHashMap<>();
      while (p.nextToken() != JsonToken.END_OBJECT) {
        String name = p.currentName();
        String step = "['" + BadValue.cut(name) + "']";
        Object k;
        try {
          k = key.readText(name);
        } catch (BadValue e) {
          throw e.within(step);
        }
        p.nextToken();
        entries.put(k, readPart(value, valueNullable, p, step));
      }
      return new GenericMapData(entries);
    }

    @Override
    Object readText(String text) throws BadValue {
      return readNested(this, text);
    }

    @Override
    void writeJson(Object held, JsonGenerator out) throws IOException {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) held).entrySet()) {
        out.writeFieldName(entry.getKey() == null ? "null" : key.writeText(entry.getKey()));
        writePart(value, entry.getValue(), out);
      }
      out.writeEndObject();
    }

    @Override
    String writeText(Object held) {
      return writeNested(this, held);
    }
  }

  /** ROW and user-defined structures: an object by field name, or an array in field order. */
  static final class Struct extends ValueCodec {
    private final String[] names;
    private final ValueCodec[] codecs;
    private final boolean[] nullable;
    private final Map<String, Integer> exact = new HashMap<>();
    private final Map<String, Integer> folded = new HashMap<>();

    Struct(List<ColumnType.Field> fields, List<CellType> cells, JsonFlavor flavor) {
      int n = fields.size();
      names = new String[n];
      codecs = new ValueCodec[n];
      nullable = new boolean[n];
      for (int i = 0; i < n; i++) {
        ColumnType.Field field = fields.get(i);
        names[i] = field.name();
        codecs[i] = ValueCodec.of(field.columntype(), cells.get(i), flavor);
        nullable[i] = field.columntype().nullable();
        exact.put(field.name(), i);
        if (!field.caseSensitive()) {
          folded.put(field.name().toLowerCase(Locale.ROOT), i);
        }
      }
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      GenericRowData row = new GenericRowData(names.length);
      boolean[] seen = new boolean[names.length];
      if (p.currentToken() == JsonToken.START_OBJECT) {
        while (p.nextToken() != JsonToken.END_OBJECT) {
          String name = p.currentName();
          Integer i = exact.get(name);
          i = i != null ? i : folded.get(name.toLowerCase(Locale.ROOT));
          p.nextToken();
          if (i == null) {
            p.skipChildren();
          } else {
            row.setField(i, readPart(codecs[i], nullable[i], p, "." + names[i]));
            seen[i] = true;
          }
        }
      } else if (p.currentToken() == JsonToken.START_ARRAY) {
        int i = 0;
        for (; p.nextToken() != JsonToken.END_ARRAY; i++) {
          if (i == names.length) {
            throw new BadValue("an array of " + names.length + " values", "more");
          }
          row.setField(i, readPart(codecs[i], nullable[i], p, "." + names[i]));
          seen[i] = true;
        }
      } else {
        throw new BadValue("an object", describe(p));
      }
      for (int i = 0; i < names.length; i++) {
        if (!seen[i] && !nullable[i]) {
          throw new BadValue("a value (NOT NULL)", "no such field").within("." + names[i]);
        }
      }
      return row;
    }

    @Override
    Object readText(String text) throws BadValue {
      return readNested(this, text);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      // A row of the dataflow, or a map by field name from the ad-hoc store.
      Object[] parts =
          value instanceof ViewRow row ? row.toArray() : ((Map<?, ?>) value).values().toArray();
      out.writeStartObject();
      for (int i = 0; i < names.length; i++) {
        out.writeFieldName(names[i]);
        writePart(codecs[i], parts[i], out);
      }
      out.writeEndObject();
    }

    @Override
    String writeText(Object value) {
      return writeNested(this, value);
    }
  }

  static ValueCodec variant(CellType cell) {
    return new Dynamic(cell.kind() == CellType.Kind.VARIANT);
  }

  /** VARIANT: any JSON. Its null is a value of its own inside nested types. */
  static final class Dynamic extends ValueCodec {
    private final boolean binary;

    Dynamic(boolean binary) {
      this.binary = binary;
    }

    static String text(JsonParser p) throws IOException {
      StringWriter text = new StringWriter();
      try (JsonGenerator out = JSON.createGenerator(text)) {
        out.copyCurrentStructure(p);
      }
      return text.toString();
    }

    private Object ofJson(String json) throws BadValue {
      if (!binary) {
        return StringData.fromString(json);
      }
      try {
        return BinaryVariantInternalBuilder.parseJson(json, true);
      } catch (IOException | RuntimeException e) {
        throw new BadValue("JSON that a VARIANT can hold", "'" + json + "'");
      }
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return ofJson(text(p));
    }

    @Override
    Object readText(String text) throws BadValue {
      try (JsonParser p = JSON.createParser(text)) {
        if (p.nextToken() == null) {
          throw new BadValue("JSON text", "'" + text + "'");
        }
        String canonical = text(p);
        if (p.nextToken() != null) {
          throw new BadValue("one JSON value", "'" + text + "'");
        }
        return ofJson(canonical);
      } catch (JsonProcessingException e) {
        throw new BadValue("JSON text", "'" + text + "'");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The JSON text as a string (spec: pipeline-protocol §5 and §6). */
    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString((String) value);
    }

    @Override
    String writeText(Object value) {
      return (String) value;
    }
  }
}
