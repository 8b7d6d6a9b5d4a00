package io.weirkeeper.engine.function;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * SUM of integers: computed in 128 bits, an error if a step ends with a sum that does not fit the
 * type (spec: sql.md §4.11).
 */
public final class IntegerSum extends AggregateFunction<Long, WideSum> {

  /** The dialect's type of the sum. */
  enum Type {
    TINYINT(8),
    SMALLINT(16),
    INT(32),
    BIGINT(64);

    final int bits;

    Type(int bits) {
      this.bits = bits;
    }
  }

  private final Type type;
  private final String dataflow;

  /** A sum; a bad one is announced to the {@link StepFailures} of the dataflow. */
  IntegerSum(Type type, String dataflow) {
    this.type = type;
    this.dataflow = dataflow;
  }

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
    int unused = Long.SIZE - type.bits;
    if (sum.fitsLong() && sum.low << unused >> unused == sum.low) {
      if (sum.failure != 0) {
        StepFailures.of(dataflow).gone(sum.failure);
        sum.failure = 0;
      }
      return sum.count == 0 ? null : sum.low;
    }
    if (sum.failure == 0) {
      sum.failure = StepFailures.of(dataflow).announce(message(sum));
    }
    return null;
  }

  private String message(WideSum sum) {
    BigInteger value =
        new BigInteger(
            ByteBuffer.allocate(2 * Long.BYTES).putLong(sum.high).putLong(sum.low).array());
    return "overflow: SUM of type " + type + " reached " + value + "; cast its argument wider";
  }
}
