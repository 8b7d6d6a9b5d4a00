package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanCheckTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static Map<String, String> errors(Program program) throws Exception {
    String answer = new PlanCheck().apply(JSON.writeValueAsString(program.plan()));
    Map<String, String> errors = new LinkedHashMap<>();
    for (JsonNode error : JSON.readTree(answer).get("errors")) {
      errors.put(error.get("view").asText(), error.get("message").asText());
    }
    return errors;
  }

  private static Program table() {
    return new Program().table("t", "id BIGINT", "k STRING", "v BIGINT");
  }

  @Test
  void aProgramThatFlinkTakesHasNoErrors() throws Exception {
    Program program = table();
    for (int i = 0; i < 10; i++) {
      program.view(
          "v" + i,
          "SELECT a.k, COUNT(*) c, SUM(b.v + "
              + i
              + ") s FROM t a JOIN t b ON a.id = b.id GROUP BY a.k",
          "k STRING",
          "c BIGINT NOT NULL",
          "s BIGINT");
    }
    assertThat(errors(program)).isEmpty();
  }

  @Test
  void eachRefusedViewIsNamedWithAShortReason() throws Exception {
    Map<String, String> errors =
        errors(
            table()
                .view("good", "SELECT id FROM t", "id BIGINT")
                .view("unknown_column", "SELECT nosuch FROM t", "x BIGINT")
                .view("syntax", "SELEC id FROM t", "x BIGINT")
                .view(
                    "window_frame",
                    "SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY id ROWS 2 PRECEDING) s FROM t",
                    "id BIGINT",
                    "s BIGINT")
                .view("over_bad", "SELECT x FROM unknown_column", "x BIGINT"));
    assertThat(errors).containsOnlyKeys("unknown_column", "syntax", "window_frame");
    assertThat(errors.get("unknown_column")).contains("nosuch");
    assertThat(errors.values())
        .allSatisfy(message -> assertThat(message).isNotBlank().doesNotContain("\n", "\tat "));
  }

  @Test
  void aLocalViewThatOnlyThePlannerRefusesIsFound() throws Exception {
    Map<String, String> errors =
        errors(
            table()
                .view(
                    "hidden",
                    ViewPlan.Kind.LOCAL,
                    "SELECT id, LEAD(v) OVER (PARTITION BY k ORDER BY id) s FROM t",
                    "id BIGINT",
                    "s BIGINT")
                .view("shown", "SELECT id FROM hidden WHERE s > 1", "id BIGINT"));
    assertThat(errors).containsOnlyKeys("hidden");
  }

  @Test
  void aResultTypeThatCanNotBeEncodedAsDeclaredIsAnError() throws Exception {
    Map<String, String> errors =
        errors(
            table()
                .view("kind", "SELECT id FROM t", "id STRING")
                .view("scale", "SELECT CAST(id AS DECIMAL(10, 2)) FROM t", "id DECIMAL(10, 3)")
                .view("width", "SELECT id, v FROM t", "id BIGINT")
                .view("nullability", "SELECT id FROM t", "id BIGINT NOT NULL")
                .view("length", "SELECT CAST(k AS VARCHAR(5)) FROM t", "k STRING"));
    assertThat(errors).containsOnlyKeys("kind", "scale", "width");
    assertThat(errors.get("kind")).contains("\"id\"").contains("BIGINT").contains("STRING");
  }

  @Test
  void aViewIsJudgedAgainWhenWhatItRestsOnChanges() throws Exception {
    String shown = "SELECT x + 1 AS y FROM `below`";
    Program before =
        table().view("below", "SELECT v AS x FROM t", "x BIGINT").view("shown", shown, "y BIGINT");
    assertThat(errors(before)).isEmpty();
    assertThat(errors(before)).isEmpty();
    Program after =
        table().view("below", "SELECT k AS x FROM t", "x STRING").view("shown", shown, "y BIGINT");
    assertThat(errors(after)).containsOnlyKeys("shown");
    assertThat(errors(after)).containsOnlyKeys("shown");
  }

  @Test
  void anEmptyProgramHasNoErrors() throws Exception {
    assertThat(errors(new Program())).isEmpty();
    assertThat(errors(table())).isEmpty();
  }
}
