package io.weirkeeper.engine.flow;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A row of plain Java values, one per column, each null or of the class that {@link CellType.Kind}
 * names as plain. Rows are equal when their values are equal in SQL's sense of {@code IS NOT
 * DISTINCT FROM}: decimals by value and not by scale, NaN equal to itself, byte arrays by content.
 * The order is by column, NULL smallest, NaN largest, strings by code point, bytes unsigned, arrays
 * lexicographic, maps by sorted key and then value (spec: sql §2.4).
 */
public final class ViewRow implements Comparable<ViewRow> {

  private final Object[] values;

  private ViewRow(Object[] values) {
    this.values = values;
  }

  /** Wraps the array; the row takes it over. */
  public static ViewRow of(Object... values) {
    return new ViewRow(values);
  }

  /** Number of columns. */
  public int size() {
    return values.length;
  }

  /** The value of a column, by position from 0. */
  public Object get(int column) {
    return values[column];
  }

  /** A copy of the values. */
  public Object[] toArray() {
    return values.clone();
  }

  @Override
  public int compareTo(ViewRow other) {
    int shared = Math.min(values.length, other.values.length);
    for (int i = 0; i < shared; i++) {
      int order = compareValues(values[i], other.values[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(values.length, other.values.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ViewRow row && compareTo(row) == 0;
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (Object value : values) {
      hash = 31 * hash + hashOf(value);
    }
    return hash;
  }

  @Override
  public String toString() {
    return Arrays.deepToString(values);
  }

  /**
   * Orders two plain values of the same column.
   *
   * @throws ClassCastException if they are of different classes
   */
  @SuppressWarnings("unchecked")
  public static int compareValues(Object left, Object right) {
    if (left == right) {
      return 0;
    }
    if (left == null) {
      return -1;
    }
    if (right == null) {
      return 1;
    }
    if (left instanceof String text) {
      return compareByCodePoint(text, (String) right);
    }
    if (left instanceof byte[] bytes) {
      return Arrays.compareUnsigned(bytes, (byte[]) right);
    }
    if (left instanceof List<?> list) {
      return compareLists(list, (List<?>) right);
    }
    if (left instanceof Map<?, ?> map) {
      return compareMaps(map, (Map<?, ?>) right);
    }
    if (left instanceof Double number) {
      return Double.compare(number + 0.0, (Double) right + 0.0);
    }
    if (left instanceof Float number) {
      return Float.compare(number + 0.0f, (Float) right + 0.0f);
    }
    return ((Comparable<Object>) left).compareTo(right);
  }

  // Surrogates sort below U+E000..U+FFFF in UTF-16 but above them by code point.
  private static int compareByCodePoint(String left, String right) {
    int shared = Math.min(left.length(), right.length());
    for (int i = 0; i < shared; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean highA = Character.isSurrogate(a);
        boolean highB = Character.isSurrogate(b);
        return highA == highB ? Character.compare(a, b) : highA ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  private static int compareLists(List<?> left, List<?> right) {
    int shared = Math.min(left.size(), right.size());
    for (int i = 0; i < shared; i++) {
      int order = compareValues(left.get(i), right.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  private static int compareMaps(Map<?, ?> left, Map<?, ?> right) {
    List<? extends Map.Entry<?, ?>> a = sortedEntries(left);
    List<? extends Map.Entry<?, ?>> b = sortedEntries(right);
    int shared = Math.min(a.size(), b.size());
    for (int i = 0; i < shared; i++) {
      int order = compareValues(a.get(i).getKey(), b.get(i).getKey());
      if (order == 0) {
        order = compareValues(a.get(i).getValue(), b.get(i).getValue());
      }
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static List<? extends Map.Entry<?, ?>> sortedEntries(Map<?, ?> map) {
    return map.entrySet().stream().sorted((x, y) -> compareValues(x.getKey(), y.getKey())).toList();
  }

  private static int hashOf(Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.signum() == 0 ? 0 : decimal.stripTrailingZeros().hashCode();
    }
    if (value instanceof byte[] bytes) {
      return Arrays.hashCode(bytes);
    }
    if (value instanceof Double number) {
      return Double.hashCode(number + 0.0);
    }
    if (value instanceof Float number) {
      return Float.hashCode(number + 0.0f);
    }
    if (value instanceof List<?> list) {
      int hash = 1;
      for (Object element : list) {
        hash = 31 * hash + hashOf(element);
      }
      return hash;
    }
    if (value instanceof Map<?, ?> map) {
      int hash = 0;
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        hash += 31 * hashOf(entry.getKey()) ^ hashOf(entry.getValue());
      }
      return hash;
    }
    return value == null ? 0 : value.hashCode();
  }
}
