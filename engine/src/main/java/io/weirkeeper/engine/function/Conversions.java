package io.weirkeeper.engine.function;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;

/**
 * Casts (spec: sql.md §2.3). The last argument says whether a value that has no counterpart gives
 * NULL (SAFE_CAST) or stops the pipeline.
 */
public final class Conversions {

  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");

  /** Digits of an exponent are few, so that no number can take gigabytes. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,5})?");

  /** Digits before the point, or zeros behind it, beyond which a DECIMAL can't be. */
  private static final int MAX_MAGNITUDE = 100;

  private static final int DATE_LENGTH = 10;
  private static final int MAX_FRACTION = 9;
  private static final int MICROS_FRACTION = 6;

  private Conversions() {}

  /** The integer that a value stands for without its fraction, or null if it stands for none. */
  private static BigInteger integer(Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.toBigInteger();
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return Double.isFinite(number) ? new BigDecimal(number).toBigInteger() : null;
    }
    if (value instanceof String text) {
      String digits = text.strip();
      return INTEGER.matcher(digits).matches() ? new BigInteger(digits) : null;
    }
    return BigInteger.valueOf(((Number) value).longValue());
  }

  /** An integer of at most that many bits, or null for one that does not exist. */
  private static Long bounded(Object value, boolean safe, int bits, String type) {
    if (value instanceof Long || value instanceof Integer || value instanceof Short) {
      long number = ((Number) value).longValue();
      if (number << (Long.SIZE - bits) >> (Long.SIZE - bits) == number) {
        return number;
      }
    } else {
      BigInteger number = integer(value);
      if (number != null && number.bitLength() < bits) {
        return number.longValue();
      }
      if (number == null && value instanceof String text && !safe) {
        throw SqlValueException.unreadable(text, type);
      }
    }
    if (safe) {
      return null;
    }
    throw SqlValueException.outOfRange(value, type);
  }

  /** To TINYINT, from numbers and text. */
  public static final class ToTinyint extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.TINYINT();
    }

    /** The converted value. */
    public Byte eval(Object value, Boolean safe) {
      if (value == null) {
        return null;
      }
      Long number = bounded(value, safe, 8, "TINYINT");
      return number == null ? null : number.byteValue();
    }
  }

  /** To SMALLINT, from numbers and text. */
  public static final class ToSmallint extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.SMALLINT();
    }

    /** The converted value. */
    public Short eval(Object value, Boolean safe) {
      if (value == null) {
        return null;
      }
      Long number = bounded(value, safe, 16, "SMALLINT");
      return number == null ? null : number.shortValue();
    }
  }

  /** To INT, from numbers and text. */
  public static final class ToInt extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.INT();
    }

    /** The converted value. */
    public Integer eval(Object value, Boolean safe) {
      if (value == null) {
        return null;
      }
      Long number = bounded(value, safe, 32, "INT");
      return number == null ? null : number.intValue();
    }
  }

  /** To BIGINT, from numbers and text. */
  public static final class ToBigint extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.BIGINT();
    }

    /** The converted value. */
    public Long eval(Object value, Boolean safe) {
      if (value == null) {
        return null;
      }
      return bounded(value, safe, Long.SIZE, "BIGINT");
    }
  }

  /** To DECIMAL(precision, scale), from numbers and text. */
  public static final class ToDecimal extends Checked {

    @Override
    DataType result(CallContext call) {
      return decimal(call, 1);
    }

    /** The converted value: decimals lose digits that are too many, text is rounded half even. */
    public BigDecimal eval(Object value, Integer precision, Integer scale, Boolean safe) {
      if (value == null) {
        return null;
      }
      String type = "DECIMAL(" + precision + ", " + scale + ")";
      BigDecimal exact = exact(value);
      if (exact == null) {
        if (safe) {
          return null;
        }
        if (value instanceof String text) {
          throw SqlValueException.unreadable(text, type);
        }
        throw SqlValueException.outOfRange(value, type);
      }
      RoundingMode mode =
          value instanceof String
              ? RoundingMode.HALF_EVEN
              : value instanceof BigDecimal ? RoundingMode.DOWN : RoundingMode.HALF_UP;
      int magnitude = exact.precision() - exact.scale();
      BigDecimal rounded =
          exact.signum() == 0 || magnitude < -MAX_MAGNITUDE
              ? BigDecimal.ZERO.setScale(scale)
              : magnitude > MAX_MAGNITUDE ? null : exact.setScale(scale, mode);
      if (rounded == null || rounded.precision() > precision) {
        if (safe) {
          return null;
        }
        throw SqlValueException.outOfRange(value, type);
      }
      return rounded;
    }

    private static BigDecimal exact(Object value) {
      if (value instanceof BigDecimal decimal) {
        return decimal;
      }
      if (value instanceof String text) {
        String number = text.strip();
        return NUMBER.matcher(number).matches() ? new BigDecimal(number) : null;
      }
      if (value instanceof Float number) {
        return Float.isFinite(number) ? new BigDecimal(number.toString()) : null;
      }
      if (value instanceof Double number) {
        return Double.isFinite(number) ? BigDecimal.valueOf(number) : null;
      }
      return BigDecimal.valueOf(((Number) value).longValue());
    }
  }

  /** A text as the nearest number, or null. */
  private static Double number(String text) {
    String number = text.strip();
    switch (number.toLowerCase(Locale.ROOT)) {
      case "nan", "+nan", "-nan" -> {
        return Double.NaN;
      }
      case "inf", "+inf", "infinity", "+infinity" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-inf", "-infinity" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {
        return NUMBER.matcher(number).matches() ? Double.valueOf(number) : null;
      }
    }
  }

  /** To DOUBLE, from text. */
  public static final class ToDouble extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.DOUBLE();
    }

    // Flink's planner can't write an infinite or undefined number as a literal.
    @Override
    public boolean supportsConstantFolding() {
      return false;
    }

    /** The converted value. */
    public Double eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      Double number = number(text);
      if (number == null) {
        return refused(text, safe, "DOUBLE");
      }
      return number;
    }
  }

  /** To REAL, from text. */
  public static final class ToReal extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.FLOAT();
    }

    // Flink's planner can't write an infinite or undefined number as a literal.
    @Override
    public boolean supportsConstantFolding() {
      return false;
    }

    /** The converted value. */
    public Float eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      Double number = number(text);
      if (number == null) {
        return refused(text, safe, "REAL");
      }
      // The nearest REAL of the text, not of the nearest DOUBLE.
      return number.isNaN() || number.isInfinite()
          ? Float.valueOf(number.floatValue())
          : Float.valueOf(text.strip());
    }
  }

  private static <T> T refused(String text, boolean safe, String type) {
    if (safe) {
      return null;
    }
    throw SqlValueException.unreadable(text, type);
  }

  /** To BOOLEAN, from text. */
  public static final class ToBoolean extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.BOOLEAN();
    }

    /** The converted value. */
    public Boolean eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> refused(text, safe, "BOOLEAN");
      };
    }
  }

  /** Digits of a text from one place to another as a number, or -1 if they are none. */
  private static int digits(String text, int from, int to) {
    if (to > text.length()) {
      return -1;
    }
    int number = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + c - '0';
    }
    return number;
  }

  /** {@code YYYY-MM-DD} at the start of a text, or null. */
  private static LocalDate date(String text) {
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 7);
    int day = digits(text, 8, DATE_LENGTH);
    if (year < 1 || month < 1 || day < 1 || text.charAt(4) != '-' || text.charAt(7) != '-') {
      return null;
    }
    try {
      return LocalDate.of(year, month, day);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** {@code HH:MM:SS[.f]} from a place of a text to its end, or null. */
  private static LocalTime time(String text, int from, int maxFraction) {
    int hour = digits(text, from, from + 2);
    int minute = digits(text, from + 3, from + 5);
    int second = digits(text, from + 6, from + 8);
    if (hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 59
        || text.charAt(from + 2) != ':'
        || text.charAt(from + 5) != ':') {
      return null;
    }
    int end = from + 8;
    int count = text.length() - end - 1;
    if (count == -1) {
      return LocalTime.of(hour, minute, second);
    }
    int fraction = digits(text, end + 1, text.length());
    if (text.charAt(end) != '.' || count < 1 || count > maxFraction || fraction < 0) {
      return null;
    }
    for (int i = count; i < MAX_FRACTION; i++) {
      fraction *= 10;
    }
    return LocalTime.of(hour, minute, second, fraction);
  }

  /** To DATE, from {@code YYYY-MM-DD}. */
  public static final class ToDate extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.DATE();
    }

    /** The converted value. */
    public LocalDate eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      LocalDate date = text.length() == DATE_LENGTH ? date(text) : null;
      return date == null ? refused(text, safe, "DATE") : date;
    }
  }

  /** To TIME, from {@code HH:MM:SS[.fraction]}. */
  public static final class ToTime extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.TIME(0);
    }

    /** The converted value. */
    public LocalTime eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      LocalTime time = time(text, 0, MAX_FRACTION);
      return time == null ? refused(text, safe, "TIME") : time;
    }
  }

  /** To TIMESTAMP, from {@code YYYY-MM-DD[ HH:MM:SS[.fraction]]}. */
  public static final class ToTimestamp extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.TIMESTAMP(MICROS_FRACTION);
    }

    /** The converted value. */
    public LocalDateTime eval(String text, Boolean safe) {
      if (text == null) {
        return null;
      }
      LocalDate date = date(text);
      if (date != null && text.length() == DATE_LENGTH) {
        return date.atStartOfDay();
      }
      boolean separated =
          date != null && (text.charAt(DATE_LENGTH) == ' ' || text.charAt(DATE_LENGTH) == 'T');
      LocalTime time = separated ? time(text, DATE_LENGTH + 1, MICROS_FRACTION) : null;
      return time == null ? refused(text, safe, "TIMESTAMP") : date.atTime(time);
    }
  }
}
