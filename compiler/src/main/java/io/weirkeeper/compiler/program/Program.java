package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;
import java.util.List;
import java.util.Set;

/**
 * What {@link ProgramReader} makes of a program's text.
 *
 * @param source the text as written
 * @param readable the text with the same positions in which what Calcite's parser does not know is
 *     replaced: parse fragments of this one
 * @param statements the statements that could be read, in program order
 * @param groupByAll where {@code GROUP BY ALL} was replaced by {@code GROUP BY} a number of this
 *     position
 * @param distinctOn the {@code DISTINCT ON} lists that were blanked
 * @param broken names of relations whose declaration could not be read
 * @param problems what could not be read
 */
public record Program(
    SourceText source,
    SourceText readable,
    List<Statement> statements,
    List<SourcePosition> groupByAll,
    List<DistinctOn> distinctOn,
    Set<String> broken,
    List<SqlProblem> problems) {

  /**
   * A {@code DISTINCT ON (...)}.
   *
   * @param select the position of the word SELECT it belongs to
   * @param expressions the list between the parentheses
   */
  public record DistinctOn(SourcePosition select, Fragment expressions) {}
}
