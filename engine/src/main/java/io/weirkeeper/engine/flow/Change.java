package io.weirkeeper.engine.flow;

import java.util.BitSet;
import java.util.Objects;
import org.apache.flink.table.data.RowData;

/**
 * One change of a table, as a parser hands it over. The row has one field per column of the table,
 * in declared order, each null or the internal value that {@link CellType.Kind} describes: a {@code
 * GenericRowData}, or a {@code BinaryRowData} that fills an array of its own and is what Flink's
 * serializer would make of the values. The receiver takes the row over: don't change or reuse it,
 * nor the values in it.
 *
 * @param kind what to do
 * @param row for {@link Kind#INSERT} every column; for {@link Kind#DELETE} the whole row, or, if
 *     the table has a primary key, at least the key columns (the others are not looked at); for
 *     {@link Kind#UPDATE} the key columns and the columns in {@code set}
 * @param set for {@link Kind#UPDATE}: the columns to change, by position; null for the other kinds
 */
public record Change(Kind kind, RowData row, BitSet set) {

  /** Checks that {@code set} is there exactly for updates. */
  public Change {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(row, "row");
    if ((kind == Kind.UPDATE) != (set != null)) {
      throw new IllegalArgumentException("an UPDATE, and nothing else, names the columns it sets");
    }
  }

  /** Inserts a row; with a primary key, replaces the row of that key. */
  public static Change insert(RowData row) {
    return new Change(Kind.INSERT, row, null);
  }

  /** Deletes a row, or, with a primary key, the row of that key; nothing happens without one. */
  public static Change delete(RowData row) {
    return new Change(Kind.DELETE, row, null);
  }

  /** Sets some columns of the row with the key in {@code row}; nothing happens without one. */
  public static Change update(RowData row, BitSet set) {
    return new Change(Kind.UPDATE, row, set);
  }

  /** What a change does. */
  public enum Kind {
    /** Adds a row, or replaces the row with the same primary key. */
    INSERT,
    /** Removes one copy of a row, or the row with the same primary key. */
    DELETE,
    /** Changes some columns of the row with the same primary key; the table must have one. */
    UPDATE
  }
}
