package io.weirkeeper.engine.function;

import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;

/**
 * A scalar function that takes its arguments as they are, without Flink's implicit casts: the
 * compiler writes the casts that the dialect wants. NULL in, NULL out.
 */
public abstract class Checked extends ScalarFunction {

  /** Characters of a value that an error message shows at most. */
  private static final int MAX_SHOWN = 60;

  /** The type of the result; it becomes nullable. */
  abstract DataType result(CallContext call);

  @Override
  public final TypeInference getTypeInference(DataTypeFactory types) {
    return TypeInference.newBuilder()
        .inputTypeStrategy(InputTypeStrategies.WILDCARD)
        .outputTypeStrategy(call -> Optional.of(result(call).nullable()))
        .build();
  }

  /** DECIMAL of the precision and scale that two literal arguments give. */
  static DataType decimal(CallContext call, int position) {
    return DataTypes.DECIMAL(
        call.getArgumentValue(position, Integer.class).orElseThrow(),
        call.getArgumentValue(position + 1, Integer.class).orElseThrow());
  }

  /** A value as error messages show it. */
  static String shown(Object value) {
    String text = String.valueOf(value);
    String cut = text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "…" : text;
    return value instanceof String ? "'" + cut + "'" : cut;
  }
}
