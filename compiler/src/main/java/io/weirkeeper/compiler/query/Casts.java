package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.plan.SourcePosition;
import java.util.Locale;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.type.SqlTypeName;

/**
 * Casts with the dialect's rules (spec: sql.md §2.3) on Flink, which lets integers wrap, turns
 * decimals that don't fit into NULL, rounds where the dialect truncates and reads more texts than
 * the dialect does. A cast that can fail is a call of the engine's own functions.
 */
final class Casts {

  /** Digits of a BIGINT. */
  private static final int BIGINT_DIGITS = 19;

  /**
   * An expression of another type.
   *
   * @param text the operand in Flink SQL
   * @param operand the same as parsed
   * @param safe whether a value that can't be converted becomes NULL
   * @throws SqlProblem when the dialect or this compiler has no such cast
   */
  String cast(
      String text,
      SqlNode operand,
      RelDataType from,
      RelDataType to,
      boolean safe,
      SourcePosition where) {
    SqlTypeName source = from.getSqlTypeName();
    SqlTypeName target = to.getSqlTypeName();
    if (source == SqlTypeName.NULL) {
      return plain(text, to, false);
    }
    boolean fromString = SqlTypeName.CHAR_TYPES.contains(source);
    boolean fromInteger = SqlTypeName.INT_TYPES.contains(source);
    boolean fromFloat = source == SqlTypeName.REAL || source == SqlTypeName.DOUBLE;
    boolean fromNumber = fromInteger || fromFloat || source == SqlTypeName.DECIMAL;
    switch (target) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> {
        if (fromInteger && digits(source) <= digits(target)
            || source == SqlTypeName.DECIMAL
                && from.getPrecision() - from.getScale() < digits(target)) {
          return plain(text, to, false);
        }
        if (fromString || fromNumber) {
          return toInteger(text, to, safe);
        }
      }
      case DECIMAL -> {
        if (fromInteger && digits(source) <= to.getPrecision() - to.getScale()) {
          return plain(text, to, false);
        }
        if (source == SqlTypeName.DECIMAL
            && from.getScale() <= to.getScale()
            && from.getPrecision() - from.getScale() <= to.getPrecision() - to.getScale()) {
          return plain(text, to, false);
        }
        if (fromString || fromNumber) {
          return toDecimal(text, to, safe);
        }
      }
      case REAL, DOUBLE -> {
        if (fromString) {
          return checked(target == SqlTypeName.REAL ? "wk_to_real" : "wk_to_double", text, safe);
        }
        if (fromNumber) {
          return plain(text, to, false);
        }
      }
      case BOOLEAN -> {
        if (source == SqlTypeName.BOOLEAN) {
          return text;
        }
        if (fromString) {
          return checked("wk_to_boolean", text, safe);
        }
      }
      case CHAR, VARCHAR -> {
        if (source == SqlTypeName.CHAR
            && target == SqlTypeName.VARCHAR
            && operand instanceof SqlIdentifier) {
          return plain("TRIM(TRAILING FROM " + text + ")", to, false);
        }
        if (fromString
            || fromNumber
            || source == SqlTypeName.BOOLEAN
            || source == SqlTypeName.DATE
            || source == SqlTypeName.TIME) {
          return plain(text, to, false);
        }
        if (source == SqlTypeName.TIMESTAMP) {
          // A literal has fewer digits in Flink than its type has here.
          return plain("CAST(" + text + " AS TIMESTAMP(6))", to, false);
        }
      }
      case BINARY, VARBINARY -> {
        if (fromString || SqlTypeName.BINARY_TYPES.contains(source)) {
          return plain(text, to, false);
        }
      }
      case DATE, TIMESTAMP -> {
        if (fromString) {
          return checked(target == SqlTypeName.DATE ? "wk_to_date" : "wk_to_timestamp", text, safe);
        }
        if (source == SqlTypeName.TIMESTAMP && target == SqlTypeName.DATE) {
          return date(text);
        }
        if (source == SqlTypeName.DATE || source == SqlTypeName.TIMESTAMP) {
          return plain(text, to, false);
        }
      }
      case TIME -> {
        if (fromString) {
          return checked("wk_to_time", text, safe);
        }
        if (source == SqlTypeName.TIME) {
          return plain(text, to, false);
        }
      }
      case ARRAY, MAP -> {
        if (keepsEveryValue(from, to)) {
          return plain(text, to, false);
        }
      }
      case ROW -> {
        if (source == SqlTypeName.ROW && from.getFieldCount() == to.getFieldCount() && !safe) {
          return plain(text, to, false);
        }
      }
      default -> {
        if (SqlTypeName.INTERVAL_TYPES.contains(target) && TypeNames.sameButForNulls(from, to)) {
          return text;
        }
      }
    }
    throw SqlProblem.notSupported(where, "A cast from " + named(source) + " to " + named(target));
  }

  /** Whether a cast can't change or refuse a value, nested ones included. */
  private static boolean keepsEveryValue(RelDataType from, RelDataType to) {
    SqlTypeName source = from.getSqlTypeName();
    SqlTypeName target = to.getSqlTypeName();
    if (TypeNames.sameButForNulls(from, to)) {
      return true;
    }
    if (source == SqlTypeName.ARRAY && target == SqlTypeName.ARRAY) {
      return keepsEveryValue(from.getComponentType(), to.getComponentType());
    }
    if (source == SqlTypeName.MAP && target == SqlTypeName.MAP) {
      return keepsEveryValue(from.getKeyType(), to.getKeyType())
          && keepsEveryValue(from.getValueType(), to.getValueType());
    }
    if (SqlTypeName.CHAR_TYPES.contains(source) && target == SqlTypeName.VARCHAR) {
      return to.getPrecision() < 0
          || from.getPrecision() >= 0 && from.getPrecision() <= to.getPrecision();
    }
    return SqlTypeName.INT_TYPES.contains(source)
        && SqlTypeName.INT_TYPES.contains(target)
        && digits(source) <= digits(target);
  }

  /** The day of a TIMESTAMP; Flink's own cast gives the next day before 1970. */
  static String date(String timestamp) {
    return "CAST(FLOOR(" + timestamp + " TO DAY) AS DATE)";
  }

  private static String named(SqlTypeName type) {
    return SqlTypeName.INTERVAL_TYPES.contains(type) ? "INTERVAL" : type.getName();
  }

  /** An integer, or what can become one, as an integer of a type. */
  static String toInteger(String text, RelDataType to, boolean safe) {
    return checked("wk_to_" + TypeNames.flink(to).toLowerCase(Locale.ROOT), text, safe);
  }

  /** A number or a text as DECIMAL. */
  static String toDecimal(String text, RelDataType to) {
    return toDecimal(text, to, false);
  }

  private static String toDecimal(String text, RelDataType to, boolean safe) {
    return checked("wk_to_decimal", text + ", " + to.getPrecision() + ", " + to.getScale(), safe);
  }

  private static String checked(String function, String arguments, boolean safe) {
    return function + "(" + arguments + ", " + (safe ? "TRUE" : "FALSE") + ")";
  }

  private static String plain(String text, RelDataType to, boolean safe) {
    return (safe ? "TRY_CAST(" : "CAST(") + text + " AS " + TypeNames.flink(to) + ")";
  }

  private static int digits(SqlTypeName type) {
    return switch (type) {
      case TINYINT -> 3;
      case SMALLINT -> 5;
      case INTEGER -> 10;
      case BIGINT -> BIGINT_DIGITS;
      default -> throw new IllegalArgumentException("Not an integer type: " + type);
    };
  }
}
