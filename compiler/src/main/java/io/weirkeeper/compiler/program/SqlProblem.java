package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;

/** An error in the user's program; never an error of the compiler itself. */
public final class SqlProblem extends RuntimeException {

  /** The program is well formed but means nothing: unknown names, wrong types. */
  public static final String COMPILATION = "Compilation error";

  /** The program does not follow the grammar. */
  public static final String PARSING = "Error parsing SQL";

  /** The program is right, but this compiler can't do it. */
  public static final String NOT_IMPLEMENTED = "Not yet implemented";

  /** The {@code connectors} property can't be read. */
  public static final String CONNECTORS = "ConnectorGenerationError";

  private final SourcePosition position;
  private final String errorType;

  /**
   * An error at a place of the program.
   *
   * @param position where, or null when it can't be told
   * @param errorType one of the constants of this class
   * @param message what is wrong and what to do
   */
  public SqlProblem(SourcePosition position, String errorType, String message) {
    super(message, null, false, false);
    this.position = position;
    this.errorType = errorType;
  }

  /** Where the error is, or null when it can't be told. */
  public SourcePosition position() {
    return position;
  }

  /** Kind of error, one of the constants of this class. */
  public String errorType() {
    return errorType;
  }

  /** Something that the dialect has and this compiler has not. */
  public static SqlProblem notSupported(SourcePosition position, String what) {
    return new SqlProblem(position, NOT_IMPLEMENTED, what + " is not supported yet");
  }

  /** A program that is well formed but means nothing. */
  public static SqlProblem compilation(SourcePosition position, String message) {
    return new SqlProblem(position, COMPILATION, message);
  }

  /** A violation of the grammar. */
  public static SqlProblem parsing(SourcePosition position, String message) {
    return new SqlProblem(position, PARSING, message);
  }
}
