package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.CellType;
import java.io.IOException;

/**
 * One type on the wire (spec: pipeline-protocol §4.1, {@link JsonFlavor}). The API's type decides
 * the encoding and the range, the cell type the object in memory: reading makes internal values,
 * writing takes plain ones ({@link CellType.Kind} describes both). NULL is handled by the caller,
 * in both directions.
 */
abstract class ValueCodec {

  /** Makes the codec of a column, field or element. */
  static ValueCodec of(ColumnType api, CellType cell, JsonFlavor flavor) {
    ValueCodec standard = standard(api, cell, flavor);
    return flavor == JsonFlavor.PANDAS ? PandasCodec.over(standard) : standard;
  }

  private static ValueCodec standard(ColumnType api, CellType cell, JsonFlavor flavor) {
    switch (api.type()) {
      case "BOOLEAN":
        return new ScalarCodecs.Bool();
      case "TINYINT":
        return new ScalarCodecs.Whole("TINYINT", Byte.MIN_VALUE, Byte.MAX_VALUE, cell);
      case "SMALLINT":
        return new ScalarCodecs.Whole("SMALLINT", Short.MIN_VALUE, Short.MAX_VALUE, cell);
      case "INTEGER":
        return new ScalarCodecs.Whole("INTEGER", Integer.MIN_VALUE, Integer.MAX_VALUE, cell);
      case "BIGINT":
        return new ScalarCodecs.Whole("BIGINT", Long.MIN_VALUE, Long.MAX_VALUE, cell);
      case "UTINYINT":
        return new ScalarCodecs.Whole("TINYINT UNSIGNED", 0, 255, cell);
      case "USMALLINT":
        return new ScalarCodecs.Whole("SMALLINT UNSIGNED", 0, 65535, cell);
      case "UINTEGER":
        return new ScalarCodecs.Whole("INTEGER UNSIGNED", 0, 4294967295L, cell);
      case "UBIGINT":
        return new ScalarCodecs.UnsignedLong();
      case "REAL":
        return new ScalarCodecs.Real();
      case "DOUBLE":
        return new ScalarCodecs.DoublePrecision();
      case "DECIMAL":
        return new ScalarCodecs.Decimal(cell);
      case "UUID":
        return new ScalarCodecs.Uuid(cell);
      case "BINARY":
      case "VARBINARY":
        return new ScalarCodecs.Bytes();
      case "DATE":
        return new ScalarCodecs.Date();
      case "TIME":
        return new ScalarCodecs.Time();
      case "TIMESTAMP":
        return new ScalarCodecs.Timestamp(false);
      case "TIMESTAMP_TZ":
        return new ScalarCodecs.Timestamp(true);
      case "VARIANT":
        return NestedCodecs.variant(cell);
      case "ARRAY":
        return new NestedCodecs.Array(api.component(), cell.element(), flavor);
      case "MAP":
        return new NestedCodecs.Mapping(api.key(), api.value(), cell.key(), cell.element(), flavor);
      case "STRUCT":
        return new NestedCodecs.Struct(api.fields(), cell.fields(), flavor);
      default:
        // CHAR, VARCHAR, and what has no encoding of its own: intervals, NULL.
        return switch (cell.kind()) {
          case STRING -> new ScalarCodecs.Text();
          case INTEGER ->
              new ScalarCodecs.Whole(api.type(), Integer.MIN_VALUE, Integer.MAX_VALUE, cell);
          case BIGINT -> new ScalarCodecs.Whole(api.type(), Long.MIN_VALUE, Long.MAX_VALUE, cell);
          default ->
              throw new IllegalArgumentException(
                  "No encoding for the type " + api.type() + " held as " + cell);
        };
    }
  }

  /** Reads the value at the parser's current token, which is not null; ends at its last token. */
  abstract Object readJson(JsonParser p) throws IOException, BadValue;

  /** Reads the value from a CSV field. */
  abstract Object readText(String text) throws BadValue;

  /** Writes a value that is not null. */
  abstract void writeJson(Object value, JsonGenerator out) throws IOException;

  /** Writes a value that is not null as a CSV field, before quoting. */
  abstract String writeText(Object value);

  /** Whether an empty CSV field of a column without NULL is a value of the type. */
  boolean emptyTextIsValue() {
    return false;
  }

  /** What stands at the parser's current token, for an error message. */
  static String describe(JsonParser p) throws IOException {
    JsonToken token = p.currentToken();
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "the string '" + BadValue.cut(p.getText()) + "'";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + BadValue.cut(p.getText());
      case VALUE_NULL -> "null";
      default -> p.getText();
    };
  }
}
