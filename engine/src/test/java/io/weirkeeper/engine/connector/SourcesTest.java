package io.weirkeeper.engine.connector;

import static io.weirkeeper.engine.connector.ConnectedDataflow.input;
import static io.weirkeeper.engine.connector.ConnectedDataflow.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.format.RecordParser;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files and URLs as inputs of a real dataflow. */
class SourcesTest {
  private static final int ROWS = 20_000;

  @TempDir Path directory;

  private static Program table() {
    return new Program().materializedTable("t", "a INT", "s STRING");
  }

  private static String csv(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> i + ",row\n").collect(Collectors.joining());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("in"), text);
  }

  private static ConnectorPlan reads(String transport, Object path, String more, String format) {
    return input(
        "t.c",
        "{'transport': {'name': '%s', 'config': {'path': '%s'%s}}, 'format': {'name': '%s'}}"
            .formatted(transport, path, more, format));
  }

  private static void assertAllRows(ConnectedDataflow flow, int rows) {
    assertThat(flow.rows("t").stream().map(row -> row.get(0)).sorted().toList())
        .isEqualTo(IntStream.range(0, rows).mapToObj(i -> (Object) i).toList());
  }

  private static String fatal(ConnectedDataflow flow) {
    until("a fatal error", () -> flow.in("t.c").fatalError().isPresent());
    assertThat(flow.in("t.c").health().status()).isEqualTo("Unhealthy");
    assertThat(flow.in("t.c").transportErrors().count()).isPositive();
    assertThat(flow.in("t.c").endOfInput()).isFalse();
    return flow.in("t.c").fatalError().get();
  }

  @Test
  void aFileIsReadToItsEnd() throws IOException {
    Path file = file(csv(0, ROWS));
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), reads("file_input", "file://" + file, "", "csv"))) {
      assertAllRows(flow.complete(), ROWS);
      assertThat(flow.in("t.c").endpoint().totalBytes()).isEqualTo(Files.size(file));
      assertThat(flow.positions().inputs().get("t.c").get("offset").asLong())
          .isEqualTo(Files.size(file));
    }
  }

  @Test
  void recordsThatCannotBeUsedAreCountedAndTheOthersAreKept() throws IOException {
    Path file =
        file(
            "{\"insert\":{\"a\":1}}\n{\"insert\":{\"a\":\"x\"}}\nnonsense\n{\"insert\":{\"a\":2}}\n"
                + "{\"insert\":{\"a\":3");
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), reads("file_input", file, "", "json"))) {
      flow.complete();
      assertThat(flow.rows("t"))
          .containsExactlyInAnyOrder(ViewRow.of(1, null), ViewRow.of(2, null));
      assertThat(flow.in("t.c").parseErrors().count()).isEqualTo(3);
      assertThat(flow.in("t.c").parseErrors().items())
          .extracting(RecentErrors.Item::message)
          .anyMatch(message -> message.contains("column 'a'"))
          .anyMatch(message -> message.contains("nonsense"))
          .anyMatch(message -> message.contains("the end of the input"));
      assertThat(flow.in("t.c").health().status()).isEqualTo("Healthy");
    }
  }

  @Test
  void aRecordBeyondTheLimitIsAnErrorAndTheNextOneIsRead() throws IOException {
    Path file = directory.resolve("huge");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("{\"insert\":{\"a\":1}}\n{\"insert\":{\"a\":7,\"s\":\"");
      String part = "x".repeat(1 << 16);
      for (int i = 0; i < RecordParser.MAX_RECORD_BYTES / part.length() + 1; i++) {
        out.write(part);
      }
      out.write("\"}}\n{\"insert\":{\"a\":2}}\n");
    }
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), reads("file_input", file, "", "json"))) {
      flow.complete();
      assertThat(flow.rows("t").stream().map(row -> row.get(0))).containsExactlyInAnyOrder(1, 2);
      assertThat(flow.in("t.c").parseErrors().count()).isEqualTo(1);
    }
  }

  @Test
  void aMissingFileEndsTheStart() {
    assertThatThrownBy(
            () ->
                ConnectedDataflow.start(
                    table(), reads("file_input", directory.resolve("no"), "", "csv")))
        .isInstanceOf(ConnectorException.class)
        .hasMessageContaining("input connector 't.c'")
        .hasMessageContaining("does not exist");
    assertThatThrownBy(
            () -> ConnectedDataflow.start(table(), reads("file_input", "in.csv", "", "csv")))
        .hasMessageContaining("absolute path");
    assertThatThrownBy(
            () -> ConnectedDataflow.start(table(), reads("file_input", directory, "", "avro")))
        .hasMessageContaining("avro");
    assertThatThrownBy(
            () -> ConnectedDataflow.start(table(), reads("url_input", "ftp://x/y", "", "csv")))
        .hasMessageContaining("http or https");
  }

  @Test
  void aFollowedFileGivesWhatIsAppendedUntilItShrinks() throws IOException {
    Path file = file(csv(0, 10));
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), reads("file_input", file, ", 'follow': true", "csv"))) {
      until("the first rows", () -> flow.rows("t").size() == 10);
      Files.writeString(file, csv(10, 15), StandardOpenOption.APPEND);
      until("the appended rows", () -> flow.rows("t").size() == 15);
      assertThat(flow.in("t.c").endOfInput()).isFalse();
      Files.writeString(file, "1,");
      assertThat(fatal(flow)).contains("what was read must not change");
    }
  }

  @Test
  void aFileGoesOnFromThePositionOfACheckpoint() throws IOException {
    Path file = file(csv(0, ROWS));
    ConnectorPlan connector =
        input(
            "t.c",
            ("{'transport': {'name': 'file_input', 'config': {'path': '%s', 'buffer_size_bytes': 999}},"
                    + " 'format': {'name': 'csv'}, 'max_batch_size': 700}")
                .formatted(file));
    int before;
    ConnectorPositions positions;
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), connector)) {
      until("some rows", () -> flow.rows("t").size() > 500);
      flow.connectors.setPipelinePaused(true);
      flow.dataflow.steps().pause();
      positions = flow.positions();
      before = flow.rows("t").size();
    }
    assertThat(before).isLessThanOrEqualTo(ROWS);
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), positions, connector)) {
      flow.complete();
      assertThat(flow.rows("t").stream().map(row -> row.get(0)).sorted().toList())
          .isEqualTo(IntStream.range(before, ROWS).mapToObj(i -> (Object) i).toList());
    }
    Files.writeString(file, "");
    if (before > 0) {
      assertThatThrownBy(() -> ConnectedDataflow.start(table(), positions, connector))
          .hasMessageContaining("must not change");
    }
  }

  @Test
  void aFullQueueHoldsTheSourceBack() throws IOException {
    Path file = file(csv(0, ROWS));
    ConnectorPlan connector =
        input(
            "t.c",
            ("{'transport': {'name': 'file_input', 'config': {'path': '%s', 'buffer_size_bytes': 900}},"
                    + " 'format': {'name': 'csv'}, 'max_queued_records': 1000}")
                .formatted(file));
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), connector)) {
      flow.dataflow.steps().pause();
      until(
          "a full queue or the end",
          () ->
              flow.in("t.c").endpoint().bufferedRecords() >= 1000 || flow.rows("t").size() == ROWS);
      // One buffer has some 100 rows: the bound may be passed by them.
      assertThat(flow.in("t.c").endpoint().bufferedRecords()).isLessThanOrEqualTo(1100);
      flow.dataflow.steps().resume();
      assertAllRows(flow.complete(), ROWS);
    }
  }

  @Test
  void aUrlIsReadWholeThroughConnectionsThatBreak() throws IOException {
    for (boolean ranges : new boolean[] {true, false}) {
      try (CuttingServer server = new CuttingServer(csv(0, ROWS))) {
        server.knowsRanges = ranges;
        server.cuts = List.of(50_001, ranges ? 1_000 : 70_000, 0, Integer.MAX_VALUE);
        try (ConnectedDataflow flow =
            ConnectedDataflow.start(table(), reads("url_input", server.url(), "", "csv"))) {
          assertAllRows(flow.complete(), ROWS);
          assertThat(server.ranges).hasSize(4).startsWith("", "50001-");
          assertThat(flow.in("t.c").transportErrors().count()).isEqualTo(3);
          assertThat(flow.in("t.c").transportErrors().items().get(0).message())
              .contains("at byte 50001");
          assertThat(flow.in("t.c").health().status()).isEqualTo("Healthy");
        }
      }
    }
  }

  @Test
  void aUrlGoesOnFromThePositionOfACheckpoint() throws IOException {
    try (CuttingServer server = new CuttingServer(csv(0, 100))) {
      var position = ConnectedDataflow.json("{'offset': 120, 'state': 3, 'skip': 2}");
      try (ConnectedDataflow flow =
          ConnectedDataflow.start(
              table(),
              new ConnectorPositions(Map.of("t.c", position), Map.of()),
              reads("url_input", server.url(), "", "csv"))) {
        // The first ten rows have 6 bytes each, the next ones 7: byte 120 lies before row 18.
        flow.complete();
        assertThat(flow.rows("t")).hasSize(100 - 18 - 2 - 1);
        assertThat(server.ranges).containsExactly("120-");
      }
    }
  }

  @Test
  void aUrlThatIsRefusedOrChangesEndsTheConnector() throws IOException {
    try (CuttingServer server = new CuttingServer(csv(0, 100))) {
      server.status = "404 Not Found";
      try (ConnectedDataflow flow =
          ConnectedDataflow.start(table(), reads("url_input", server.url(), "", "csv"))) {
        assertThat(fatal(flow)).contains("404");
      }
      server.status = "503 Later";
      try (ConnectedDataflow flow =
          ConnectedDataflow.start(table(), reads("url_input", server.url(), "", "csv"))) {
        until("a failed attempt", () -> flow.in("t.c").transportErrors().count() > 0);
        assertThat(flow.in("t.c").fatalError()).isEmpty();
        server.status = "200 OK";
        assertAllRows(flow.complete(), 100);
      }
      server.ranges.clear();
      server.cuts = List.of(60);
      try (ConnectedDataflow flow =
          ConnectedDataflow.start(table(), reads("url_input", server.url(), "", "csv"))) {
        until("the cut", () -> flow.in("t.c").transportErrors().count() > 0);
        server.version = "\"2\"";
        assertThat(fatal(flow)).contains("has changed");
      }
    }
  }

  @Test
  void aPausedUrlIsGivenUpAndReadOnWhenItRunsAgain() throws IOException {
    try (CuttingServer server = new CuttingServer(csv(0, 1_000_000))) {
      ConnectorPlan connector =
          input(
              "t.c",
              ("{'transport': {'name': 'url_input', 'config': {'path': '%s', 'pause_timeout': 0}},"
                      + " 'format': {'name': 'csv'}, 'max_queued_records': 1}")
                  .formatted(server.url()));
      try (ConnectedDataflow flow = ConnectedDataflow.start(table(), connector)) {
        // The queue is full after the first batch, and no time is given to it.
        until("a second connection", () -> server.ranges.size() > 1);
        assertThat(server.ranges.get(1)).endsWith("-").isNotEqualTo("0-");
        flow.in("t.c").pause();
        assertThat(flow.in("t.c").paused()).isTrue();
        flow.in("t.c").start();
        until("more", () -> flow.rows("t").size() > 20_000);
        List<Object> seen = flow.rows("t").stream().map(row -> row.get(0)).sorted().toList();
        assertThat(seen)
            .isEqualTo(IntStream.range(0, seen.size()).mapToObj(i -> (Object) i).toList());
      }
    }
  }
}
