package io.weirkeeper.compiler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompilerMessage;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramCompilerTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static TablePlan table(String program) {
    return Compilation.success(program).plan().tables().get(0);
  }

  private static List<ColumnPlan> columns(String query) {
    return Compilation.success(
            "CREATE TABLE t (id BIGINT NOT NULL, k VARCHAR, v INT, dc DECIMAL(10, 2));\n"
                + "CREATE VIEW v AS "
                + query)
        .plan()
        .views()
        .get(0)
        .columns();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n", "-- nothing", "/* ; */ ;;", "SET x = ON;"})
  void aProgramWithoutDeclarationsCompilesToNothing(String program) {
    CompileResult result = Compilation.success(program);
    assertThat(result.plan()).isEqualTo(new PipelinePlan(1, List.of(), List.of()));
    assertThat(result.programInfo().at("/schema/inputs")).isEmpty();
    assertThat(result.programInfo().at("/schema/outputs")).isEmpty();
    assertThat(result.messages()).isEmpty();
  }

  @Test
  void everyAcceptedFormOfTheDialectCompiles() throws IOException {
    String program;
    try (var file = ProgramCompilerTest.class.getResourceAsStream("accepted.sql")) {
      program = new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
    CompileResult result = Compilation.success(program);
    assertThat(result.plan().views()).hasSizeGreaterThan(40);
    for (ViewPlan view : result.plan().views()) {
      assertThat(view.flinkSql()).startsWith("SELECT ").doesNotContain("\"");
      assertThat(view.columns()).isNotEmpty().allMatch(column -> column.flinkType() != null);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BOOLEAN | BOOLEAN | null | null | BOOLEAN",
        "bool | BOOLEAN | null | null | BOOLEAN",
        "TINYINT | TINYINT | null | null | TINYINT",
        "INT2 | SMALLINT | null | null | SMALLINT",
        "INT | INTEGER | null | null | INT",
        "INTEGER | INTEGER | null | null | INT",
        "SIGNED | INTEGER | null | null | INT",
        "INT64 | BIGINT | null | null | BIGINT",
        "DECIMAL | DECIMAL | 38 | 0 | DECIMAL(38, 0)",
        "NUMERIC(7) | DECIMAL | 7 | 0 | DECIMAL(7, 0)",
        "NUMBER(7, 3) | DECIMAL | 7 | 3 | DECIMAL(7, 3)",
        "NUMBER | DECIMAL | 38 | 0 | DECIMAL(38, 0)",
        "DEC(38,38) | DECIMAL | 38 | 38 | DECIMAL(38, 38)",
        "REAL | REAL | null | null | FLOAT",
        "FLOAT4 | REAL | null | null | FLOAT",
        "DOUBLE | DOUBLE | null | null | DOUBLE",
        "DOUBLE PRECISION | DOUBLE | null | null | DOUBLE",
        "FLOAT64 | DOUBLE | null | null | DOUBLE",
        "VARCHAR | VARCHAR | -1 | null | STRING",
        "STRING | VARCHAR | -1 | null | STRING",
        "TEXT | VARCHAR | -1 | null | STRING",
        "VARCHAR(7) | VARCHAR | 7 | null | VARCHAR(7)",
        "CHARACTER VARYING(7) | VARCHAR | 7 | null | VARCHAR(7)",
        "CHAR(3) | CHAR | 3 | null | CHAR(3)",
        "BINARY | BINARY | 1 | null | BINARY(1)",
        "VARBINARY | VARBINARY | -1 | null | BYTES",
        "BYTEA | VARBINARY | -1 | null | BYTES",
        "DATE | DATE | null | null | DATE",
        "TIME | TIME | 9 | null | TIME(0)",
        "TIMESTAMP | TIMESTAMP | 6 | null | TIMESTAMP(6)",
        "TIMESTAMP(3) | TIMESTAMP | 6 | null | TIMESTAMP(6)",
        "DATETIME | TIMESTAMP | 6 | null | TIMESTAMP(6)",
      })
  void typesHaveTheirNamesInTheApiAndInFlink(
      String written, String type, String precision, String scale, String flink) {
    ColumnPlan column = table("CREATE TABLE t (c " + written + ")").columns().get(0);
    assertThat(column.columntype().type()).isEqualTo(type);
    assertThat(column.columntype().nullable()).isTrue();
    assertThat(String.valueOf(column.columntype().precision())).isEqualTo(precision);
    assertThat(String.valueOf(column.columntype().scale())).isEqualTo(scale);
    assertThat(column.flinkType()).isEqualTo(flink);
  }

  @Test
  void nestedTypesKeepTheNullabilityOfTheirParts() {
    List<ColumnPlan> columns =
        table(
                "CREATE TABLE t (a INT ARRAY ARRAY NOT NULL, m MAP<VARCHAR, DECIMAL(4, 1)>,"
                    + " r ROW(x INT, \"Y\" VARCHAR NULL))")
            .columns();
    assertThat(columns)
        .extracting(ColumnPlan::flinkType)
        .containsExactly(
            "ARRAY<ARRAY<INT>> NOT NULL",
            "MAP<STRING NOT NULL, DECIMAL(4, 1)>",
            "ROW<`x` INT NOT NULL, `Y` STRING>");
    assertThat(columns.get(2).columntype().fields().get(1).caseSensitive()).isTrue();
    assertThat(columns.get(0).columntype().component().component().type()).isEqualTo("INTEGER");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FLOAT | Compilation error",
        "DECIMAL(39, 0) | Compilation error",
        "DECIMAL(5, 6) | Compilation error",
        "nothing | Compilation error",
        "UUID | Not yet implemented",
        "VARIANT | Not yet implemented",
        "INT UNSIGNED | Not yet implemented",
        "UNSIGNED | Not yet implemented",
        "TIMESTAMP WITH TIME ZONE | Not yet implemented",
        "GEOMETRY | Not yet implemented",
        "INTERVAL DAY | Not yet implemented",
      })
  void typesThatThereAreNotAreRefused(String written, String errorType) {
    CompilerMessage message = Compilation.error("CREATE TABLE t (a INT,\n c " + written + ")");
    assertThat(message.errorType()).isEqualTo(errorType);
    assertThat(message.startLineNumber()).isEqualTo(2);
    assertThat(message.startColumn()).isBetween(4, 3 + written.length());
  }

  @Test
  void namesAreFoldedUnlessQuotedAndThenMatchedWithTheirCase() {
    CompileResult result =
        Compilation.success(
            """
            CREATE TABLE Orders (Id INT, "Id" INT, U&"d\\0061ta" INT, "a""b" INT);
            CREATE VIEW "Orders" AS SELECT ID, "Id", DATA, "a""b" FROM orders;
            CREATE VIEW w AS SELECT "Id" AS x FROM "Orders";
            """);
    assertThat(result.plan().tables().get(0).name()).isEqualTo("orders");
    assertThat(result.plan().tables().get(0).columns())
        .extracting(ColumnPlan::name)
        .containsExactly("id", "Id", "data", "a\"b");
    assertThat(result.plan().tables().get(0).columns())
        .extracting(ColumnPlan::caseSensitive)
        .containsExactly(false, true, true, true);
    assertThat(result.plan().views().get(0).caseSensitive()).isTrue();
    assertThat(Compilation.error("CREATE TABLE t (id INT);\nCREATE VIEW v AS SELECT \"ID\" FROM t"))
        .extracting(CompilerMessage::message)
        .asString()
        .contains("Column 'ID' not found");
  }

  @Test
  void functionNamesHaveNoCase() {
    assertThat(columns("SELECT uPPer(k) AS a, Char_Length(k) AS b FROM t")).hasSize(2);
  }

  @Test
  void primaryKeyColumnsAreNotNullAndTheTableIsMaterialized() {
    TablePlan plain = table("CREATE TABLE t (a INT, b INT) WITH ('append_only' = 'true')");
    assertThat(plain.primaryKey()).isNull();
    assertThat(plain.materialized()).isFalse();
    assertThat(plain.appendOnly()).isTrue();
    TablePlan keyed = table("CREATE TABLE t (a INT, b INT, c INT, PRIMARY KEY (c, a))");
    assertThat(keyed.primaryKey()).containsExactly("c", "a");
    assertThat(keyed.materialized()).isTrue();
    assertThat(keyed.columns())
        .extracting(ColumnPlan::flinkType)
        .containsExactly("INT NOT NULL", "INT", "INT NOT NULL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE t (a INT NULL PRIMARY KEY)",
        "CREATE TABLE t (a INT, PRIMARY KEY (b))",
        "CREATE TABLE t (a INT, PRIMARY KEY (a, a))",
        "CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY)",
        "CREATE TABLE t (a INT, a INT)",
        "CREATE TABLE t (a INT); CREATE VIEW t AS SELECT 1 AS x",
        "CREATE VIEW error_view AS SELECT 1 AS x",
        "CREATE TABLE t (a INT) WITH ('nope' = 'x')",
        "CREATE TABLE t (a INT) WITH ('materialized' = 'perhaps')",
        "CREATE TABLE t (a INT) WITH ('materialized' = 'true', 'materialized' = 'true')",
        "CREATE TABLE t (a INT PRIMARY KEY) WITH ('append_only' = 'true')",
        "CREATE VIEW v WITH ('materialized' = 'true') AS SELECT 1 AS x",
        "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES nope (b))",
        "CREATE TABLE p (b INT); CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES p (b))",
        "CREATE TABLE p (b INT PRIMARY KEY); CREATE TABLE t (a BIGINT FOREIGN KEY REFERENCES p(b))",
        "CREATE VIEW v AS SELECT NULL AS x",
        "CREATE VIEW v AS SELECT INTERVAL '1' DAY AS x",
      })
  void wrongDeclarationsAreCompilationErrors(String program) {
    CompilerMessage message = Compilation.error(program);
    assertThat(message.errorType()).isEqualTo("Compilation error");
    assertThat(message.startLineNumber()).isEqualTo(1);
    assertThat(message.startColumn()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TYPE x AS INT",
        "CREATE FUNCTION f(x INT) RETURNS INT AS x + 1",
        "CREATE LINEAR AGGREGATE a(x INT) RETURNS INT",
        "CREATE INDEX i ON v (x)",
        "DECLARE RECURSIVE VIEW v (x INT)",
        "LATENESS v.x 1",
        "CREATE TABLE t (a INT LATENESS 1)",
        "CREATE TABLE t (a INT WATERMARK 1)",
        "CREATE VIEW v WITH ('emit_final' = 'x') AS SELECT 1 AS x",
      })
  void statementsThatAreNotBuiltYetAreSaidSo(String program) {
    CompilerMessage message = Compilation.error(program);
    assertThat(message.errorType()).isEqualTo("Not yet implemented");
    assertThat(message.startLineNumber()).isEqualTo(1);
  }

  @Test
  void aForeignKeyIsCheckedAndThenForgotten() {
    assertThat(
            Compilation.success(
                    "CREATE TABLE p (b INT PRIMARY KEY);\n"
                        + "CREATE TABLE t (a INT FOREIGN KEY REFERENCES p (b), c INT,\n"
                        + "  FOREIGN KEY (c) REFERENCES p (b))")
                .plan()
                .tables())
        .hasSize(2);
  }

  @Test
  void defaultsBecomeValuesInTheEncodingOfInputs() {
    List<ColumnPlan> columns =
        table(
                """
                CREATE TABLE t (
                  a INT DEFAULT 1 + 2, b VARCHAR DEFAULT 'ä''b', c DECIMAL(10, 2) DEFAULT 1.5,
                  d TIMESTAMP DEFAULT TIMESTAMP '2020-01-01 00:00:00', e BOOLEAN DEFAULT TRUE,
                  f BINARY(2) DEFAULT x'01ff', g DOUBLE DEFAULT 1e0, h INT DEFAULT NULL, i INT,
                  j CHAR(3) DEFAULT 'a', k DATE DEFAULT DATE '2020-01-02', l BIGINT DEFAULT -5,
                  m VARCHAR DEFAULT CAST(NULL AS VARCHAR))
                """)
            .columns();
    assertThat(columns)
        .extracting(column -> String.valueOf(column.defaultValue()))
        .containsExactly(
            "3",
            "\"ä'b\"",
            "1.50",
            "\"2020-01-01 00:00:00\"",
            "true",
            "[1,255]",
            "1.0",
            "null",
            "null",
            "\"a  \"",
            "\"2020-01-02\"",
            "-5",
            "null");
    assertThat(columns.get(7).defaultValue().isNull()).isTrue();
    assertThat(columns.get(8).defaultValue()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a INT DEFAULT «b»", "a INT DEFAULT «NOW()»", "a INT DEFAULT «'x'»",
        "a TINYINT DEFAULT «1000»", "a INT NOT NULL DEFAULT «NULL»", "a INT DEFAULT «1 +»",
      })
  void aDefaultMustBeAConstantOfTheColumn(String column) {
    CompilerMessage message =
        Compilation.error(
            "CREATE TABLE t (b INT,\n" + column.replace("«", "").replace("»", "") + ")");
    assertThat(message.startLineNumber()).isEqualTo(2);
    assertThat(message.startColumn()).isGreaterThanOrEqualTo(column.indexOf('«') + 1);
  }

  @Test
  void theSchemaIsTheOneThatClientsRead() throws IOException {
    CompileResult result =
        Compilation.success(
            """
            CREATE TABLE t (id INT PRIMARY KEY, "K" VARCHAR DEFAULT 'x') WITH ('materialized' = 'true');
            CREATE LOCAL VIEW hidden AS SELECT id FROM t;
            CREATE MATERIALIZED VIEW v AS SELECT id + 1 AS n FROM hidden;
            """);
    JsonNode expected =
        JSON.readTree(
            """
            {"schema": {
              "inputs": [{
                "name": "t", "case_sensitive": false, "materialized": true,
                "properties": {"materialized": {"value": "true",
                  "key_position": {"start_line_number": 1, "start_column": 68, "end_line_number": 1, "end_column": 81},
                  "value_position": {"start_line_number": 1, "start_column": 85, "end_line_number": 1, "end_column": 90}}},
                "fields": [
                  {"name": "id", "case_sensitive": false, "columntype": {"type": "INTEGER", "nullable": false},
                   "lateness": null, "default": null, "unused": false, "watermark": null},
                  {"name": "K", "case_sensitive": true, "columntype": {"type": "VARCHAR", "nullable": true, "precision": -1},
                   "lateness": null, "default": "'x'", "unused": true, "watermark": null}],
                "primary_key": ["id"]}],
              "outputs": [{
                "name": "v", "case_sensitive": false, "materialized": true, "properties": {},
                "fields": [
                  {"name": "n", "case_sensitive": false, "columntype": {"type": "INTEGER", "nullable": false},
                   "lateness": null, "default": null, "unused": false, "watermark": null}],
                "primary_key": null}]},
             "udf_stubs": "", "input_connectors": {}, "output_connectors": {}}
            """);
    ObjectNode found = (ObjectNode) JSON.readTree(result.programInfo().toString());
    found.remove("dataflow");
    assertThat(found).isEqualTo(expected);
    assertThat(result.plan().views())
        .extracting(ViewPlan::kind)
        .containsExactly(ViewPlan.Kind.LOCAL, ViewPlan.Kind.MATERIALIZED);
  }

  @Test
  void theDataflowGraphLeadsFromTablesThroughOperatorsToViews() throws IOException {
    CompileResult result =
        Compilation.success(
            """
            CREATE TABLE t (id INT, k VARCHAR);
            CREATE VIEW v AS SELECT k, COUNT(*) AS c FROM t
              WHERE id > 1 GROUP BY k;
            CREATE VIEW w AS WITH q AS (SELECT c FROM v UNION SELECT id FROM t)
              SELECT a.c FROM q a JOIN t ON a.c = t.id WHERE t.id IN (SELECT id FROM t);
            """);
    JsonNode graph = JSON.readTree(result.programInfo().toString()).path("dataflow");
    List<String> nodes = new ArrayList<>();
    graph
        .path("mir")
        .fields()
        .forEachRemaining(
            entry -> {
              JsonNode node = entry.getValue();
              List<String> inputs = new ArrayList<>();
              node.path("inputs").forEach(input -> inputs.add(input.path("node").asText()));
              String name = node.path("table").asText() + node.path("view").asText();
              nodes.add(entry.getKey() + " " + node.path("operation").asText() + name + inputs);
            });
    assertThat(nodes)
        .containsExactly(
            "s0 sourcet[]",
            "s1 filter[s0]",
            "s2 aggregate[s1]",
            "s3 map[s2]",
            "s4 viewv[s3]",
            "s5 map[s4]",
            "s6 map[s0]",
            "s7 union[s5, s6]",
            "s8 join[s7, s0]",
            "s9 map[s0]",
            "s10 filter[s8, s9]",
            "s11 map[s10]",
            "s12 vieww[s11]");
    assertThat(graph.at("/mir/s1/positions/0/start_line_number").asInt()).isEqualTo(3);
    assertThat(graph.at("/mir/s1/calcite/final").asInt()).isEqualTo(1);
    assertThat(graph.at("/calcite_plan/v/rels/1/relOp").asText()).isEqualTo("LogicalFilter");
    assertThat(graph.at("/calcite_plan/v/rels/0/table/0").asText()).isEqualTo("t");
  }

  @Test
  void aPlanSurvivesItsJson() throws IOException {
    PipelinePlan plan =
        Compilation.success(
                "CREATE TABLE t (a INT DEFAULT NULL, b INT, r ROW(x INT));\n"
                    + "CREATE VIEW v AS SELECT a, r FROM t")
            .plan();
    assertThat(JSON.readValue(JSON.writeValueAsString(plan), PipelinePlan.class)).isEqualTo(plan);
  }

  @Test
  void viewColumnsAreNamedByTheListTheAliasOrCalcite() {
    assertThat(columns("SELECT id, v + 1, k AS \"X\" FROM t"))
        .extracting(ColumnPlan::name)
        .containsExactly("id", "EXPR$1", "X");
    assertThat(
            Compilation.success("CREATE VIEW v (a, \"B\") AS SELECT 1, 2")
                .plan()
                .views()
                .get(0)
                .columns())
        .extracting(ColumnPlan::name)
        .containsExactly("a", "B");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "COUNT(*) | BIGINT NOT NULL",
        "SUM(v) | INT",
        "SUM(dc) | DECIMAL(10, 2)",
        "AVG(v) | INT",
        "MAX(k) | STRING",
        "EVERY(v > 1) | BOOLEAN",
        "COUNTIF(v > 1) | BIGINT NOT NULL",
        "MAX('abc') | CHAR(3)",
        "STDDEV(v) | INT",
      })
  void aggregatesHaveTheTypeOfTheirArgument(String aggregate, String flink) {
    assertThat(columns("SELECT " + aggregate + " AS a FROM t").get(0).flinkType()).isEqualTo(flink);
  }

  @Test
  void connectorsAreNamedByTheirRelationAndStandInThePlan() {
    CompileResult result =
        Compilation.success(
            """
            CREATE TABLE T (a INT) WITH ('connectors' = '[
              {"name": "gen", "transport": {"name": "datagen", "config": {"plan": [{"limit": 3}]}},
               "paused": true, "labels": ["x"]},
              {"name": "then", "transport": {"name": "datagen"}, "start_after": "x"},
              {"transport": {"name": "kafka_input", "config": {"topic": "t"}},
               "format": {"name": "json"}}]');
            CREATE VIEW v WITH ('connectors' = '[{"transport": {"name": "null_output"}}]')
              AS SELECT * FROM T;
            """);
    JsonNode inputs = (JsonNode) result.programInfo().path("input_connectors");
    assertThat(inputs.fieldNames()).toIterable().containsExactly("t.gen", "t.then", "t.unnamed-2");
    assertThat(inputs.path("t.gen").path("stream").asText()).isEqualTo("t");
    assertThat(inputs.path("t.gen").path("paused").asBoolean()).isTrue();
    assertThat(inputs.path("t.gen").has("name")).isFalse();
    assertThat(result.programInfo().path("output_connectors").has("v.unnamed-0")).isTrue();
    assertThat(result.plan().connectors())
        .extracting(ConnectorPlan::endpoint, ConnectorPlan::input)
        .containsExactly(
            tuple("t.gen", true),
            tuple("t.then", true),
            tuple("t.unnamed-2", true),
            tuple("v.unnamed-0", false));
    assertThat(inputs.path("t.then").path("start_after").path(0).asText()).isEqualTo("x");
    assertThat(inputs.path("t.then").at("/transport/config").isObject()).isTrue();
  }

  private static CompilerMessage refusedConnectors(String connectors) {
    CompilerMessage message =
        Compilation.error(
            "CREATE TABLE t (a INT) WITH (\n'connectors' = '%s')".formatted(connectors));
    assertThat(message.errorType()).isEqualTo("ConnectorGenerationError");
    assertThat(message.startLineNumber()).isEqualTo(2);
    assertThat(message.startColumn()).isEqualTo(16);
    return message;
  }

  private static String message(String transport, String config) {
    return refusedConnectors(
            "[{\"transport\": {\"name\": \"%s\", \"config\": %s}}]".formatted(transport, config))
        .message();
  }

  @Test
  void whatIsWrongWithAConnectorIsSaidAtItsProperty() {
    refusedConnectors("[{]");
    refusedConnectors("{}");
    refusedConnectors("[1]");
    assertThat(refusedConnectors("[{}]").message()).contains("transport");
    String two =
        "[{\"name\": \"g\", \"transport\": {\"name\": \"datagen\"}},"
            + " {\"name\": \"g\", \"transport\": {\"name\": \"datagen\"}}]";
    assertThat(refusedConnectors(two).message()).contains("named 'g'");
    assertThat(refusedConnectors(two.replace("\"g\"", "\"a b\"")).message()).contains("letters");
    assertThat(message("kafka", "{}"))
        .contains("unknown transport 'kafka'")
        .contains("kafka_input");
    assertThat(message("file_output", "{\"path\": \"/x\"}")).contains("belongs to a view");
    assertThat(message("http_input", "{}")).contains("can't be declared");
    assertThat(message("file_input", "{}")).contains("'transport.config.path' is missing");
    assertThat(message("file_input", "{\"path\": \"/x\"}")).contains("needs a 'format'");
    assertThat(message("datagen", "{\"plans\": []}"))
        .contains("unknown option 'plans'")
        .contains("plan, seed, transaction_size, workers");
    assertThat(message("datagen", "{\"plan\": [{\"rate\": 0}]}")).contains("plan[0].rate");
    assertThat(message("datagen", "{\"plan\": [{\"fields\": {\"a\": {\"strategy\": \"x\"}}}]}"))
        .contains("unknown strategy 'x'");
    assertThat(
            refusedConnectors("[{\"transport\": {\"name\": \"datagen\"}, \"start_after\": 5}]")
                .message())
        .contains("a string, an array of strings or null");
    assertThat(
            Compilation.error(
                    "CREATE TABLE t (a INT);\nCREATE VIEW v WITH ('connectors' = '[{\"transport\":"
                        + " {\"name\": \"null_output\"}, \"send_snapshot\": true}]') AS SELECT *"
                        + " FROM t;")
                .message())
        .contains("MATERIALIZED");
  }

  @Test
  void rustFunctionsAreNotSupported() {
    CompileResult result =
        new ProgramCompiler(plan -> Map.of()).compile(new CompileRequest("x", "", "fn f() {}", ""));
    assertThat(result.outcome()).isEqualTo(CompileResult.Outcome.SQL_ERROR);
    assertThat(result.messages().get(0).errorType()).isEqualTo("Not yet implemented");
  }

  @Test
  void whatTheEngineRefusesIsAnErrorAtTheView() {
    ProgramCompiler compiler = new ProgramCompiler(plan -> Map.of("b", "Flink does not like it"));
    CompileResult result =
        compiler.compile(
            new CompileRequest(
                "x", "CREATE VIEW a AS SELECT 1 AS x;\nCREATE VIEW b AS SELECT 2 AS x;", "", ""));
    assertThat(result.outcome()).isEqualTo(CompileResult.Outcome.SQL_ERROR);
    CompilerMessage message = result.messages().get(0);
    assertThat(message.errorType()).isEqualTo("Not yet implemented");
    assertThat(message.startLineNumber()).isEqualTo(2);
    assertThat(message.message()).contains("Flink does not like it");
  }

  @Test
  void aProgramThatIsTooLargeIsRefused() {
    String large = "-- " + "x".repeat(ProgramCompiler.MAX_PROGRAM_BYTES);
    assertThat(Compilation.error(large).message()).contains("larger than");
  }
}
