package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Values of ad-hoc results, as JSON and as text (spec §6). */
final class QueryValues {
  private QueryValues() {}

  /** The fraction has no, three, six or nine digits, whatever is left without loss. */
  private static void time(LocalTime time, StringBuilder out) {
    int nanos = time.getNano();
    pad(out, time.getHour(), 2);
    pad(out.append(':'), time.getMinute(), 2);
    pad(out.append(':'), time.getSecond(), 2);
    if (nanos == 0) {
      return;
    }
    if (nanos % 1_000_000 == 0) {
      pad(out.append('.'), nanos / 1_000_000, 3);
    } else if (nanos % 1_000 == 0) {
      pad(out.append('.'), nanos / 1_000, 6);
    } else {
      pad(out.append('.'), nanos, 9);
    }
  }

  private static void pad(StringBuilder out, int value, int width) {
    String digits = Integer.toString(value);
    for (int i = digits.length(); i < width; i++) {
      out.append('0');
    }
    out.append(digits);
  }

  private static String timestamp(LocalDateTime timestamp) {
    StringBuilder out = new StringBuilder(29).append(timestamp.toLocalDate()).append('T');
    time(timestamp.toLocalTime(), out);
    return out.toString();
  }

  static void writeJson(Object value, JsonGenerator out) throws IOException {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof Boolean b) {
      out.writeBoolean(b);
    } else if (value instanceof Double d) {
      if (Double.isFinite(d)) {
        out.writeNumber(d);
      } else {
        out.writeNull();
      }
    } else if (value instanceof Float f) {
      if (Float.isFinite(f)) {
        out.writeNumber(f);
      } else {
        out.writeNull();
      }
    } else if (value instanceof BigDecimal decimal) {
      out.writeNumber(decimal.toPlainString());
    } else if (value instanceof BigInteger integer) {
      out.writeNumber(integer);
    } else if (value instanceof Number number) {
      out.writeNumber(number.longValue());
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      for (Object element : list) {
        writeJson(element, out);
      }
      out.writeEndArray();
    } else if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.writeFieldName(text(entry.getKey()));
        writeJson(entry.getValue(), out);
      }
      out.writeEndObject();
    } else {
      out.writeString(text(value));
    }
  }

  /** NULL is empty. */
  static String text(Object value) {
    if (value == null) {
      return "";
    }
    if (value instanceof LocalDateTime timestamp) {
      return timestamp(timestamp);
    }
    if (value instanceof Instant instant) {
      return timestamp(LocalDateTime.ofInstant(instant, ZoneOffset.UTC)) + "Z";
    }
    if (value instanceof LocalTime time) {
      StringBuilder out = new StringBuilder(18);
      time(time, out);
      return out.toString();
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }
    if (value instanceof List<?> list) {
      StringBuilder out = new StringBuilder("[");
      for (Object element : list) {
        out.append(out.length() > 1 ? ", " : "").append(text(element));
      }
      return out.append(']').toString();
    }
    if (value instanceof Map<?, ?> map) {
      StringBuilder out = new StringBuilder("{");
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(out.length() > 1 ? ", " : "")
            .append(text(entry.getKey()))
            .append(": ")
            .append(text(entry.getValue()));
      }
      return out.append('}').toString();
    }
    return value.toString();
  }
}
