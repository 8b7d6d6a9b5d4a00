package io.weirkeeper.engine.connector;

import static io.weirkeeper.engine.connector.ConnectedDataflow.input;
import static io.weirkeeper.engine.connector.ConnectedDataflow.output;
import static io.weirkeeper.engine.connector.ConnectedDataflow.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.FileOutputConfig;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.StepController;
import io.weirkeeper.engine.format.RowFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.GenericRowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What outputs write. Tables are relations too, so no view is needed. */
class OutputsTest {
  @TempDir Path directory;

  private static Program table() {
    return new Program().keyedTable("t", "a INT NOT NULL");
  }

  private Path file() {
    return directory.resolve("out");
  }

  private ConnectorPlan writes(String format, String more) {
    return output(
        "t.o",
        "{'transport': {'name': 'file_output', 'config': {'path': '%s'}}, 'format': %s%s}"
            .formatted(file(), format, more));
  }

  private static Change insert(int a) {
    return Change.insert(GenericRowData.of(a));
  }

  private static Change delete(int a) {
    return Change.delete(GenericRowData.of(a));
  }

  private static void apply(ConnectedDataflow flow, Change... changes) throws Exception {
    InputEndpoint input = flow.dataflow.openInput("t", "t.test");
    input.put(List.of(changes), 0);
    input.whenComplete(input.totalRecords()).get(60, TimeUnit.SECONDS);
    input.close();
  }

