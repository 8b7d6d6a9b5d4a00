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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The value of every expression of {@code values.txt}, from the specification of the dialect. */
class ExpressionValueTest {

  private static final int EXPRESSIONS_PER_VIEW = 40;

  private static final String TABLE =
      """
      CREATE TABLE r (i INT, b BIGINT, s SMALLINT, d DOUBLE, dc DECIMAL(10,2), k VARCHAR,
        ts TIMESTAMP, old TIMESTAMP, dt DATE, tm TIME, bo BOOLEAN, ch CHAR(4), arr INT ARRAY,
        m MAP<VARCHAR, INT>, n INT);
      """;

  private static final String ROW =
      """
      [7, 5000000000, 3, 2.5, "12.25", "hällo", "2024-05-19 10:11:12.345678",
        "1950-05-15 10:11:12.345678", "2024-02-29", "10:11:12", true, "ab  ", [3, 1, 2],
        {"a": 1, "b": 2}, null]
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  private static LineProcess compiler;
  private static LineProcess runner;

  @BeforeAll
  static void start() {
    compiler = LineProcess.compiler();
    runner = LineProcess.runner();
  }

  @AfterAll
  static void stop() {
    compiler.close();
    runner.close();
  }

  private static JsonNode run(String views) throws IOException {
    JsonNode compiled =
        compiler.ask(
            JSON.createObjectNode().put("request_id", "it").put("program_code", TABLE + views));
    assertThat(compiled.path("outcome").asText())
        .as("%s", compiled.path("messages"))
        .isEqualTo("success");
    ObjectNode request = JSON.createObjectNode();
    request.set("plan", compiled.get("plan"));
    ArrayNode insert = JSON.createArrayNode().add("r").add("insert");
    insert.add(JSON.readTree(ROW));
    request.putArray("changes").add(insert);
    return runner.ask(request);
  }

  @Test
  void expressionsHaveTheSpecifiedValues() throws IOException {
    List<String[]> expressions = new ArrayList<>();
    try (InputStream file = ExpressionValueTest.class.getResourceAsStream("values.txt")) {
      for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        int arrow = line.lastIndexOf(" => ");
        expressions.add(new String[] {line.substring(0, arrow), line.substring(arrow + 4)});
      }
    }
    StringBuilder views = new StringBuilder();
    for (int i = 0; i < expressions.size(); i++) {
      boolean first = i % EXPRESSIONS_PER_VIEW == 0;
      boolean last = (i + 1) % EXPRESSIONS_PER_VIEW == 0 || i + 1 == expressions.size();
      views.append(first ? "CREATE VIEW v" + i / EXPRESSIONS_PER_VIEW + " AS SELECT " : ", ");
      views.append('(').append(expressions.get(i)[0]).append(") AS c").append(i);
      views.append(last ? " FROM r;\n" : "");
    }
    JsonNode answer = run(views.toString());
    assertThat(answer.path("failure").asText()).isEmpty();
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < expressions.size(); i++) {
      JsonNode cells = answer.path("cells").path("v" + i / EXPRESSIONS_PER_VIEW);
      String found = cells.path(i % EXPRESSIONS_PER_VIEW).asText();
      if (!found.equals(expressions.get(i)[1])) {
        wrong.add(String.join(" => ", expressions.get(i)) + ", found " + found);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aNumberThatDoesNotFitItsNewTypeStopsThePipeline() throws IOException {
    JsonNode answer = run("CREATE VIEW v AS SELECT CAST(b AS INT) AS c FROM r;");
    assertThat(answer.path("failure").asText()).contains("value out of range of INT");
  }

  @Test
  void anArgumentOutsideAFunctionsDomainStopsThePipeline() throws IOException {
    JsonNode answer = run("CREATE VIEW v AS SELECT LN(-d) AS c FROM r;");
    assertThat(answer.path("failure").asText()).contains("LN of a negative number");
  }
}
