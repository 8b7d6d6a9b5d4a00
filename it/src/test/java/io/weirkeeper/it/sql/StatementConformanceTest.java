package io.weirkeeper.it.sql;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every statement of {@code statements.txt}: a view either computes the same from inputs with rows
 * that come and go again, one change a step, as from what is left of them, or it is refused at the
 * marked place.
 */
class StatementConformanceTest {

  /** Views of one job: more would need more network buffers than a small pipeline has. */
  private static final int VIEWS_PER_PROGRAM = 24;

  private static final String TABLES =
      """
      CREATE TABLE t (id BIGINT, k VARCHAR, v BIGINT, d DOUBLE, ts TIMESTAMP, arr INT ARRAY, m MAP<VARCHAR, INT>);
      CREATE TABLE p (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR, x BIGINT);
      CREATE TABLE e (x INT, y INT);
      """;

  private static final int TABLE_LINES = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static List<Statement> statements;
  private static LineProcess compiler;
  private static LineProcess runner;

  /** A line of the file: its mark, name, the error it expects and its query. */
  private record Statement(String mark, String name, String error, String query) {}

  @BeforeAll
  static void start() throws IOException {
    statements = read();
    compiler = LineProcess.compiler();
    runner = LineProcess.runner();
  }

  @AfterAll
  static void stop() {
    compiler.close();
    runner.close();
  }

