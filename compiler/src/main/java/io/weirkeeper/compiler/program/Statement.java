package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.List;
import java.util.Map;

/** A statement of a program (spec: sql.md §1.2). */
public sealed interface Statement {

  /** Where the statement stands, without its semicolon. */
  SourcePosition position();

  /**
   * {@code CREATE TABLE}.
   *
   * @param name of the table
   * @param columns in declared order
   * @param primaryKey the key columns in key order; empty when the table has no key
   * @param foreignKeys declared references
   * @param properties of the WITH clause, by key in declared order
   * @param position of the statement
   */
  record CreateTable(
      Name name,
      List<Column> columns,
      List<Name> primaryKey,
      List<ForeignKey> foreignKeys,
      Map<String, Property> properties,
      SourcePosition position)
      implements Statement {}

  /**
   * A column of a table.
   *
   * @param name of the column
   * @param type its type
   * @param nullability null where the program says nothing, else whether it says NULL
   * @param defaultValue the DEFAULT expression, or null
   */
  record Column(Name name, Fragment type, Boolean nullability, Fragment defaultValue) {}

  /**
   * A reference to another table's key. Declared, checked, never enforced.
   *
   * @param columns the referring columns
   * @param table the table referred to
   * @param targets its columns
   */
  record ForeignKey(List<Name> columns, Name table, List<Name> targets) {}

  /**
   * {@code CREATE VIEW}.
   *
   * @param name of the view
   * @param kind plain, local or materialized
   * @param columns names for the result columns; empty when the query names them
   * @param properties of the WITH clause, by key in declared order
   * @param query the query
   * @param position of the statement
   */
  record CreateView(
      Name name,
      ViewPlan.Kind kind,
      List<Name> columns,
      Map<String, Property> properties,
      Fragment query,
      SourcePosition position)
      implements Statement {}
}
