package io.weirkeeper.engine.function;

import java.util.Locale;
import java.util.function.BiConsumer;
import org.apache.flink.table.functions.UserDefinedFunction;

/**
 * Names the functions that views may call beside Flink's own. All names start with {@code wk_}:
 * what a program calls itself is never among them.
 */
public final class SqlFunctions {

  private SqlFunctions() {}

  /**
   * Hands out every function with its name.
   *
   * @param dataflow id of the dataflow whose steps end with {@link StepFailures#check}
   */
  public static void register(String dataflow, BiConsumer<String, UserDefinedFunction> catalog) {
    catalog.accept("wk_add", new Arithmetic.Add());
    catalog.accept("wk_subtract", new Arithmetic.Subtract());
    catalog.accept("wk_multiply", new Arithmetic.Multiply());
    catalog.accept("wk_divide", new Arithmetic.Divide());
    catalog.accept("wk_div_null", new Arithmetic.DivideOrNull());
    catalog.accept("wk_negate", new Arithmetic.Negate());
    catalog.accept("wk_abs", new Arithmetic.Absolute());
    catalog.accept("wk_to_tinyint", new Conversions.ToTinyint());
    catalog.accept("wk_to_smallint", new Conversions.ToSmallint());
    catalog.accept("wk_to_int", new Conversions.ToInt());
    catalog.accept("wk_to_bigint", new Conversions.ToBigint());
    catalog.accept("wk_to_decimal", new Conversions.ToDecimal());
    catalog.accept("wk_to_real", new Conversions.ToReal());
    catalog.accept("wk_to_double", new Conversions.ToDouble());
    catalog.accept("wk_to_boolean", new Conversions.ToBoolean());
    catalog.accept("wk_to_date", new Conversions.ToDate());
    catalog.accept("wk_to_time", new Conversions.ToTime());
    catalog.accept("wk_to_timestamp", new Conversions.ToTimestamp());
    catalog.accept("wk_log", new Mathematics.Log());
    for (Mathematics.Function function : Mathematics.Function.values()) {
      catalog.accept(
          "wk_" + function.name().toLowerCase(Locale.ROOT), new Mathematics.OfDouble(function));
    }
    for (IntegerSum.Type type : IntegerSum.Type.values()) {
      catalog.accept(
          "wk_sum_" + type.name().toLowerCase(Locale.ROOT), new IntegerSum(type, dataflow));
    }
    catalog.accept("wk_avg_integer", new IntegerAverage());
    catalog.accept("wk_sum_decimal", new DecimalSum(dataflow));
    catalog.accept("wk_avg_decimal", new DecimalAverage());
  }
}
