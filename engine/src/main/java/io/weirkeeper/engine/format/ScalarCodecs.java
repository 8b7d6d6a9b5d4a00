package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.weirkeeper.engine.flow.CellType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.UUID;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/** The codecs of values without parts. */
final class ScalarCodecs {
  private ScalarCodecs() {}

  /** Most digits, with the zeros an exponent stands for, that a number may have. */
  private static final int MAX_DECIMAL_DIGITS = 1000;

  static final class Bool extends ValueCodec {
    private static final String EXPECTED = "true or false";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return switch (p.currentToken()) {
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        default -> throw new BadValue(EXPECTED, describe(p));
      };
    }

    @Override
    Object readText(String text) throws BadValue {
      return switch (text.trim().toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new BadValue(EXPECTED, "'" + text + "'");
      };
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeBoolean((Boolean) value);
    }

    @Override
    String writeText(Object value) {
      return value.toString();
    }
  }

  /** Whole numbers that fit a long; held as the Java type that Flink's type asks for. */
  static final class Whole extends ValueCodec {
    private final String expected;
    private final long min;
    private final long max;
    private final CellType.Kind held;

    Whole(String name, long min, long max, CellType cell) {
      this.expected = "a whole number from " + min + " to " + max + " (" + name + ")";
      this.min = min;
      this.max = max;
      this.held = cell.kind();
    }

    long min() {
      return min;
    }

    long max() {
      return max;
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.VALUE_NUMBER_INT
          || p.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw new BadValue(expected, describe(p));
      }
      return hold(p.getLongValue());
    }

    @Override
    Object readText(String text) throws BadValue {
      try {
        return hold(Long.parseLong(text.trim()));
      } catch (NumberFormatException e) {
        throw new BadValue(expected, "'" + text + "'");
      }
    }

    private Object hold(long value) throws BadValue {
      if (value < min || value > max) {
        throw new BadValue(expected, "the number " + value);
      }
      return switch (held) {
        case TINYINT -> (byte) value;
        case SMALLINT -> (short) value;
        case INTEGER -> (int) value;
        case DECIMAL -> DecimalData.fromBigDecimal(BigDecimal.valueOf(value), 20, 0);
        default -> value;
      };
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeNumber(((Number) value).longValue());
    }

    @Override
    String writeText(Object value) {
      return value.toString();
    }
  }

  /** BIGINT UNSIGNED, held as a decimal. */
  static final class UnsignedLong extends ValueCodec {
    private static final BigInteger MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    private static final String EXPECTED = "a whole number from 0 to " + MAX + " (BIGINT UNSIGNED)";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw new BadValue(EXPECTED, describe(p));
      }
      return hold(p.getBigIntegerValue(), p.getText());
    }

    @Override
    Object readText(String text) throws BadValue {
      try {
        String digits = text.trim();
        if (digits.length() > 40) {
          throw new BadValue(EXPECTED, "'" + text + "'");
        }
        return hold(new BigInteger(digits), text);
      } catch (NumberFormatException e) {
        throw new BadValue(EXPECTED, "'" + text + "'");
      }
    }

    private static Object hold(BigInteger value, String text) throws BadValue {
      if (value.signum() < 0 || value.compareTo(MAX) > 0) {
        throw new BadValue(EXPECTED, "the number " + text);
      }
      return DecimalData.fromBigDecimal(new BigDecimal(value), 20, 0);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeNumber(((BigDecimal) value).toBigInteger());
    }

    @Override
    String writeText(Object value) {
      return ((BigDecimal) value).toPlainString();
    }
  }

  static final class Real extends ValueCodec {
    private static final String EXPECTED = "a number (REAL)";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return (float) DoublePrecision.readNumber(p, EXPECTED, Float.MAX_VALUE);
    }

    @Override
    Object readText(String text) throws BadValue {
      return (float) DoublePrecision.parse(text, EXPECTED);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      float f = (Float) value;
      if (Float.isFinite(f)) {
        out.writeNumber(f);
      } else {
        // JSON has neither infinity nor not-a-number.
        out.writeNull();
      }
    }

    @Override
    String writeText(Object value) {
      return value.toString();
    }
  }

  static final class DoublePrecision extends ValueCodec {
    private static final String EXPECTED = "a number (DOUBLE)";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return readNumber(p, EXPECTED, Double.MAX_VALUE);
    }

    static double readNumber(JsonParser p, String expected, double max)
        throws IOException, BadValue {
      double value;
      switch (p.currentToken()) {
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> value = p.getDoubleValue();
        case VALUE_STRING -> {
          try {
            value = Double.parseDouble(p.getText().trim());
          } catch (NumberFormatException e) {
            throw new BadValue(expected, describe(p));
          }
        }
        default -> throw new BadValue(expected, describe(p));
      }
      if (!(Math.abs(value) <= max)) {
        throw new BadValue(expected + " in range", describe(p));
      }
      return value;
    }

    @Override
    Object readText(String text) throws BadValue {
      return parse(text, EXPECTED);
    }

    static double parse(String text, String expected) throws BadValue {
      String trimmed = text.trim();
      switch (trimmed.toLowerCase(Locale.ROOT)) {
        case "nan":
          return Double.NaN;
        case "inf", "+inf", "infinity", "+infinity":
          return Double.POSITIVE_INFINITY;
        case "-inf", "-infinity":
          return Double.NEGATIVE_INFINITY;
        default:
          break;
      }
      try {
        return Double.parseDouble(trimmed);
      } catch (NumberFormatException e) {
        throw new BadValue(expected, "'" + text + "'");
      }
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      double d = (Double) value;
      if (Double.isFinite(d)) {
        out.writeNumber(d);
      } else {
        out.writeNull();
      }
    }

    @Override
    String writeText(Object value) {
      return value.toString();
    }
  }

  /** Digits beyond the scale are rounded half up, as Flink does; a number too large is refused. */
  static final class Decimal extends ValueCodec {
    private final int precision;
    private final int scale;
    private final String expected;

    Decimal(CellType cell) {
      precision = cell.precision();
      scale = cell.scale();
      expected = "a number that fits DECIMAL(" + precision + ", " + scale + ")";
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return switch (p.currentToken()) {
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> hold(p.getDecimalValue(), p.getText());
        case VALUE_STRING -> readText(p.getText());
        default -> throw new BadValue(expected, describe(p));
      };
    }

    @Override
    Object readText(String text) throws BadValue {
      if (text.length() > MAX_DECIMAL_DIGITS) {
        throw new BadValue(expected, "'" + text + "'");
      }
      try {
        return hold(new BigDecimal(text.trim()), text);
      } catch (NumberFormatException e) {
        throw new BadValue(expected, "'" + text + "'");
      }
    }

    private DecimalData hold(BigDecimal value, String text) throws BadValue {
      // Before any arithmetic: 1e1000000000 is a short text and a gigabyte of digits.
      long digitsBeforePoint = (long) value.precision() - value.scale();
      if (value.signum() != 0 && digitsBeforePoint > precision - scale) {
        throw new BadValue(expected, "the number " + text);
      }
      BigDecimal rounded;
      if (value.signum() == 0 || digitsBeforePoint < -scale - 1L) {
        rounded = BigDecimal.ZERO.setScale(scale);
      } else {
        rounded = value.setScale(scale, RoundingMode.HALF_UP);
      }
      DecimalData held = DecimalData.fromBigDecimal(rounded, precision, scale);
      if (held == null) {
        throw new BadValue(expected, "the number " + text);
      }
      return held;
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(writeText(value));
    }

    @Override
    String writeText(Object value) {
      return ((BigDecimal) value).toPlainString();
    }
  }

  /** CHAR and VARCHAR. The declared length is not enforced (spec: connectors §4.1). */
  static final class Text extends ValueCodec {
    private static final String EXPECTED = "a string";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.VALUE_STRING) {
        throw new BadValue(EXPECTED, describe(p));
      }
      return readText(p.getText());
    }

    @Override
    Object readText(String text) throws BadValue {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
          if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            i++;
          } else {
            throw new BadValue(
                "a string of Unicode characters", "half a surrogate pair at character " + (i + 1));
          }
        }
      }
      return StringData.fromString(text);
    }

    @Override
    boolean emptyTextIsValue() {
      return true;
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(value.toString());
    }

    @Override
    String writeText(Object value) {
      return value.toString();
    }
  }

  static final class Uuid extends ValueCodec {
    private static final String EXPECTED = "a UUID as 8-4-4-4-12 hex digits";
    private final boolean binary;

    Uuid(CellType cell) {
      binary = cell.kind() == CellType.Kind.BINARY;
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.VALUE_STRING) {
        throw new BadValue(EXPECTED, describe(p));
      }
      return readText(p.getText());
    }

    @Override
    Object readText(String text) throws BadValue {
      UUID uuid;
      try {
        // UUID.fromString also takes short groups.
        if (text.trim().length() != 36) {
          throw new IllegalArgumentException();
        }
        uuid = UUID.fromString(text.trim());
      } catch (IllegalArgumentException e) {
        throw new BadValue(EXPECTED, "'" + text + "'");
      }
      if (!binary) {
        return StringData.fromString(uuid.toString());
      }
      return ByteBuffer.allocate(16)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(writeText(value));
    }

    @Override
    String writeText(Object value) {
      if (!binary) {
        return value.toString();
      }
      ByteBuffer bytes = ByteBuffer.wrap((byte[]) value);
      return new UUID(bytes.getLong(), bytes.getLong()).toString();
    }
  }

  static final class Bytes extends ValueCodec {
    private static final String EXPECTED = "an array of byte values from 0 to 255";

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      if (p.currentToken() != JsonToken.START_ARRAY) {
        throw new BadValue(EXPECTED, describe(p));
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      while (p.nextToken() != JsonToken.END_ARRAY) {
        if (p.currentToken() != JsonToken.VALUE_NUMBER_INT
            || p.getNumberType() != JsonParser.NumberType.INT
            || p.getIntValue() < 0
            || p.getIntValue() > 255) {
          throw new BadValue(EXPECTED, describe(p)).within("[" + bytes.size() + "]");
        }
        bytes.write(p.getIntValue());
      }
      return bytes.toByteArray();
    }

    @Override
    Object readText(String text) throws BadValue {
      return NestedCodecs.readNested(this, text);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeStartArray();
      for (byte b : (byte[]) value) {
        out.writeNumber(b & 0xff);
      }
      out.writeEndArray();
    }

    @Override
    String writeText(Object value) {
      return NestedCodecs.writeNested(this, value);
    }
  }

  static final class Date extends ValueCodec {
    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return readText(string(p, TemporalText.DATE));
    }

    @Override
    Object readText(String text) throws BadValue {
      return TemporalText.parseDate(text);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(writeText(value));
    }

    @Override
    String writeText(Object value) {
      return TemporalText.date(((LocalDate) value).toEpochDay());
    }
  }

  /** TIME; Flink holds milliseconds of the day, finer digits are cut. */
  static final class Time extends ValueCodec {
    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return readText(string(p, TemporalText.TIME));
    }

    @Override
    Object readText(String text) throws BadValue {
      return (int) (TemporalText.parseTime(text) / 1_000_000L);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(writeText(value));
    }

    @Override
    String writeText(Object value) {
      return TemporalText.time(((LocalTime) value).toNanoOfDay());
    }
  }

  /** TIMESTAMP with and without zone; an instant is written with a {@code Z} at its end. */
  static final class Timestamp extends ValueCodec {
    private final boolean instant;

    Timestamp(boolean instant) {
      this.instant = instant;
    }

    @Override
    Object readJson(JsonParser p) throws IOException, BadValue {
      return readText(string(p, TemporalText.TIMESTAMP));
    }

    @Override
    Object readText(String text) throws BadValue {
      long micros = TemporalText.parseTimestamp(text);
      return TimestampData.fromEpochMillis(
          Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
    }

    @Override
    void writeJson(Object value, JsonGenerator out) throws IOException {
      out.writeString(writeText(value));
    }

    @Override
    String writeText(Object value) {
      if (instant) {
        LocalDateTime utc = LocalDateTime.ofInstant((Instant) value, ZoneOffset.UTC);
        return TemporalText.timestamp(utc, 'T') + "Z";
      }
      return TemporalText.timestamp((LocalDateTime) value, ' ');
    }
  }

  private static String string(JsonParser p, String expected) throws IOException, BadValue {
    if (p.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadValue(expected, ValueCodec.describe(p));
    }
    return p.getText();
  }
}
