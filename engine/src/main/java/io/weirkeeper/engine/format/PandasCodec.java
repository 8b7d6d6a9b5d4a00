package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.TimestampData;

/** Reads what {@link JsonFlavor#PANDAS} writes differently, the rest as the default flavor. */
final class PandasCodec extends ValueCodec {
  private enum Number {
    TIMESTAMP,
    DATE,
    WHOLE
  }

  private final ValueCodec standard;
  private final Number number;

  private PandasCodec(ValueCodec standard, Number number) {
    this.standard = standard;
    this.number = number;
  }

  /** The codec itself for types that pandas writes as the default flavor does. */
  static ValueCodec over(ValueCodec standard) {
    if (standard instanceof ScalarCodecs.Timestamp) {
      return new PandasCodec(standard, Number.TIMESTAMP);
    }
    if (standard instanceof ScalarCodecs.Date) {
      return new PandasCodec(standard, Number.DATE);
    }
    if (standard instanceof ScalarCodecs.Whole || standard instanceof ScalarCodecs.UnsignedLong) {
      return new PandasCodec(standard, Number.WHOLE);
    }
    return standard;
  }

  @Override
  Object readJson(JsonParser p) throws IOException, BadValue {
    boolean whole = p.currentToken() == JsonToken.VALUE_NUMBER_INT;
    boolean fits = whole && p.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    if (number == Number.WHOLE && p.currentToken() == JsonToken.VALUE_NUMBER_FLOAT) {
      return readWhole(p);
    }
    if (number == Number.TIMESTAMP && fits) {
      return TimestampData.fromEpochMillis(p.getLongValue());
    }
    if (number == Number.DATE && fits) {
      long days = Math.floorDiv(p.getLongValue(), TimeUnit.DAYS.toMillis(1));
      if (days == (int) days) {
        return (int) days;
      }
    }
    return standard.readJson(p);
  }

  private Object readWhole(JsonParser p) throws IOException, BadValue {
    BigDecimal value = p.getDecimalValue();
    // First the sizes: 1e999999999 must not be written out.
    if (value.precision() - value.scale() > 20 || value.stripTrailingZeros().scale() > 0) {
      return standard.readJson(p);
    }
    return standard.readText(value.setScale(0).toPlainString());
  }

  @Override
  Object readText(String text) throws BadValue {
    return standard.readText(text);
  }

  @Override
  void writeJson(Object value, JsonGenerator out) throws IOException {
    standard.writeJson(value, out);
  }

  @Override
  String writeText(Object value) {
    return standard.writeText(value);
  }

  @Override
  boolean emptyTextIsValue() {
    return standard.emptyTextIsValue();
  }
}
