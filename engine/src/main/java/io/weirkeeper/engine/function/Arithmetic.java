package io.weirkeeper.engine.function;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;

/**
 * Arithmetic that fails where a result does not fit its type (spec: sql.md §4.4). Integers come as
 * two of the result's type; decimals with the precision and scale of the result.
 */
public final class Arithmetic {

  /** Digits of an intermediate quotient, as Flink keeps them. */
  private static final MathContext QUOTIENT = new MathContext(38, RoundingMode.HALF_UP);

  private Arithmetic() {}

  /** Two operands of one type, and for decimals the precision and scale of the result. */
  public abstract static class Binary extends Checked {

    private static final int DECIMAL_ARGUMENTS = 4;

    @Override
    final DataType result(CallContext call) {
      return call.getArgumentDataTypes().size() == DECIMAL_ARGUMENTS
          ? decimal(call, 2)
          : call.getArgumentDataTypes().get(0);
    }

    static BigDecimal fit(
        BigDecimal exact, int precision, int scale, BigDecimal a, String sign, BigDecimal b) {
      BigDecimal rounded = exact.setScale(scale, RoundingMode.HALF_UP);
      if (rounded.precision() > precision) {
        throw SqlValueException.overflow(
            a.toPlainString() + sign + b.toPlainString(),
            "DECIMAL(" + precision + ", " + scale + ")");
      }
      return rounded;
    }
  }

  /** The sum. */
  public static final class Add extends Binary {

    /** The result for TINYINT. */
    public Byte eval(Byte a, Byte b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a + b;
      if (result != (byte) result) {
        throw SqlValueException.overflow(a + " + " + b, "TINYINT");
      }
      return (byte) result;
    }

    /** The result for SMALLINT. */
    public Short eval(Short a, Short b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a + b;
      if (result != (short) result) {
        throw SqlValueException.overflow(a + " + " + b, "SMALLINT");
      }
      return (short) result;
    }

