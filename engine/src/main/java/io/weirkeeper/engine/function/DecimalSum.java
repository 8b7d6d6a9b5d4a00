package io.weirkeeper.engine.function;

import java.math.BigDecimal;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;

/**
 * SUM of decimals: exact, an error if a step ends with a sum that does not fit the type (spec:
 * sql.md §4.11).
 */
public final class DecimalSum extends AggregateFunction<BigDecimal, DecimalTotal> {

  private final String dataflow;

  /** A sum; a bad one is announced to the {@link StepFailures} of the dataflow. */
  DecimalSum(String dataflow) {
    this.dataflow = dataflow;
  }

  @Override
  public TypeInference getTypeInference(DataTypeFactory types) {
    return TypeInference.newBuilder()
        .inputTypeStrategy(InputTypeStrategies.WILDCARD)
        .accumulatorTypeStrategy(
            TypeStrategies.explicit(types.createDataType(DataTypes.of(DecimalTotal.class))))
        .outputTypeStrategy(call -> Optional.of(call.getArgumentDataTypes().get(0).nullable()))
        .build();
  }

  @Override
  public DecimalTotal createAccumulator() {
    return new DecimalTotal();
  }

  /** Adds a value of that many digits. */
  public void accumulate(DecimalTotal total, BigDecimal value, Integer digits) {
    if (value != null) {
      total.add(value, digits);
    }
  }

  /** Takes a value away. */
  public void retract(DecimalTotal total, BigDecimal value, Integer digits) {
    if (value != null) {
      total.remove(value, digits);
    }
  }

  /** Adds other sums. */
  public void merge(DecimalTotal total, Iterable<DecimalTotal> others) {
    others.forEach(total::add);
  }

  @Override
  public BigDecimal getValue(DecimalTotal total) {
    BigDecimal sum = new BigDecimal(total.sum(), total.scale);
    if (total.count == 0 || sum.precision() <= total.precision) {
      if (total.failure != 0) {
        StepFailures.of(dataflow).gone(total.failure);
        total.failure = 0;
      }
      return total.count == 0 ? null : sum;
    }
    String message =
        "overflow: SUM of type DECIMAL(%d, %d) reached %s; cast its argument wider"
            .formatted(total.precision, total.scale, sum.toPlainString());
    if (total.failure == 0) {
      total.failure = StepFailures.of(dataflow).announce(message);
    }
    return null;
  }
}
