package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** What a {@link StepLog} of a dataflow holds, in bytes. */
final class StepRecords {
  private StepRecords() {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final byte BEGIN = 1;
  private static final byte OPENED = 2;
  private static final byte BATCH = 3;
  private static final byte STEP = 4;

  /** A record. */
  sealed interface StepRecord {}

  /**
   * A process begins to write.
   *
   * @param program digest of the program that it runs
   */
  record Begin(String program) implements StepRecord {}

  /** An endpoint was opened for the first time. */
  record Opened(int endpoint, String name, String table) implements StepRecord {}

  /** Changes were queued. */
  record Batch(
      int endpoint,
      List<TableInput.Encoded> changes,
      long bytes,
      boolean whilePaused,
      JsonNode position)
      implements StepRecord {}

  /** Some records of an endpoint, as a step takes them. */
  record Taken(int endpoint, int records) {}

  /** A step was cut: it takes records of endpoints in this order. */
  record Step(long step, List<Taken> taken) implements StepRecord {}

  /** Where an endpoint's record goes: writers of one record. */
  @FunctionalInterface
  private interface Content {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(int size, Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(size);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      content.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static byte[] begin(String program) {
    return bytes(
        128,
        out -> {
          out.writeByte(BEGIN);
          out.writeUTF(program);
        });
  }

  static byte[] opened(int endpoint, String name, String table) {
    return bytes(
        128,
        out -> {
          out.writeByte(OPENED);
          out.writeInt(endpoint);
          writeText(out, name);
          writeText(out, table);
        });
  }

  static byte[] step(long step, List<Taken> taken) {
    return bytes(
        16 + 8 * taken.size(),
        out -> {
          out.writeByte(STEP);
          out.writeLong(step);
          out.writeInt(taken.size());
          for (Taken part : taken) {
            out.writeInt(part.endpoint());
            out.writeInt(part.records());
          }
        });
  }

  static byte[] batch(
      int endpoint,
      List<TableInput.Encoded> changes,
      long bytes,
      boolean whilePaused,
      JsonNode position) {
    byte[] after = position == null ? null : json(position);
    long size = 1 + 4 + 8 + 1 + length(after) + 4;
    for (TableInput.Encoded change : changes) {
      size += 1 + length(change.key()) + length(change.row());
      size += change.set() == null ? 0 : length(change.set().toByteArray());
    }
    // As writeChanges does it, at a fraction of the time: every row passes here.
    ByteBuffer record = ByteBuffer.allocate(Math.toIntExact(size));
    record.put(BATCH).putInt(endpoint).putLong(bytes).put((byte) (whilePaused ? 1 : 0));
    put(record, after);
    record.putInt(changes.size());
    for (TableInput.Encoded change : changes) {
      record.put((byte) change.kind().ordinal());
      put(record, change.key());
      put(record, change.row());
      if (change.kind() == Change.Kind.UPDATE) {
        put(record, change.set().toByteArray());
      }
    }
    return record.array();
  }

  private static int length(byte[] part) {
    return 4 + (part == null ? 0 : part.length);
  }

  private static void put(ByteBuffer record, byte[] part) {
    record.putInt(part == null ? -1 : part.length);
    if (part != null) {
      record.put(part);
    }
  }

  static StepRecord read(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    byte type = in.readByte();
    return switch (type) {
      case BEGIN -> new Begin(in.readUTF());
      case OPENED -> new Opened(in.readInt(), readText(in), readText(in));
      case BATCH -> {
        int endpoint = in.readInt();
        long bytes = in.readLong();
        boolean whilePaused = in.readBoolean();
        JsonNode position = readJson(in);
        yield new Batch(endpoint, readChanges(in), bytes, whilePaused, position);
      }
      case STEP -> {
        long step = in.readLong();
        List<Taken> taken = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
          taken.add(new Taken(in.readInt(), in.readInt()));
        }
        yield new Step(step, taken);
      }
      default ->
          throw new IOException(
              "a record of type %d is not known: it was written by a newer version"
                  .formatted(type));
    };
  }

  static void writeChanges(DataOutputStream out, List<TableInput.Encoded> changes)
      throws IOException {
    out.writeInt(changes.size());
    for (TableInput.Encoded change : changes) {
      out.writeByte(change.kind().ordinal());
      RowBytes.write(out, change.key());
      RowBytes.write(out, change.row());
      if (change.kind() == Change.Kind.UPDATE) {
        RowBytes.write(out, change.set().toByteArray());
      }
    }
  }

  static List<TableInput.Encoded> readChanges(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<TableInput.Encoded> changes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Change.Kind kind = Change.Kind.values()[in.readByte()];
      byte[] key = RowBytes.read(in);
      byte[] row = RowBytes.read(in);
      byte[] hashed = key == null ? row : key;
      BitSet set = kind == Change.Kind.UPDATE ? BitSet.valueOf(RowBytes.read(in)) : null;
      changes.add(
          new TableInput.Encoded(kind, key, RowBytes.hash(hashed, hashed.length), row, set));
    }
    return changes;
  }

  // Not writeUTF: names may be longer than its 64 KB.
  static void writeText(DataOutputStream out, String text) throws IOException {
    RowBytes.write(out, text.getBytes(StandardCharsets.UTF_8));
  }

  static String readText(DataInputStream in) throws IOException {
    return new String(RowBytes.read(in), StandardCharsets.UTF_8);
  }

  static void writeJson(DataOutputStream out, JsonNode json) throws IOException {
    RowBytes.write(out, json == null ? null : json(json));
  }

  private static byte[] json(JsonNode position) {
    try {
      return JSON.writeValueAsBytes(position);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a position can't be written", e);
    }
  }

  static JsonNode readJson(DataInputStream in) throws IOException {
    byte[] bytes = RowBytes.read(in);
    return bytes == null ? null : JSON.readTree(bytes);
  }
}
