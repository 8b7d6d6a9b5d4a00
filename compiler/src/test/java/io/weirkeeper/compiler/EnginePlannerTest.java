package io.weirkeeper.compiler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompilerMessage;
import io.weirkeeper.core.plan.PipelinePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnginePlannerTest {

  /** Counts the views that it plans, and refuses those that read a table "refused". */
  private static final String FAKE =
      """
      package io.weirkeeper.engine.flow;
      public class PlanCheck implements java.util.function.Function<String, String> {
        public String apply(String plan) {
          ClassLoader context = Thread.currentThread().getContextClassLoader();
          if (context != PlanCheck.class.getClassLoader()) {
            throw new IllegalStateException("context class loader " + context);
          }
          int planned = plan.split("\\"kind\\":\\"plain\\"", -1).length - 1;
          System.setProperty("weirkeeper.test.planned", String.valueOf(planned));
          return plan.contains("FROM `refused`")
              ? "{\\"errors\\":[{\\"view\\":\\"b\\",\\"message\\":\\"no\\"}]}"
              : "{\\"errors\\":[]}";
        }
      }
      """;

  private static final String FAKE_AHEAD =
      """
      package io.weirkeeper.engine.flow;
      public class PlanAhead implements java.util.function.BiConsumer<String, String> {
        @Override
        public void accept(String plan, String folder) {
          System.setProperty("weirkeeper.test.ahead", folder + " " + plan.contains("`refused`"));
        }
      }
      """;

  private static final String PROGRAM =
      """
      CREATE TABLE t (id INT);
      CREATE TABLE refused (id INT);
      CREATE VIEW a AS SELECT id FROM t;
      CREATE VIEW b AS SELECT id FROM a;
      CREATE VIEW c AS SELECT id FROM t;
      """;

  @TempDir Path folder;
  private EnginePlanner planner;
  private ProgramCompiler compiler;

  @BeforeEach
  void compileTheFake() throws IOException {
    Path check = folder.resolve("PlanCheck.java");
    Path ahead = folder.resolve("PlanAhead.java");
    Files.writeString(check, FAKE);
    Files.writeString(ahead, FAKE_AHEAD);
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", folder.toString(), check.toString(), ahead.toString());
    assertThat(exit).isZero();
    planner = new EnginePlanner(folder.toString());
    compiler = new ProgramCompiler(planner);
  }

  private CompileResult compile(String program) {
    System.setProperty("weirkeeper.test.planned", "none");
    return compiler.compile(new CompileRequest("x", program, "", ""));
  }

  private static String planned() {
    return System.getProperty("weirkeeper.test.planned");
  }

  @Test
  void aProgramIsHandedOnAsAWholeToBePlannedAhead() {
    PipelinePlan plan =
        compile("CREATE TABLE t (id INT); CREATE VIEW v AS SELECT id FROM t;").plan();
    planner.planAhead(plan, Path.of("jobs"));
    assertThat(System.getProperty("weirkeeper.test.ahead")).isEqualTo("jobs false");
  }

  @Test
  void onlyWhatAnEditChangesIsPlannedAgain() {
    assertThat(compile(PROGRAM).outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
    assertThat(planned()).isEqualTo("3");
    compile("-- a comment\n" + PROGRAM);
    assertThat(planned()).isEqualTo("none");
    compile(
        PROGRAM.replace(
            "AS SELECT id FROM t;\nCREATE VIEW b",
            "AS SELECT id + 1 AS id FROM t;\nCREATE VIEW b"));
    assertThat(planned()).as("a and its reader b, but not c").isEqualTo("2");
    compile(PROGRAM.replace("t (id INT)", "t (id BIGINT)"));
    assertThat(planned()).isEqualTo("3");
  }

  @Test
  void aRefusalIsAnErrorAtTheViewEachTime() {
    for (int i = 0; i < 2; i++) {
      CompileResult result = compile(PROGRAM.replace("FROM a", "FROM refused"));
      assertThat(result.outcome()).isEqualTo(CompileResult.Outcome.SQL_ERROR);
      CompilerMessage message = result.messages().get(0);
      assertThat(message.startLineNumber()).isEqualTo(4);
      assertThat(message.errorType()).isEqualTo("Not yet implemented");
    }
  }

  @Test
  void aClassPathWithoutThePlannerIsRefused(@TempDir Path empty) {
    assertThatThrownBy(() -> new EnginePlanner(empty.toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PlanCheck");
  }
}
