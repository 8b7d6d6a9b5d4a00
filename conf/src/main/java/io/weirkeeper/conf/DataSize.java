package io.weirkeeper.conf;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes.
 *
 * @param bytes not negative
 */
public record DataSize(long bytes) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,12})([kmg]?)b?");
  private static final long KIB = 1024;

  /** Refuses a negative size. */
  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("A size cannot be negative: " + bytes);
    }
  }

  /** So many mebibytes. */
  public static DataSize ofMebibytes(long mebibytes) {
    return new DataSize(mebibytes * KIB * KIB);
  }

  /**
   * Reads {@code 512m}, {@code 2g}, {@code 64k} or a number of bytes; powers of 1024.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static DataSize parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a size: " + text);
    }
    long unit =
        switch (matcher.group(2)) {
          case "k" -> KIB;
          case "m" -> KIB * KIB;
          case "g" -> KIB * KIB * KIB;
          default -> 1;
        };
    try {
      return new DataSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), unit));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("too large: " + text, e);
    }
  }

  /** Whole mebibytes, for {@code -Xmx}. */
  public long mebibytes() {
    return bytes / (KIB * KIB);
  }

  /** The size in the largest unit that divides it. */
  @Override
  public String toString() {
    if (bytes > 0 && bytes % (KIB * KIB * KIB) == 0) {
      return bytes / (KIB * KIB * KIB) + "g";
    }
    if (bytes > 0 && bytes % (KIB * KIB) == 0) {
      return bytes / (KIB * KIB) + "m";
    }
    return bytes > 0 && bytes % KIB == 0 ? bytes / KIB + "k" : Long.toString(bytes);
  }
}