  private String written(String format) throws Exception {
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), writes(format, ""))) {
      apply(flow, insert(1), insert(2), insert(3));
      apply(flow, delete(2), insert(4));
      assertThat(flow.out("t.o").transmittedBytes()).isEqualTo(Files.size(file()));
    }
    return Files.readString(file());
  }

  @Test
  void jsonAndCsvSayWhatCameAndWhatWent() throws Exception {
    assertThat(written("{'name': 'json'}"))
        .isEqualTo(
            "{'insert':{'a':1}}\n{'insert':{'a':2}}\n{'insert':{'a':3}}\n{'delete':{'a':2}}\n{'insert':{'a':4}}\n"
                .replace('\'', '"'));
    assertThat(written("{'name': 'json', 'config': {'array': true, 'buffer_size_records': 2}}"))
        .isEqualTo(
            ("[{'insert':{'a':1}},{'insert':{'a':2}}]\n[{'insert':{'a':3}}]\n"
                    + "[{'delete':{'a':2}},{'insert':{'a':4}}]\n")
                .replace('\'', '"'));
    assertThat(written("{'name': 'json', 'config': {'update_format': 'weighted'}}"))
        .endsWith("{'weight':-1,'data':{'a':2}}\n{'weight':1,'data':{'a':4}}\n".replace('\'', '"'));
    assertThat(written("{'name': 'csv', 'config': {'delimiter': ';'}}"))
        .isEqualTo("1;1\n2;1\n3;1\n2;-1\n4;1\n");
  }

  @Test
  void aDeleteThatRawJsonCannotSayIsAnEncodingError() throws Exception {
    ConnectorPlan raw = writes("{'name': 'json', 'config': {'update_format': 'raw'}}", "");
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), raw)) {
      apply(flow, insert(1));
      apply(flow, delete(1));
      assertThat(flow.out("t.o").encodeErrors().count()).isEqualTo(1);
      assertThat(Files.readString(file())).isEqualTo("{\"a\":1}\n");
    }
  }

  @Test
  void formatsThatAreNotBuiltOrNotRightAreRefused() {
    for (String format :
        List.of(
            "{'name': 'avro'}",
            "{'name': 'json', 'config': {'update_format': 'debezium'}}",
            "{'name': 'json', 'config': {'update_format': 'x'}}",
            "{'name': 'json', 'config': {'buffer_size_records': 0}}")) {
      assertThatThrownBy(() -> ConnectedDataflow.start(table(), writes(format, "")))
          .as(format)
          .isInstanceOf(ConnectorException.class)
          .hasMessageContaining("output connector 't.o'");
    }
    assertThatThrownBy(
            () ->
                ConnectedDataflow.start(
                    table(),
                    output(
                        "t.o",
                        "{'transport': {'name': 'file_output', 'config': {'path': '/no/such/x'}},"
                            + " 'format': {'name': 'csv'}}")))
        .isInstanceOf(ConnectorException.class)
        .hasMessageContaining("/no/such/x can't be written");
  }

  @Test
  void whatWasWrittenAfterACheckpointIsDroppedWhenItGoesOnFromThere() throws Exception {
    ConnectorPlan csv = writes("{'name': 'csv'}", "");
    ConnectorPositions positions;
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), csv)) {
      apply(flow, insert(1));
      positions = flow.positions();
      apply(flow, insert(2));
    }
    assertThat(Files.readString(file())).isEqualTo("1,1\n2,1\n");
    String stored = ConnectedDataflow.JSON.writeValueAsString(positions);
    ConnectorPositions read = ConnectedDataflow.JSON.readValue(stored, ConnectorPositions.class);
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), read, csv)) {
      until("the cut", () -> file().toFile().length() == 4);
      apply(flow, insert(3));
    }
    assertThat(Files.readString(file())).isEqualTo("1,1\n3,1\n");
    Files.writeString(file(), "1");
    assertThatThrownBy(() -> ConnectedDataflow.start(table(), read, csv))
        .hasMessageContaining("4 had been written when the checkpoint was made");
    try (ConnectedDataflow flow = ConnectedDataflow.start(table(), csv)) {
      until("an empty file", () -> file().toFile().length() == 0);
    }
  }

  @Test
  void whatIsWrittenAgainTheSameWayIsNeverCutAndWhatDiffersIs() throws Exception {
    FileOutput output = opened(null);
    output.caughtUp();
    write(output, "a\nb\n");
    JsonNode position = output.position();
    write(output, "c\nd\n");
    output.close();

    output = opened(position);
    assertThat(Files.readString(file())).as("nothing is cut before it is known").hasSize(8);
    write(output, "c\n");
    assertThat(Files.readString(file())).isEqualTo("a\nb\nc\nd\n");
    write(output, "d\ne\n");
    assertThat(Files.readString(file())).isEqualTo("a\nb\nc\nd\ne\n");
    output.close();

    output = opened(position);
    write(output, "c\nx\n");
    assertThat(Files.readString(file())).as("cut where it differs").isEqualTo("a\nb\nc\nx\n");
    output.caughtUp();
    output.close();

    output = opened(position);
    write(output, "c\n");
    output.caughtUp();
    assertThat(Files.readString(file())).as("the rest is nobody's").isEqualTo("a\nb\nc\n");
    output.close();
  }

  private FileOutput opened(JsonNode position) throws Exception {
    FileOutput output =
        new FileOutput(FileOutputConfig.of(ConnectedDataflow.json("{'path': '" + file() + "'}")));
    output.open(position);
    return output;
  }

  private static void write(FileOutput output, String text) throws IOException {
    output.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anOutputBufferCollectsChangesUntilItIsFullOrOld() throws Exception {
    String more = ", 'enable_output_buffer': true, 'max_output_buffer_size_records': 2";
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), writes("{'name': 'csv'}", more))) {
      InputEndpoint input = flow.dataflow.openInput("t", "t.test");
      input.put(List.of(insert(1), insert(2)), 0);
      until("two rows in the buffer", () -> flow.out("t.o").bufferedRecords() == 2);
      input.put(List.of(delete(2)), 0);
      until("one row in the buffer", () -> flow.out("t.o").bufferedRecords() == 1);
      assertThat(Files.size(file())).isZero();
      assertThat(input.isComplete(1)).as("what is buffered is not delivered").isFalse();
      input.put(List.of(insert(3), insert(4)), 0);
      input.whenComplete(5).get(60, TimeUnit.SECONDS);
      assertThat(Files.readString(file())).isEqualTo("1,1\n3,1\n4,1\n");
      input.put(List.of(delete(1)), 0);
      until("the delete in the buffer", () -> flow.out("t.o").bufferedRecords() == 1);
      // A checkpoint leaves nothing in the buffer.
      flow.positions();
      assertThat(Files.readString(file())).isEqualTo("1,1\n3,1\n4,1\n1,-1\n");
      input.whenComplete(6).get(60, TimeUnit.SECONDS);
    }
    String timed = ", 'enable_output_buffer': true, 'max_output_buffer_time_millis': 50";
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table(), writes("{'name': 'csv'}", timed))) {
      apply(flow, insert(1));
      assertThat(flow.out("t.o").transmittedRecords()).isEqualTo(1);
      apply(flow, insert(2));
      assertThat(flow.out("t.o").transmittedRecords()).isEqualTo(2);
    }
  }

  @Test
  void aSlowOutputHoldsUpCompletionAndCheckpointsAtOnceAndStepsAtItsBound() throws Exception {
    SlowOutput place = new SlowOutput();
    try (ConnectedDataflow flow = ConnectedDataflow.start(table())) {
      ConnectorConfig config =
          ConnectorConfig.of(
              false,
              ConnectedDataflow.json(
                  "{'transport': {'name': 'null_output'}, 'max_queued_records': 2}"));
      RowFormat rows = RowFormat.of(flow.dataflow.relation("t").orElseThrow());
      OutputConnector output =
          new OutputConnector(
              "t.o", "t", config, Encoder.of(config, rows), place, flow.dataflow.steps());
      var unused = flow.dataflow.subscribe("t", output);
      output.start();
      InputEndpoint input = flow.dataflow.openInput("t", "t.test");
      StepController steps = flow.dataflow.steps();
      input.put(List.of(insert(1)), 0);
      until("the first step", () -> steps.counters().processedRecords() == 1);
      until("a failed attempt", () -> output.transportErrors().count() == 1);
      assertThat(output.health().status()).isEqualTo("Unhealthy");
      assertThat(output.health().description()).contains("no space");
      input.put(List.of(insert(2)), 0);
      until("a step beside the output", () -> steps.counters().processedRecords() == 2);
      CompletableFuture<JsonNode> position =
          steps.betweenSteps(output::position).thenCompose(p -> p);
      input.put(List.of(insert(3)), 0);
      until("a step that waits for the output", () -> output.stalled().toNanos() > 0);
      assertThat(steps.counters().completedRecords()).isZero();
      assertThat(steps.counters().completedSteps()).isZero();
      assertThat(steps.counters().initiatedSteps()).isEqualTo(3);
      assertThat(output.queuedRecords()).isEqualTo(2);
      assertThat(output.queuedBatches()).isEqualTo(2);
      assertThat(output.writtenInputRecords()).isZero();
      assertThat(input.isComplete(1)).isFalse();
      assertThat(position.isDone()).isFalse();

      place.full = false;
      assertThat(position.get(60, TimeUnit.SECONDS).asInt())
          .as("two steps, not three")
          .isEqualTo(2);
      input.whenComplete(3).get(60, TimeUnit.SECONDS);
      assertThat(place.written).isEqualTo(3);
      assertThat(output.health().status()).isEqualTo("Healthy");
      assertThat(output.queuedRecords()).isZero();
      assertThat(output.writtenInputRecords()).isEqualTo(3);
      assertThat(output.writtenSteps()).isEqualTo(3);
      output.close();
    }
  }

  /** Refuses until there is room. */
  private static final class SlowOutput implements OutputTransport {
    volatile boolean full = true;
    volatile int written;

    @Override
    public void open(JsonNode position) {}

    @Override
    public void write(byte[] message) throws IOException {
      if (full) {
        throw new IOException("no space");
      }
      written++;
    }

    @Override
    public void caughtUp() {}

    @Override
    public JsonNode position() {
      return IntNode.valueOf(written);
    }

    @Override
    public void close() {}
  }

  @Test
  void inputsThatWaitForEachOtherOrForNobodyAreRefused() {
    String generator = "{'transport': {'name': 'datagen'}, 'labels': ['%s'], 'start_after': %s}";
    assertThatThrownBy(
            () ->
                ConnectedDataflow.start(
                    table(),
                    input("t.x", generator.formatted("x", "'y'")),
                    input("t.y", generator.formatted("y", "['x']"))))
        .isInstanceOfSatisfying(
            ConnectorException.class,
            e -> assertThat(e.errorCode()).isEqualTo("ConfigError.CyclicDependency"))
        .hasMessageContaining("t.x -> t.y -> t.x");
    for (String labels : List.of("[]", "'nobody'")) {
      assertThatThrownBy(
              () ->
                  ConnectedDataflow.start(table(), input("t.x", generator.formatted("x", labels))))
          .isInstanceOfSatisfying(
              ConnectorException.class,
              e -> assertThat(e.errorCode()).isEqualTo("ConfigError.EmptyStartAfter"));
    }
  }

  @Test
  void referencesLeadToTheEnvironmentAndToSecrets() throws Exception {
    Files.createDirectories(directory.resolve("kubernetes/shop"));
    Files.writeString(directory.resolve("kubernetes/shop/key"), "hidden");
    References references = new References(directory, java.util.Map.of("WK_TEST", "told"));
    assertThat(
            references.resolve(
                ConnectedDataflow.json(
                    "{'index': '${env:WK_TEST}', 'transport': {'name': '${env:WK_TEST}', 'config':"
                        + " {'a': ['${env:WK_TEST}', 'x${env:WK_TEST}', 5], 'b': {'c':"
                        + " '${secret:kubernetes:shop/key}'}}}}")))
        .isEqualTo(
            ConnectedDataflow.json(
                "{'index': '${env:WK_TEST}', 'transport': {'name': '${env:WK_TEST}', 'config':"
                    + " {'a': ['told', 'x${env:WK_TEST}', 5], 'b': {'c': 'hidden'}}}}"));
    assertThat(references.conceal("GET http://x/hidden?told: http://me:pass@y/ failed"))
        .isEqualTo(
            "GET http://x/${secret:kubernetes:shop/key}?${env:WK_TEST}: http://***@y/ failed");
    for (String bad :
        List.of(
            "${env:NOT_SET}",
            "${env:}",
            "${env:a-b}",
            "${secret:vault:a/b}",
            "${secret:kubernetes:shop}",
            "${secret:kubernetes:../x/y}",
            "${secret:kubernetes:shop/none}")) {
      assertThatThrownBy(
              () ->
                  references.resolve(
                      ConnectedDataflow.json("{'transport': {'config': {'a': '" + bad + "'}}}")))
          .as(bad)
          .isInstanceOf(ConnectorException.class)
          .hasMessageContaining(bad)
          .hasMessageNotContaining("hidden");
    }
  }

  @Test
  void anEmptyInputEndsAtOnceAndANullOutputTakesEverything() throws Exception {
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(
            table(),
            input("t.e", "{'transport': {'name': 'empty_input'}, 'labels': ['e']}"),
            input(
                "t.g",
                "{'transport': {'name': 'datagen', 'config': {'plan': [{'limit': 4}]}},"
                    + " 'start_after': 'e'}"),
            output("t.n", "{'transport': {'name': 'null_output'}, 'format': {'name': 'csv'}}"))) {
      flow.complete();
      assertThat(flow.rows("t")).hasSize(4);
      assertThat(flow.out("t.n").transmittedRecords()).isEqualTo(4);
    }
  }
}
