package io.weirkeeper.engine.connector;

/** Makes the values of a column, an element, a key or a member. Safe for several threads. */
@FunctionalInterface
interface FieldGenerator {

  /**
   * A value in Flink's internal form, or null.
   *
   * @param number of the row; of the element inside an array or map
   * @param random of the row
   */
  Object next(long number, RowRandom random);
}
