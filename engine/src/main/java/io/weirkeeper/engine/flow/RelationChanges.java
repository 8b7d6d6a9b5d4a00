package io.weirkeeper.engine.flow;

import java.util.List;
import org.apache.flink.table.data.RowData;

/**
 * The net changes of a materialized relation in one step, in Flink's internal form. Immutable: the
 * receiver may keep it.
 *
 * @param relation the table or view
 * @param rows distinct rows, in no order; readable with {@link CellType#readers}
 * @param weights weight of each row, never 0, in the order of {@code rows}
 */
public record RelationChanges(Relation relation, List<RowData> rows, int[] weights) {}
