package io.weirkeeper.engine.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.CellType;

/** Reads single values of a type from JSON, in the default flavor. Immutable. */
public final class ValueReader {
  private final ValueCodec codec;

  private ValueReader(ValueCodec codec) {
    this.codec = codec;
  }

  /** The reader of a type. */
  public static ValueReader of(ColumnType type, CellType cell) {
    return new ValueReader(ValueCodec.of(type, cell, JsonFlavor.DEFAULT));
  }

  /**
   * The internal value of JSON that is not null.
   *
   * @throws FormatException (InvalidParam) if it is no value of the type
   */
  public Object read(JsonNode json) throws FormatException {
    try {
      return NestedCodecs.readNested(codec, json.toString());
    } catch (BadValue e) {
      throw new FormatException("InvalidParam", e.getMessage());
    }
  }

  /** The internal value of text, as in a field of CSV. */
  public Object readText(String text) throws FormatException {
    try {
      return codec.readText(text);
    } catch (BadValue e) {
      throw new FormatException("InvalidParam", e.getMessage());
    }
  }
}