    /** The result for INT. */
    public Integer eval(Integer a, Integer b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.addExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " + " + b, "INT");
      }
    }

    /** The result for BIGINT. */
    public Long eval(Long a, Long b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.addExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " + " + b, "BIGINT");
      }
    }

    /** The result for DECIMAL(precision, scale). */
    public BigDecimal eval(BigDecimal a, BigDecimal b, Integer precision, Integer scale) {
      return a == null || b == null ? null : fit(a.add(b), precision, scale, a, " + ", b);
    }
  }

  /** The difference. */
  public static final class Subtract extends Binary {

    /** The result for TINYINT. */
    public Byte eval(Byte a, Byte b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a - b;
      if (result != (byte) result) {
        throw SqlValueException.overflow(a + " - " + b, "TINYINT");
      }
      return (byte) result;
    }

    /** The result for SMALLINT. */
    public Short eval(Short a, Short b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a - b;
      if (result != (short) result) {
        throw SqlValueException.overflow(a + " - " + b, "SMALLINT");
      }
      return (short) result;
    }

    /** The result for INT. */
    public Integer eval(Integer a, Integer b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.subtractExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " - " + b, "INT");
      }
    }

    /** The result for BIGINT. */
    public Long eval(Long a, Long b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.subtractExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " - " + b, "BIGINT");
      }
    }

    /** The result for DECIMAL(precision, scale). */
    public BigDecimal eval(BigDecimal a, BigDecimal b, Integer precision, Integer scale) {
      return a == null || b == null ? null : fit(a.subtract(b), precision, scale, a, " - ", b);
    }
  }

  /** The product. */
  public static final class Multiply extends Binary {

    /** The result for TINYINT. */
    public Byte eval(Byte a, Byte b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a * b;
      if (result != (byte) result) {
        throw SqlValueException.overflow(a + " * " + b, "TINYINT");
      }
      return (byte) result;
    }

    /** The result for SMALLINT. */
    public Short eval(Short a, Short b) {
      if (a == null || b == null) {
        return null;
      }
      int result = a * b;
      if (result != (short) result) {
        throw SqlValueException.overflow(a + " * " + b, "SMALLINT");
      }
      return (short) result;
    }

    /** The result for INT. */
    public Integer eval(Integer a, Integer b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.multiplyExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " * " + b, "INT");
      }
    }

    /** The result for BIGINT. */
    public Long eval(Long a, Long b) {
      if (a == null || b == null) {
        return null;
      }
      try {
        return Math.multiplyExact(a, b);
      } catch (ArithmeticException e) {
        throw SqlValueException.overflow(a + " * " + b, "BIGINT");
      }
    }

    /** The result for DECIMAL(precision, scale). */
    public BigDecimal eval(BigDecimal a, BigDecimal b, Integer precision, Integer scale) {
      return a == null || b == null ? null : fit(a.multiply(b), precision, scale, a, " * ", b);
    }
  }

  /** The quotient; by zero there is none. */
  public static final class Divide extends Binary {

    /** The quotient of TINYINT, without its fraction. */
    public Byte eval(Byte a, Byte b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        throw SqlValueException.divisionByZero(a);
      }
      if (b == -1 && a == Byte.MIN_VALUE) {
        throw SqlValueException.overflow(a + " / -1", "TINYINT");
      }
      return (byte) (a / b);
    }

    /** The quotient of SMALLINT, without its fraction. */
    public Short eval(Short a, Short b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        throw SqlValueException.divisionByZero(a);
      }
      if (b == -1 && a == Short.MIN_VALUE) {
        throw SqlValueException.overflow(a + " / -1", "SMALLINT");
      }
      return (short) (a / b);
    }

    /** The quotient of INT, without its fraction. */
    public Integer eval(Integer a, Integer b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        throw SqlValueException.divisionByZero(a);
      }
      if (b == -1 && a == Integer.MIN_VALUE) {
        throw SqlValueException.overflow(a + " / -1", "INT");
      }
      return a / b;
    }

    /** The quotient of BIGINT, without its fraction. */
    public Long eval(Long a, Long b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        throw SqlValueException.divisionByZero(a);
      }
      if (b == -1 && a == Long.MIN_VALUE) {
        throw SqlValueException.overflow(a + " / -1", "BIGINT");
      }
      return a / b;
    }

    /** The quotient as DECIMAL(precision, scale). */
    public BigDecimal eval(BigDecimal a, BigDecimal b, Integer precision, Integer scale) {
      if (a == null || b == null) {
        return null;
      }
      if (b.signum() == 0) {
        throw SqlValueException.divisionByZero(a.toPlainString());
      }
      return fit(a.divide(b, QUOTIENT), precision, scale, a, " / ", b);
    }
  }

  /** The quotient, or NULL where there is none. */
  public static final class DivideOrNull extends Binary {

    /** The quotient of TINYINT, without its fraction. */
    public Byte eval(Byte a, Byte b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        return null;
      }
      if (b == -1 && a == Byte.MIN_VALUE) {
        return null;
      }
      return (byte) (a / b);
    }

    /** The quotient of SMALLINT, without its fraction. */
    public Short eval(Short a, Short b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        return null;
      }
      if (b == -1 && a == Short.MIN_VALUE) {
        return null;
      }
      return (short) (a / b);
    }

    /** The quotient of INT, without its fraction. */
    public Integer eval(Integer a, Integer b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        return null;
      }
      if (b == -1 && a == Integer.MIN_VALUE) {
        return null;
      }
      return a / b;
    }

    /** The quotient of BIGINT, without its fraction. */
    public Long eval(Long a, Long b) {
      if (a == null || b == null) {
        return null;
      }
      if (b == 0) {
        return null;
      }
      if (b == -1 && a == Long.MIN_VALUE) {
        return null;
      }
      return a / b;
    }

    /** The quotient as DECIMAL(precision, scale). */
    public BigDecimal eval(BigDecimal a, BigDecimal b, Integer precision, Integer scale) {
      if (a == null || b == null) {
        return null;
      }
      if (b.signum() == 0) {
        return null;
      }
      return fit(a.divide(b, QUOTIENT), precision, scale, a, " / ", b);
    }

    /** The quotient of DOUBLE; NULL instead of what is no number. */
    public Double eval(Double a, Double b) {
      if (a == null || b == null) {
        return null;
      }
      double result = a / b;
      return Double.isFinite(result) ? result : null;
    }

    /** The quotient of REAL; NULL instead of what is no number. */
    public Float eval(Float a, Float b) {
      if (a == null || b == null) {
        return null;
      }
      float result = a / b;
      return Float.isFinite(result) ? result : null;
    }
  }

  /** One operand, whose type the result has. */
  public abstract static class Unary extends Checked {
    @Override
    final DataType result(CallContext call) {
      return call.getArgumentDataTypes().get(0);
    }
  }

  /** The number with the other sign. */
  public static final class Negate extends Unary {

    /** The result for TINYINT. */
    public Byte eval(Byte a) {
      if (a == null) {
        return null;
      }
      if (a == Byte.MIN_VALUE) {
        throw SqlValueException.overflow("-(" + a + ")", "TINYINT");
      }
      return (byte) -a;
    }

    /** The result for SMALLINT. */
    public Short eval(Short a) {
      if (a == null) {
        return null;
      }
      if (a == Short.MIN_VALUE) {
        throw SqlValueException.overflow("-(" + a + ")", "SMALLINT");
      }
      return (short) -a;
    }

    /** The result for INT. */
    public Integer eval(Integer a) {
      if (a == null) {
        return null;
      }
      if (a == Integer.MIN_VALUE) {
        throw SqlValueException.overflow("-(" + a + ")", "INT");
      }
      return -a;
    }

    /** The result for BIGINT. */
    public Long eval(Long a) {
      if (a == null) {
        return null;
      }
      if (a == Long.MIN_VALUE) {
        throw SqlValueException.overflow("-(" + a + ")", "BIGINT");
      }
      return -a;
    }
  }

  /** The number without its sign. */
  public static final class Absolute extends Unary {

    /** The result for TINYINT. */
    public Byte eval(Byte a) {
      if (a == null) {
        return null;
      }
      if (a == Byte.MIN_VALUE) {
        throw SqlValueException.overflow("ABS(" + a + ")", "TINYINT");
      }
      return (byte) Math.abs(a);
    }

    /** The result for SMALLINT. */
    public Short eval(Short a) {
      if (a == null) {
        return null;
      }
      if (a == Short.MIN_VALUE) {
        throw SqlValueException.overflow("ABS(" + a + ")", "SMALLINT");
      }
      return (short) Math.abs(a);
    }

    /** The result for INT. */
    public Integer eval(Integer a) {
      if (a == null) {
        return null;
      }
      if (a == Integer.MIN_VALUE) {
        throw SqlValueException.overflow("ABS(" + a + ")", "INT");
      }
      return Math.abs(a);
    }

    /** The result for BIGINT. */
    public Long eval(Long a) {
      if (a == null) {
        return null;
      }
      if (a == Long.MIN_VALUE) {
        throw SqlValueException.overflow("ABS(" + a + ")", "BIGINT");
      }
      return Math.abs(a);
    }
  }
}
