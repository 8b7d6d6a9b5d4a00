package io.weirkeeper.compiler;

import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompilerMessage;
import java.util.Map;

/** Compiles programs for tests, without the engine's planner. */
final class Compilation {

  private static final ProgramCompiler COMPILER = new ProgramCompiler(plan -> Map.of());

  private Compilation() {}

  static CompileResult of(String program) {
    return COMPILER.compile(new CompileRequest("test", program, "", ""));
  }

  /** The result of a program that must compile. */
  static CompileResult success(String program) {
    CompileResult result = of(program);
    if (result.outcome() != CompileResult.Outcome.SUCCESS) {
      throw new AssertionError("Does not compile: " + result.messages());
    }
    return result;
  }

  /** The one error of a program. */
  static CompilerMessage error(String program) {
    CompileResult result = of(program);
    if (result.outcome() != CompileResult.Outcome.SQL_ERROR || result.messages().size() != 1) {
      throw new AssertionError("Not exactly one error: " + result);
    }
    return result.messages().get(0);
  }

  /** The text that an error points at. */
  static String place(String program, CompilerMessage message) {
    String[] lines = program.split("\n", -1);
    if (message.startLineNumber() != message.endLineNumber()) {
      return message.startLineNumber() + "-" + message.endLineNumber();
    }
    return lines[message.startLineNumber() - 1].substring(
        message.startColumn() - 1, message.endColumn());
  }
}
