package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What lies between the inputs and Flink after a step: counters, endpoints with the changes that
 * wait in them, and what the tables remember of their rows.
 *
 * @param step the step
 * @param counters of all steps so far
 * @param nextEndpoint number of the next new endpoint
 * @param endpoints those that are open
 * @param tables files by table, the one with everything first
 */
record SavedInputs(
    long step,
    StepCounters counters,
    int nextEndpoint,
    List<Endpoint> endpoints,
    Map<String, List<String>> tables) {

  private static final int MAGIC = 0x574b4953; // WKIS
  private static final int VERSION = 2;
  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * An endpoint.
   *
   * @param completedRecords records of the steps so far; the others wait
   * @param position after the last record of a step, or null
   * @param batches what waits
   */
  record Endpoint(
      int id,
      String name,
      String table,
      long completedRecords,
      long totalBytes,
      JsonNode position,
      JsonNode queuedPosition,
      List<StepRecords.Batch> batches) {}

  /** Writes the file and leaves it to the caller to sync it. */
  void write(Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES))) {
      out.writeInt(MAGIC);
      out.writeInt(VERSION);
      out.writeLong(step);
      for (long counter : counted(counters)) {
        out.writeLong(counter);
      }
      out.writeInt(nextEndpoint);
      out.writeInt(endpoints.size());
      for (Endpoint endpoint : endpoints) {
        out.writeInt(endpoint.id());
        StepRecords.writeText(out, endpoint.name());
        StepRecords.writeText(out, endpoint.table());
        out.writeLong(endpoint.completedRecords());
        out.writeLong(endpoint.totalBytes());
        StepRecords.writeJson(out, endpoint.position());
        StepRecords.writeJson(out, endpoint.queuedPosition());
        out.writeInt(endpoint.batches().size());
        for (StepRecords.Batch batch : endpoint.batches()) {
          out.writeLong(batch.bytes());
          out.writeBoolean(batch.whilePaused());
          StepRecords.writeJson(out, batch.position());
          StepRecords.writeChanges(out, batch.changes());
        }
      }
      out.writeInt(tables.size());
      for (Map.Entry<String, List<String>> table : tables.entrySet()) {
        StepRecords.writeText(out, table.getKey());
        out.writeInt(table.getValue().size());
        for (String tableFile : table.getValue()) {
          StepRecords.writeText(out, tableFile);
        }
      }
      out.writeInt(MAGIC);
    }
  }

  /** Reads a file. */
  static SavedInputs read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
      expect(file, in, MAGIC);
      expect(file, in, VERSION);
      final long step = in.readLong();
      long[] counted = new long[9];
      for (int i = 0; i < counted.length; i++) {
        counted[i] = in.readLong();
      }
      final int nextEndpoint = in.readInt();
      List<Endpoint> endpoints = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        endpoints.add(readEndpoint(in));
      }
      Map<String, List<String>> tables = new LinkedHashMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        String table = StepRecords.readText(in);
        List<String> files = new ArrayList<>();
        for (int more = in.readInt(); more > 0; more--) {
          files.add(StepRecords.readText(in));
        }
        tables.put(table, files);
      }
      expect(file, in, MAGIC);
      return new SavedInputs(step, counters(counted), nextEndpoint, endpoints, tables);
    }
  }

  private static Endpoint readEndpoint(DataInputStream in) throws IOException {
    int id = in.readInt();
    String name = StepRecords.readText(in);
    String table = StepRecords.readText(in);
    long completed = in.readLong();
    long bytes = in.readLong();
    JsonNode position = StepRecords.readJson(in);
    JsonNode queuedPosition = StepRecords.readJson(in);
    List<StepRecords.Batch> batches = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      long batchBytes = in.readLong();
      boolean whilePaused = in.readBoolean();
      JsonNode after = StepRecords.readJson(in);
      batches.add(
          new StepRecords.Batch(id, StepRecords.readChanges(in), batchBytes, whilePaused, after));
    }
    return new Endpoint(id, name, table, completed, bytes, position, queuedPosition, batches);
  }

  private static void expect(Path file, DataInputStream in, int expected) throws IOException {
    int found = in.readInt();
    if (found != expected) {
      throw new IOException(
          "%s is not what it should be: expected %x, found %x".formatted(file, expected, found));
    }
  }

  private static long[] counted(StepCounters c) {
    return new long[] {
      // A checkpoint is complete only when outputs have delivered what came before it.
      c.initiatedSteps(),
      c.totalStepNanos(),
      c.inputRecords(),
      c.inputBytes(),
      c.bufferedRecords(),
      c.bufferedBytes(),
      c.processedRecords(),
      c.processedBytes(),
      c.ignoredDeletes()
    };
  }

  private static StepCounters counters(long[] c) {
    return new StepCounters(c[0], c[0], 0, c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[6], c[8]);
  }

  /** The same with the files of the tables. */
  SavedInputs withTables(Map<String, List<String>> files) {
    return new SavedInputs(step, counters, nextEndpoint, endpoints, files);
  }
}
