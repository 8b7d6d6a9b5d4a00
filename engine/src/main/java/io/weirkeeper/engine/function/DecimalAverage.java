package io.weirkeeper.engine.function;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;

/** AVG of decimals: of their type, without further digits (spec: sql.md §4.11). */
public final class DecimalAverage extends AggregateFunction<BigDecimal, DecimalTotal> {

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
    return total.count <= 0
        ? null
        : new BigDecimal(total.sum(), total.scale)
            .divide(BigDecimal.valueOf(total.count), total.scale, RoundingMode.DOWN);
  }
}
