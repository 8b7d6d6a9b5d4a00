package io.weirkeeper.core.pipeline;

/** How far the program is compiled (spec: lifecycle §4). */
public enum ProgramStatus implements Status {
  /** {@code Pending}. */
  PENDING("Pending"),
  /** {@code CompilingSql}. */
  COMPILING_SQL("CompilingSql"),
  /** {@code SqlCompiled}. */
  SQL_COMPILED("SqlCompiled"),
  /** {@code CompilingRust}. */
  COMPILING_RUST("CompilingRust"),
  /** {@code Success}. */
  SUCCESS("Success"),
  /** {@code SqlError}. */
  SQL_ERROR("SqlError"),
  /** {@code RustError}. */
  RUST_ERROR("RustError"),
  /** {@code SystemError}. */
  SYSTEM_ERROR("SystemError");

  private final String json;
  private final String column;

  ProgramStatus(String json) {
    this.json = json;
    this.column = Status.snakeCase(json);
  }

  @Override
  public String json() {
    return json;
  }

  @Override
  public String column() {
    return column;
  }

  /**
   * Reads a database value.
   *
   * @throws IllegalArgumentException for a value that this build does not know
   */
  public static ProgramStatus ofColumn(String column) {
    return Status.find(values(), column);
  }
}
