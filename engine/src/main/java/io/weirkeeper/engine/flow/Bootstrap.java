package io.weirkeeper.engine.flow;

import java.util.function.Consumer;
import org.apache.flink.table.data.GenericRowData;

/**
 * Permission to take the state of a former program over into a changed one: what did not change
 * goes on, what is new is filled from the materialized tables in one step.
 *
 * @param silent whether listeners are not told what new views are filled with
 * @param contents the rows of materialized tables
 */
public record Bootstrap(boolean silent, Contents contents) {

  /** The rows of materialized tables without a primary key; those of the others are known. */
  @FunctionalInterface
  public interface Contents {
    /**
     * Hands over the rows of a table after the last step, each as often as it is there; called on
     * the step thread.
     *
     * @param table exact name
     */
    void rows(String table, Consumer<GenericRowData> to);
  }
}
