package io.weirkeeper.engine.flow;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;

/**
 * Rows as byte arrays: Flink's binary row format, whose first byte (the row kind) is always 0 here.
 * Equal rows have equal bytes, so hashing and comparing need not know the columns.
 */
final class RowBytes {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MULTIPLIER_1 = 0x9E3779B97F4A7C15L;
  private static final long MULTIPLIER_2 = 0xC2B2AE3D27D4EB4FL;

  private RowBytes() {}

  /** A copy of the row's bytes, with row kind 0. */
  static byte[] copyOf(BinaryRowData row) {
    byte[] bytes =
        BinarySegmentUtils.copyToBytes(row.getSegments(), row.getOffset(), row.getSizeInBytes());
    bytes[0] = 0;
    return bytes;
  }

  /** Writes a length and bytes; null is a length of -1. */
  static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.write(bytes);
    }
  }

  /** Reads what {@link #write} wrote. */
  static byte[] read(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("%d bytes of %d".formatted(bytes.length, length));
    }
    return bytes;
  }

  /** A row that reads these bytes in place; setting its row kind changes them. */
  static BinaryRowData wrap(byte[] bytes, int arity) {
    BinaryRowData row = new BinaryRowData(arity);
    row.pointTo(MemorySegmentFactory.wrap(bytes), 0, bytes.length);
    return row;
  }

  /** The array that holds the whole row from its start on, or null if there is none. */
  static byte[] arrayBehind(BinaryRowData row) {
    MemorySegment[] segments = row.getSegments();
    return segments.length == 1 && row.getOffset() == 0 && !segments[0].isOffHeap()
        ? segments[0].getHeapMemory()
        : null;
  }

  /** Hash of a row of {@code length} bytes; the row kind does not count. */
  static long hash(byte[] bytes, int length) {
    long hash = length * MULTIPLIER_1;
    int i = 0;
    for (; i + 8 <= length; i += 8) {
      long word = (long) LONGS.get(bytes, i);
      if (i == 0) {
        word &= ~0xFFL;
      }
      hash = Long.rotateLeft(hash ^ (word * MULTIPLIER_2), 29) * MULTIPLIER_1;
    }
    for (; i < length; i++) {
      hash = (hash ^ (i == 0 ? 0 : bytes[i] & 0xFF)) * MULTIPLIER_1;
    }
    hash ^= hash >>> 32;
    hash *= MULTIPLIER_2;
    return hash ^ (hash >>> 29);
  }

  /**
   * Whether a stored row equals the first {@code length} bytes of another; row kinds don't count.
   */
  static boolean same(byte[] stored, byte[] other, int length) {
    return stored.length == length && Arrays.equals(stored, 1, length, other, 1, length);
  }
}
