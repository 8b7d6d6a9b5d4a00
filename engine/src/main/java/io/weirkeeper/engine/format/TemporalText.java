package io.weirkeeper.engine.format;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;

/**
 * Dates and times as text (spec: pipeline-protocol §4.1): {@code YYYY-MM-DD}, {@code
 * HH:MM:SS[.frac]}, {@code YYYY-MM-DD HH:MM:SS[.frac]}. Written by hand because java.time's parsers
 * cost ten times as much, and this is the inner loop of ingress.
 */
final class TemporalText {
  static final String DATE = "a date as YYYY-MM-DD, years 0000 to 9999";
  static final String TIME = "a time as HH:MM:SS[.fraction]";
  static final String TIMESTAMP = "a timestamp as YYYY-MM-DD HH:MM:SS[.fraction]";
  private static final long MICROS_PER_SECOND = 1_000_000L;
  private static final long MICROS_PER_DAY = 86_400L * MICROS_PER_SECOND;

  private final String text;
  private final String expected;
  private int pos;
  private final int end;

  private TemporalText(String text, String expected) {
    this.text = text;
    this.expected = expected;
    int from = 0;
    int to = text.length();
    while (from < to && text.charAt(from) == ' ') {
      from++;
    }
    while (to > from && text.charAt(to - 1) == ' ') {
      to--;
    }
    pos = from;
    end = to;
  }

  /** Days since 1970-01-01. */
  static int parseDate(String text) throws BadValue {
    TemporalText t = new TemporalText(text, DATE);
    long day = t.date();
    t.mustEnd();
    return (int) day;
  }

  /** Nanoseconds of the day. */
  static long parseTime(String text) throws BadValue {
    TemporalText t = new TemporalText(text, TIME);
    long nanos = t.time();
    t.mustEnd();
    return nanos;
  }

  /**
   * Microseconds since 1970-01-01 00:00:00; with a zone in the text, of the same instant in UTC.
   * Digits beyond microseconds are cut.
   */
  static long parseTimestamp(String text) throws BadValue {
    TemporalText t = new TemporalText(text, TIMESTAMP);
    long micros = t.date() * MICROS_PER_DAY;
    if (t.pos == t.end) {
      return micros;
    }
    char separator = t.text.charAt(t.pos++);
    if (separator != ' ' && separator != 'T' && separator != 't') {
      throw t.bad();
    }
    while (t.pos < t.end && t.text.charAt(t.pos) == ' ') {
      t.pos++;
    }
    micros += t.time() / 1000;
    micros -= t.zoneSeconds() * MICROS_PER_SECOND;
    t.mustEnd();
    return micros;
  }

  private long date() throws BadValue {
    int year = digits(1, 4);
    require('-');
    int month = digits(1, 2);
    require('-');
    int day = digits(1, 2);
    try {
      return LocalDate.of(year, month, day).toEpochDay();
    } catch (DateTimeException e) {
      throw bad();
    }
  }

  private long time() throws BadValue {
    int hour = digits(1, 2);
    require(':');
    int minute = digits(1, 2);
    require(':');
    int second = digits(1, 2);
    if (hour > 23 || minute > 59 || second > 59) {
      throw bad();
    }
    long nanos = 0;
    if (pos < end && text.charAt(pos) == '.') {
      pos++;
      int count = 0;
      while (pos < end && isDigit(text.charAt(pos))) {
        if (count < 9) {
          nanos = nanos * 10 + (text.charAt(pos) - '0');
        }
        count++;
        pos++;
      }
      if (count == 0) {
        throw bad();
      }
      for (int i = count; i < 9; i++) {
        nanos *= 10;
      }
    }
    return ((hour * 60L + minute) * 60L + second) * 1_000_000_000L + nanos;
  }

  private int zoneSeconds() throws BadValue {
    if (pos == end) {
      return 0;
    }
    char c = text.charAt(pos++);
    if (c == 'Z' || c == 'z') {
      return 0;
    }
    if (c != '+' && c != '-') {
      throw bad();
    }
    int hours = digits(2, 2);
    int minutes = 0;
    if (pos < end) {
      if (text.charAt(pos) == ':') {
        pos++;
      }
      minutes = digits(2, 2);
    }
    if (hours > 23 || minutes > 59) {
      throw bad();
    }
    int seconds = (hours * 60 + minutes) * 60;
    return c == '-' ? -seconds : seconds;
  }

  private int digits(int least, int most) throws BadValue {
    int start = pos;
    int value = 0;
    while (pos < end && pos - start < most && isDigit(text.charAt(pos))) {
      value = value * 10 + (text.charAt(pos) - '0');
      pos++;
    }
    if (pos - start < least) {
      throw bad();
    }
    return value;
  }

  private void require(char c) throws BadValue {
    if (pos >= end || text.charAt(pos) != c) {
      throw bad();
    }
    pos++;
  }

  private void mustEnd() throws BadValue {
    if (pos != end) {
      throw bad();
    }
  }

  private BadValue bad() {
    return new BadValue(expected, "'" + text + "'");
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  // ---- output

  static String date(long epochDay) {
    StringBuilder out = new StringBuilder(10);
    appendDate(out, epochDay);
    return out.toString();
  }

  static String time(long nanosOfDay) {
    StringBuilder out = new StringBuilder(18);
    appendTime(out, nanosOfDay);
    return out.toString();
  }

  /** With a separator between date and time. */
  static String timestamp(LocalDateTime timestamp, char separator) {
    StringBuilder out = new StringBuilder(26);
    appendDate(out, timestamp.toLocalDate().toEpochDay());
    out.append(separator);
    appendTime(out, timestamp.toLocalTime().toNanoOfDay());
    return out.toString();
  }

  private static void appendDate(StringBuilder out, long epochDay) {
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    int year = date.getYear();
    if (year < 0 || year > 9999) {
      out.append(year);
    } else {
      pad(out, year, 4);
    }
    out.append('-');
    pad(out, date.getMonthValue(), 2);
    out.append('-');
    pad(out, date.getDayOfMonth(), 2);
  }

  /** The fraction has no, three, six or nine digits. */
  private static void appendTime(StringBuilder out, long nanosOfDay) {
    long seconds = nanosOfDay / 1_000_000_000L;
    int nanos = (int) (nanosOfDay % 1_000_000_000L);
    pad(out, (int) (seconds / 3600), 2);
    out.append(':');
    pad(out, (int) (seconds / 60 % 60), 2);
    out.append(':');
    pad(out, (int) (seconds % 60), 2);
    if (nanos == 0) {
      return;
    }
    out.append('.');
    if (nanos % 1_000_000 == 0) {
      pad(out, nanos / 1_000_000, 3);
    } else if (nanos % 1000 == 0) {
      pad(out, nanos / 1000, 6);
    } else {
      pad(out, nanos, 9);
    }
  }

  private static void pad(StringBuilder out, int value, int width) {
    int limit = 1;
    for (int i = 1; i < width; i++) {
      limit *= 10;
    }
    for (; limit > 1 && value < limit; limit /= 10) {
      out.append('0');
    }
    out.append(value);
  }
}
