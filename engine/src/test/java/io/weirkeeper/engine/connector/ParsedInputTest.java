package io.weirkeeper.engine.connector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.RowFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParsedInputTest {

  private static RowFormat table() {
    List<ColumnPlan> columns = List.of(Program.column("a INT"), Program.column("s STRING"));
    return RowFormat.of(
        new Relation(
            "t",
            false,
            Relation.Kind.TABLE,
            false,
            columns,
            columns.stream().map(CellType::of).toList(),
            List.of()));
  }

  private static String source(String kind) {
    StringBuilder text = new StringBuilder(kind.equals("header") ? "a,s\n" : "");
    for (int i = 0; i < 40; i++) {
      boolean bad = i % 9 == 4;
      switch (kind) {
        case "lines" ->
            text.append(bad ? "{\"insert\":{\"a\":\"x\"}}\n" : "{\"insert\":{\"a\":" + i + "}}\n");
        case "both" ->
            text.append("{\"delete\":{\"a\":" + i + "},\n \"insert\":{\"a\":" + (i + 1) + "}} ");
        case "array" ->
            text.append(i % 20 == 0 ? "[" : ",")
                .append(bad ? "{\"a\":[]}" : " {\"a\":" + i + ",\"s\":\"]},{\"}")
                .append(i % 20 == 19 ? "]\n" : "");
        default -> text.append(bad ? "x,y\n" : i + ",\"a \"\"quoted\"\",\n line\"\r\n");
      }
    }
    // The last record has no line end.
    return text.toString().stripTrailing();
  }

  private static InputFormat format(String kind) {
    Map<String, String> options =
        switch (kind) {
          case "lines", "both" -> Map.of("format", "json");
          case "array" -> Map.of("format", "json", "array", "true", "update_format", "raw");
          case "header" -> Map.of("format", "csv", "headers", "true", "flexible", "false");
          default -> Map.of("format", "csv");
        };
    try {
      return InputFormat.of(options);
    } catch (FormatException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Object> values(Change change) {
    return Arrays.stream(CellType.readers(table().relation().types()))
        .map(reader -> reader.read(change.row()))
        .toList();
  }

  /** What came out of a source, and after how many changes each position was given. */
  private static final class Reading implements InputPort {
    private final int batch;
    final List<String> changes = new ArrayList<>();
    final Map<JsonNode, Integer> positions = new LinkedHashMap<>();
    int errors;
    long bytes;

    Reading(int batch) {
      this.batch = batch;
    }

    static Reading of(String kind, int piece, int batch, JsonNode from)
        throws InterruptedException {
      byte[] bytes = source(kind).getBytes(StandardCharsets.UTF_8);
      Reading reading = new Reading(batch);
      ParsedInput input = new ParsedInput(table(), format(kind));
      input.open(from);
      while (input.offset() < bytes.length) {
        int at = (int) input.offset();
        byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece));
        input.feed(part, part.length, reading, reading::put);
      }
      input.finish(reading, reading::put);
      return reading;
    }

    @Override
    public void awaitActive() {}

    @Override
    public boolean awaitActive(Duration patience) {
      return true;
    }

    @Override
    public int maxBatchRecords() {
      return batch;
    }

    @Override
    public void put(List<Change> more, long size, JsonNode after) {
      assertThat(more.size()).isLessThanOrEqualTo(batch);
      more.forEach(change -> changes.add(change.kind() + " " + values(change)));
      bytes += size;
      positions.put(after, changes.size());
    }

    @Override
    public boolean offer(List<Change> more, long size, JsonNode after, Duration patience) {
      put(more, size, after);
      return true;
    }

    @Override
    public void parseError(String message) {
      errors++;
    }

    @Override
    public void transportError(String message) {
      throw new AssertionError(message);
    }

    @Override
    public void healthy() {}
  }

  @ParameterizedTest
  @CsvSource({
    "lines,1,3", "lines,7,100", "lines,5000,4", "both,3,1", "both,64,3", "both,5000,7",
    "array,1,2", "array,50,100", "array,5000,6", "csv,1,2", "csv,13,100", "csv,5000,5",
    "header,11,2", "header,5000,3"
  })
  void fromEveryPositionExactlyTheRestFollows(String kind, int piece, int batch) throws Exception {
    Reading whole = Reading.of(kind, piece, batch, null);
    int expected = kind.equals("both") ? 80 : 36;
    assertThat(whole.changes).hasSize(expected);
    assertThat(whole.errors).isEqualTo(kind.equals("both") ? 0 : 4);
    assertThat(whole.positions.size()).isGreaterThan(piece == 5000 ? 4 : 1);
    for (Map.Entry<JsonNode, Integer> position : whole.positions.entrySet()) {
      for (int otherPiece : new int[] {piece, 17, 5000}) {
        assertThat(Reading.of(kind, otherPiece, 1000, position.getKey()).changes)
            .as("from %s in pieces of %s", position.getKey(), otherPiece)
            .isEqualTo(whole.changes.subList(position.getValue(), expected));
      }
    }
    assertThat(whole.bytes).isLessThanOrEqualTo(source(kind).length());
  }
}
