package io.weirkeeper.engine.store;

import java.util.List;

/**
 * One statement of an ad-hoc text.
 *
 * @param kind what it is, by its first words
 * @param text the statement without its semicolon
 * @param target for an INSERT: the table's name, folded unless quoted; else null
 * @param targetColumns for an INSERT: the named columns, folded unless quoted; empty when it names
 *     none
 * @param source for an INSERT: the query or VALUES that gives the rows; else null
 */
public record AdHocStatement(
    Kind kind, String text, String target, List<String> targetColumns, String source) {

  /** What a statement is. */
  public enum Kind {
    /** SELECT, WITH, VALUES, TABLE or FROM. */
    QUERY,
    /** EXPLAIN of a query. */
    EXPLAIN,
    /** PREPARE name AS query. */
    PREPARE,
    /** EXECUTE of a prepared query. */
    EXECUTE,
    /** DEALLOCATE of a prepared query. */
    DEALLOCATE,
    /** INSERT INTO: not for the store; its {@code source} is. */
    INSERT,
    /** Anything else: refused. */
    OTHER
  }
}
