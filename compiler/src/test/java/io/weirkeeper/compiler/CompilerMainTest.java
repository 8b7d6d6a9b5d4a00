package io.weirkeeper.compiler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CompilerMainTest {

  private static final int PATIENCE_SECONDS = 60;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Process process;
  private static OutputStream input;
  private static BufferedReader output;

  @BeforeAll
  static void start() throws Exception {
    process = start(List.of());
    input = process.getOutputStream();
    output = process.inputReader(StandardCharsets.UTF_8);
    JsonNode ready = read();
    assertThat(ready.path("ready").asBoolean()).isTrue();
    assertThat(ready.path("pid").asLong()).isEqualTo(process.pid());
  }

  @AfterAll
  static void endOfInputEndsTheProcess() throws Exception {
    input.close();
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  private static Process start(List<String> arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            CompilerMain.class.getName());
    builder.command().addAll(arguments);
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static JsonNode read() throws Exception {
    FutureTask<String> line = new FutureTask<>(output::readLine);
    Thread reader = new Thread(line, "answer");
    reader.setDaemon(true);
    reader.start();
    return JSON.readTree(line.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  private static JsonNode send(String line) throws Exception {
    input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    input.flush();
    return read();
  }

  private static JsonNode compile(String id, String program) throws Exception {
    ObjectNode request = JSON.createObjectNode();
    request.put("request_id", id).put("program_code", program).put("from_the_future", true);
    return send(request.toString());
  }

  @Test
  void everyRequestGetsItsAnswer() throws Exception {
    JsonNode good = compile("one", "CREATE TABLE t (id INT);\nCREATE VIEW v AS SELECT id FROM t;");
    assertThat(good.path("request_id").asText()).isEqualTo("one");
    assertThat(good.path("outcome").asText()).isEqualTo("success");
    assertThat(good.at("/plan/views/0/flink_sql").asText()).contains("FROM `t`");
    JsonNode bad = compile("two", "CREATE VIEW v AS SELECT * FROM blah");
    assertThat(bad.path("request_id").asText()).isEqualTo("two");
    assertThat(bad.path("outcome").asText()).isEqualTo("sql_error");
    assertThat(bad.path("plan").isNull()).isTrue();
  }

  @Test
  void aLineThatIsNoRequestDoesNotDisturbTheNextOne() throws Exception {
    for (String garbage : List.of("hello", "{\"request_id\":", "[]", "\"x\"", "null", "\u0000")) {
      assertThat(send(garbage).path("outcome").asText()).isEqualTo("system_error");
    }
    assertThat(send("[".repeat(100_000)).path("outcome").asText()).isEqualTo("system_error");
    assertThat(compile("after", "").path("outcome").asText()).isEqualTo("success");
  }

  @Test
  void blankLinesAreNoRequests() throws Exception {
    input.write("\n  \n".getBytes(StandardCharsets.UTF_8));
    assertThat(compile("blank", "").path("request_id").asText()).isEqualTo("blank");
  }

  @Test
  void aLineOverTheLimitIsRefusedAndSkipped() throws Exception {
    byte[] large = new byte[CompilerMain.MAX_LINE_BYTES + 1];
    java.util.Arrays.fill(large, (byte) 'x');
    input.write(large);
    input.write('\n');
    input.flush();
    JsonNode refused = read();
    assertThat(refused.path("outcome").asText()).isEqualTo("system_error");
    assertThat(refused.path("system_error").asText()).contains("bytes");
    assertThat(compile("after", "").path("outcome").asText()).isEqualTo("success");
  }

  @Test
  void aDeeplyNestedProgramIsAnErrorAndTheProcessLivesOn() throws Exception {
    String sum = "1" + " + 1".repeat(200_000);
    JsonNode answer = compile("deep", "CREATE VIEW v AS SELECT " + sum + " AS x");
    assertThat(answer.path("request_id").asText()).isEqualTo("deep");
    String nots = "NOT ".repeat(100_000) + "TRUE";
    assertThat(
            compile("nots", "CREATE VIEW v AS SELECT " + nots + " AS x")
                .path("request_id")
                .asText())
        .isEqualTo("nots");
    assertThat(compile("after", "").path("outcome").asText()).isEqualTo("success");
  }

  @Test
  void wrongArgumentsEndTheProcess() throws Exception {
    Process wrong = start(List.of("--nope"));
    assertThat(wrong.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(wrong.exitValue()).isEqualTo(2);
    Process missing = start(List.of("--planner-classpath", "does/not/exist"));
    assertThat(missing.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(missing.exitValue()).isNotZero();
  }
}
