package io.weirkeeper.engine.function;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.flink.table.functions.AggregateFunction;

/** AVG of integers: an integer, without its fraction (spec: sql.md §4.11). */
public final class IntegerAverage extends AggregateFunction<Long, WideSum> {

  @Override
  public WideSum createAccumulator() {
    return new WideSum();
  }

  /** Adds a value. */
  public void accumulate(WideSum sum, Long value) {
    if (value != null) {
      sum.add(value);
    }
  }

  /** Takes a value away. */
  public void retract(WideSum sum, Long value) {
    if (value != null) {
      sum.remove(value);
    }
  }

  /** Adds other sums. */
  public void merge(WideSum sum, Iterable<WideSum> others) {
    others.forEach(sum::add);
  }

  @Override
  public Long getValue(WideSum sum) {
    if (sum.count <= 0) {
      return null;
    }
    if (sum.fitsLong()) {
      return sum.low / sum.count;
    }
    return new BigInteger(
            ByteBuffer.allocate(2 * Long.BYTES).putLong(sum.high).putLong(sum.low).array())
        .divide(BigInteger.valueOf(sum.count))
        .longValue();
  }
}