  private static List<String> lines(String name) throws IOException {
    try (InputStream file = StatementConformanceTest.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static List<Statement> read() throws IOException {
    List<Statement> read = new ArrayList<>();
    for (String line : lines("statements.txt")) {
      if (line.isBlank() || line.startsWith("#-")) {
        continue;
      }
      String mark = line.substring(0, 2);
      String[] parts = line.substring(3).split(" \\| ", mark.equals("!!") ? 3 : 2);
      read.add(
          new Statement(
              mark, parts[0], mark.equals("!!") ? parts[1] : "", parts[parts.length - 1]));
    }
    return read;
  }

  private static List<Statement> marked(String mark) {
    return statements.stream().filter(s -> s.mark().equals(mark)).toList();
  }

  private static JsonNode compile(String program) {
    return compiler.ask(
        JSON.createObjectNode().put("request_id", "it").put("program_code", program));
  }

  private static ArrayNode change(String table, String kind, Object... values) {
    ArrayNode change = JSON.createArrayNode().add(table).add(kind);
    change.add(JSON.valueToTree(values));
    return change;
  }

  private static ArrayNode t(
      String kind, long id, String k, Long v, double d, int minute, Integer... arr) {
    Map<String, Integer> m = new TreeMap<>();
    for (int a : arr) {
      m.put("m" + a, a);
    }
    String ts = String.format("2024-01-01 %02d:%02d:00", 10 + minute / 60, minute % 60);
    return change("t", kind, id, k, v, d, ts, arr, m);
  }

  private static List<ArrayNode> net() {
    return List.of(
        t("insert", 1, "a", 1L, 1.5, 0, 1, 2),
        t("insert", 2, "a", 3L, 2.5, 30, 3),
        t("insert", 3, "b", 5L, 3.5, 10, 1),
        t("insert", 4, "ab", 2L, 4.5, 70, 4, 5),
        t("insert", 5, "b", null, 5.5, 90, 7),
        t("insert", 6, "a", 2L, 6.5, 95, 1, 2),
        // The same row again: tables without a key are multisets.
        t("insert", 6, "a", 2L, 6.5, 95, 1, 2),
        change("p", "insert", 1, "a", 10),
        change("p", "insert", 2, "b", 20),
        change("p", "insert", 3, "zz", 1),
        change("p", "insert", 4, "a", 2),
        change("e", "insert", 1, 2),
        change("e", "insert", 2, 3),
        change("e", "insert", 3, 4));
  }

  private static List<ArrayNode> noisy() {
    List<ArrayNode> noisy = new ArrayList<>();
    noisy.add(t("insert", 7, "a", 9L, 9.5, 40, 9));
    noisy.add(t("insert", 8, "c", 0L, 0.5, 45, 8, 8));
    noisy.add(t("insert", 9, "b", 7L, 9.5, 40, 9));
    noisy.add(change("p", "insert", 1, "c", 100));
    noisy.add(change("p", "insert", 5, "b", 7));
    noisy.add(change("e", "insert", 4, 5));
    noisy.addAll(net());
    noisy.add(t("insert", 2, "a", 3L, 2.5, 30, 3));
    noisy.add(t("delete", 2, "a", 3L, 2.5, 30, 3));
    noisy.add(t("delete", 7, "a", 9L, 9.5, 40, 9));
    noisy.add(t("delete", 8, "c", 0L, 0.5, 45, 8, 8));
    noisy.add(t("delete", 9, "b", 7L, 9.5, 40, 9));
    noisy.add(change("p", "delete", 5, null, null));
    // Upserts: a key's row is replaced, and put back.
    noisy.add(change("p", "insert", 2, "zz", 99));
    noisy.add(change("p", "insert", 2, "b", 20));
    noisy.add(change("e", "delete", 4, 5));
    return noisy;
  }

  private static JsonNode run(JsonNode plan, List<ArrayNode> changes) {
    ObjectNode request = JSON.createObjectNode();
    request.set("plan", plan);
    ArrayNode list = request.putArray("changes");
    changes.forEach(list::add);
    return runner.ask(request);
  }

  private static String program(List<Statement> views) {
    StringBuilder program = new StringBuilder(TABLES);
    for (int i = 0; i < views.size(); i++) {
      program.append("CREATE VIEW v").append(i).append(" AS\n");
      program.append(views.get(i).query()).append(";\n");
    }
    return program.toString();
  }

  @Test
  void viewsDependOnWhatIsInTheirInputsAndNotOnHowItCameThere() {
    List<Statement> views = marked("##");
    assertThat(views).hasSizeGreaterThan(100);
    List<String> wrong = new ArrayList<>();
    for (int from = 0; from < views.size(); from += VIEWS_PER_PROGRAM) {
      List<Statement> some = views.subList(from, Math.min(views.size(), from + VIEWS_PER_PROGRAM));
      JsonNode compiled = compile(program(some));
      assertThat(compiled.path("outcome").asText())
          .as("statements %s: %s", some, compiled.path("messages"))
          .isEqualTo("success");
      JsonNode fromNet = run(compiled.get("plan"), net());
      JsonNode fromNoisy = run(compiled.get("plan"), noisy());
      if (fromNet.has("failure") || fromNoisy.has("failure")) {
        wrong.add(
            some.stream().map(Statement::name).toList()
                + ": "
                + fromNet.path("failure")
                + fromNoisy.path("failure"));
        continue;
      }
      for (int i = 0; i < some.size(); i++) {
        JsonNode expected = fromNet.path("views").path("v" + i);
        JsonNode found = fromNoisy.path("views").path("v" + i);
        if (!found.equals(expected)) {
          wrong.add(
              some.get(i).name() + ": from net input " + expected + ", from noisy input " + found);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void statementsOutsideTheDialectAreRefusedAtTheMarkedPlace() {
    List<Statement> refused = marked("!!");
    assertThat(refused).isNotEmpty();
    List<Statement> plain = new ArrayList<>();
    for (Statement statement : refused) {
      plain.add(
          new Statement(
              "!!",
              statement.name(),
              statement.error(),
              statement.query().replace("«", "").replace("»", "")));
    }
    JsonNode compiled = compile(program(plain));
    assertThat(compiled.path("outcome").asText()).isEqualTo("sql_error");
    List<String> found = new ArrayList<>();
    for (JsonNode message : compiled.path("messages")) {
      int index = (message.path("start_line_number").asInt() - TABLE_LINES - 2) / 2;
      found.add(
          plain.get(index).name()
              + " "
              + message.path("error_type").asText()
              + " "
              + message.path("start_column").asInt()
              + "-"
              + message.path("end_column").asInt());
    }
    List<String> expected = new ArrayList<>();
    for (Statement statement : refused) {
      int start = statement.query().indexOf('«');
      int end = statement.query().indexOf('»');
      expected.add(
          statement.name() + " " + statement.error() + " " + (start + 1) + "-" + (end - 1));
    }
    assertThat(found).containsExactlyElementsOf(expected);
  }

  @Test
  void statementsThatFailOnTheirDataCompile() {
    JsonNode compiled = compile(program(marked("%%")));
    assertThat(compiled.path("outcome").asText())
        .as("%s", compiled.path("messages"))
        .isEqualTo("success");
  }

  @Test
  void divisionOfIntegersByZeroStopsThePipeline() {
    Statement division =
        marked("%%").stream()
            .filter(s -> s.name().equals("integer division by zero"))
            .findFirst()
            .orElseThrow();
    JsonNode compiled = compile(program(List.of(division)));
    assertThat(run(compiled.get("plan"), net()).path("failure").asText()).contains("by zero");
  }

  @Test
  void totalsHaveTheirRowBeforeTheFirstInputAndAfterTheLastDelete() throws IOException {
    StringBuilder program = new StringBuilder(TABLES);
    program.append("CREATE VIEW of_t AS SELECT COUNT(*) AS c, SUM(v) AS s FROM t;\n");
    List<String[]> cases = lines("totals.txt").stream().map(line -> line.split(" => ", 2)).toList();
    for (int i = 0; i < cases.size(); i++) {
      program.append("CREATE VIEW v").append(i).append(" AS ").append(cases.get(i)[0]);
      program.append(";\n");
    }
    JsonNode compiled = compile(program.toString());
    assertThat(compiled.path("outcome").asText())
        .as("%s", compiled.path("messages"))
        .isEqualTo("success");
    List<ArrayNode> gone = new ArrayList<>(net());
    for (ArrayNode insert : net()) {
      gone.add(insert.deepCopy().set(1, "delete"));
    }
    JsonNode first = run(compiled.get("plan"), List.of());
    JsonNode last = run(compiled.get("plan"), gone);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      for (JsonNode answer : List.of(first, last)) {
        String found = rows(answer, i);
        if (!found.equals(cases.get(i)[1])) {
          wrong.add(String.join(" => ", cases.get(i)) + ", found " + found);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static String rows(JsonNode answer, int view) {
    return answer.has("failure")
        ? answer.path("failure").asText()
        : answer.path("views").path("v" + view).toString();
  }

  private static JsonNode sumOf(String type, List<ArrayNode> changes, int together)
      throws IOException {
    JsonNode compiled =
        compile(
            "CREATE TABLE n (k INT, v "
                + type
                + ");\nCREATE VIEW v0 AS SELECT k, SUM(v) AS s FROM n GROUP BY k;\n");
    ObjectNode request = JSON.createObjectNode();
    request.set("plan", compiled.get("plan"));
    request.put("together", together);
    ArrayNode list = request.putArray("changes");
    changes.forEach(list::add);
    return runner.ask(request);
  }

  @Test
  void aSumMayOverflowInsideAStepButNotAtItsEnd() throws IOException {
    for (String[] type :
        new String[][] {
          {"TINYINT", "127"},
          {"INT", "2147483647"},
          {"BIGINT", "9223372036854775807"},
          {"DECIMAL(4, 2)", "99.99"},
          {"DECIMAL(38, 0)", "9".repeat(38)}
        }) {
      JsonNode max = JSON.readTree(type[1]);
      if (type[0].startsWith("DEC")) {
        max = JSON.getNodeFactory().textNode(type[1]);
      }
      List<ArrayNode> changes =
          List.of(
              change("n", "insert", 1, max),
              change("n", "insert", 1, 2),
              change("n", "insert", 1, 3),
              change("n", "insert", 1, -5));
      assertThat(rows(sumOf(type[0], changes, changes.size()), 0))
          .as(type[0])
          .contains(type[1])
          .contains(":1");
      assertThat(sumOf(type[0], changes, 1).path("failure").asText())
          .as(type[0])
          .contains("overflow: SUM of type " + type[0].split("\\(")[0]);
    }
  }
}
