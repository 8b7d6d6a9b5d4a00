package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ColumnPlan;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;

/**
 * A table or view of the running plan, as inputs and outputs see it.
 *
 * @param name the name in the plan: folded unless quoted in the program
 * @param caseSensitive whether the name was quoted
 * @param kind table or view; local views are no relations here
 * @param materialized whether ad-hoc queries can read it
 * @param columns name and type of each column, in declared order
 * @param types how the values of each column look inside rows, in the order of {@code columns}
 * @param primaryKey names of the key columns in key order; empty for views and for tables without a
 *     key
 */
public record Relation(
    String name,
    boolean caseSensitive,
    Kind kind,
    boolean materialized,
    List<ColumnPlan> columns,
    List<CellType> types,
    List<String> primaryKey) {

  /** Copies the lists. */
  public Relation {
    columns = List.copyOf(columns);
    types = List.copyOf(types);
    primaryKey = List.copyOf(primaryKey);
  }

  /**
   * A row in Flink's form.
   *
   * @param plain a value for each column, or null
   * @throws IllegalArgumentException if a value does not fit its column
   */
  public GenericRowData row(Object[] plain) {
    GenericRowData row = new GenericRowData(types.size());
    for (int i = 0; i < types.size(); i++) {
      row.setField(i, types.get(i).toInternal(plain[i]));
    }
    return row;
  }

  /** Where a relation's rows come from. */
  public enum Kind {
    /** An input. */
    TABLE,
    /** The result of a standing query. */
    VIEW
  }
}
