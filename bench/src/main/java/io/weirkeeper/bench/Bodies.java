package io.weirkeeper.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Request bodies made before the clock starts: newline-delimited {@code insert_delete} JSON. */
final class Bodies {
  /** Rows of one body. */
  static final int ROWS = 20_000;

  /** A prime, so that its multiples visit every key once before any comes again. */
  private static final long STRIDE = 7_368_787;

  private Bodies() {}

  /**
   * Bodies with rows {@code {"id", "k", "v", "p"}}.
   *
   * @param firstId id of the first row; ids count up from there
   * @param rows how many, in all
   * @param keys how many different values {@code k} has
   */
  static List<byte[]> of(long firstId, int rows, int keys) {
    List<byte[]> bodies = new ArrayList<>();
    StringBuilder text = new StringBuilder(ROWS * 80);
    for (int row = 0; row < rows; ) {
      text.setLength(0);
      int end = Math.min(rows, row + ROWS);
      for (; row < end; row++) {
        long id = firstId + row;
        long key = Math.floorMod(id * STRIDE, (long) keys);
        text.append("{\"insert\":{\"id\":")
            .append(id)
            .append(",\"k\":\"key-")
            .append(key)
            .append("\",\"v\":")
            .append(id % 1000)
            .append(",\"p\":")
            .append(key % 10_000)
            .append(".5}}\n");
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(text.toString().getBytes(StandardCharsets.UTF_8));
      bodies.add(bytes.toByteArray());
    }
    return bodies;
  }

  /** All bytes of some bodies. */
  static long bytes(List<byte[]> bodies) {
    return bodies.stream().mapToLong(b -> b.length).sum();
  }
}
