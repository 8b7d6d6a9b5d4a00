package io.weirkeeper.engine.function;

import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;

/** Functions of DOUBLE that Flink has not or that refuse some arguments (spec: sql.md §4.4). */
public final class Mathematics {

  private Mathematics() {}

  /** The functions of one number. */
  public enum Function {
    /** Natural logarithm. */
    LN,
    /** Logarithm to base 10. */
    LOG10,
    /** Square root. */
    SQRT,
    /** Cube root. */
    CBRT,
    /** Inverse hyperbolic sine. */
    ASINH,
    /** Inverse hyperbolic cosine. */
    ACOSH,
    /** Inverse hyperbolic tangent. */
    ATANH,
    /** Secant. */
    SEC,
    /** Cosecant. */
    CSC,
    /** Hyperbolic cotangent. */
    COTH,
    /** Hyperbolic secant. */
    SECH,
    /** Hyperbolic cosecant. */
    CSCH,
    /** The number itself, or NULL if it is infinite or none. */
    FINITE_OR_NULL;

    private Double of(double x) {
      return switch (this) {
        case LN -> Math.log(notNegative(x, "LN"));
        case LOG10 -> Math.log10(notNegative(x, "LOG10"));
        case SQRT -> Math.sqrt(x);
        case CBRT -> Math.cbrt(x);
        case ASINH -> asinh(x);
        case ACOSH -> Math.log(x + Math.sqrt(x * x - 1));
        case ATANH -> 0.5 * (Math.log1p(x) - Math.log1p(-x));
        case SEC -> 1 / Math.cos(x);
        case CSC -> 1 / Math.sin(x);
        case COTH -> 1 / Math.tanh(x);
        case SECH -> 1 / Math.cosh(x);
        case CSCH -> 1 / Math.sinh(x);
        case FINITE_OR_NULL -> Double.isFinite(x) ? x : null;
      };
    }

    private static double asinh(double x) {
      // Of the absolute value: the sum below loses all digits of a negative one.
      double magnitude = Math.abs(x);
      double large = magnitude > 1e150 ? Math.log(2) + Math.log(magnitude) : 0;
      double value =
          large > 0
              ? large
              : Math.log1p(
                  magnitude + magnitude * magnitude / (1 + Math.sqrt(magnitude * magnitude + 1)));
      return Math.copySign(value, x);
    }
  }

  private static double notNegative(double x, String function) {
    if (x < 0) {
      throw new SqlValueException(function + " of a negative number: " + x);
    }
    return x;
  }

  /** A {@link Function}. */
  public static final class OfDouble extends ScalarFunction {

    private final Function function;

    OfDouble(Function function) {
      this.function = function;
    }

    // Flink's planner can't write an infinite or undefined number as a literal.
    @Override
    public boolean supportsConstantFolding() {
      return false;
    }

    /** The function's value. */
    public Double eval(Double x) {
      return x == null ? null : function.of(x);
    }
  }

  /** Logarithm to any base. */
  public static final class Log extends Checked {

    @Override
    DataType result(CallContext call) {
      return DataTypes.DOUBLE();
    }

    // Flink's planner can't write an infinite or undefined number as a literal.
    @Override
    public boolean supportsConstantFolding() {
      return false;
    }

    /** The logarithm of x. */
    public Double eval(Double x, Double base) {
      if (x == null || base == null) {
        return null;
      }
      notNegative(x, "LOG");
      notNegative(base, "LOG to the base");
      if (x == 0) {
        return Double.NEGATIVE_INFINITY;
      }
      return base == 0 ? 0 : Math.log(x) / Math.log(base);
    }
  }
}
