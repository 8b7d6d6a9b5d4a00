package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.plan.SourcePosition;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.type.SqlTypeName;

/**
 * Casts with the dialect's rules (spec: sql.md §2.3) on Flink, which lets integers wrap, turns
 * decimals that don't fit into NULL and rounds where the dialect truncates. A value that does not
 * fit fails at run time: Flink has no function for that, so a text that is no number is cast.
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
        if (fromString) {
          return plain(text, to, safe);
        }
        if (fromInteger) {
          return digits(source) <= digits(target)
              ? plain(text, to, false)
              : narrowInteger(text, to, safe);
        }
        if (source == SqlTypeName.DECIMAL) {
          return from.getPrecision() - from.getScale() < digits(target)
              ? plain(text, to, false)
              : guarded(
                  text,
                  "TRUNCATE(" + text + ", 0) BETWEEN " + bounds(target),
                  plain(text, to, false),
                  to,
                  safe);
        }
        if (fromFloat) {
          String inRange =
              target == SqlTypeName.BIGINT
                  ? text + " >= -9.223372036854775808E18 AND " + text + " < 9.223372036854775808E18"
                  : text
                      + " > "
                      + (minimum(target) - 1)
                      + "E0 AND "
                      + text
                      + " < "
                      + (maximum(target) + 1)
                      + "E0";
          return guarded(text, inRange, plain(text, to, false), to, safe);
        }
      }
      case DECIMAL -> {
        if (fromString) {
          return safe
              ? plain(text, to, true)
              : guarded(
                  text,
                  "TRY_CAST(" + text + " AS " + TypeNames.flink(to) + ") IS NOT NULL",
                  plain(text, to, false),
                  to,
                  false);
        }
        if (fromInteger) {
          return digits(source) <= to.getPrecision() - to.getScale()
              ? plain(text, to, false)
              : guarded(text, fits(text, to), plain(text, to, false), to, safe);
        }
        if (source == SqlTypeName.DECIMAL) {
          return toDecimal(text, from.getPrecision(), from.getScale(), to, safe);
        }
        if (fromFloat) {
          String limit = "1E" + (to.getPrecision() - to.getScale());
          return guarded(
              text,
              text + " > -" + limit + " AND " + text + " < " + limit,
              plain(text, to, false),
              to,
              safe);
        }
      }
      case REAL, DOUBLE -> {
        if (fromString || fromNumber) {
          return plain(text, to, safe && fromString);
        }
      }
      case BOOLEAN -> {
        if (source == SqlTypeName.BOOLEAN) {
          return text;
        }
        if (fromString) {
          return "(CASE LOWER(TRIM("
              + text
              + ")) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE ELSE "
              + (safe
                  ? "CAST(NULL AS BOOLEAN)"
                  : "CAST(CASE WHEN "
                      + text
                      + " IS NULL THEN CAST(NULL AS STRING) ELSE 'not a BOOLEAN' END AS BOOLEAN)")
              + " END)";
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
          return plain(text, to, safe);
        }
        if (source == SqlTypeName.TIMESTAMP && target == SqlTypeName.DATE) {
          return date(text);
        }
        if (source == SqlTypeName.DATE || source == SqlTypeName.TIMESTAMP) {
          return plain(text, to, false);
        }
      }
      case TIME -> {
        if (fromString || source == SqlTypeName.TIME) {
          return plain(text, to, safe && fromString);
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

  /** An integer as a narrower one. */
  String narrowInteger(String text, RelDataType to, boolean safe) {
    return guarded(
        text, text + " BETWEEN " + bounds(to.getSqlTypeName()), plain(text, to, false), to, safe);
  }

  /** A DECIMAL of a precision and unknown scale as another one. */
  String toDecimal(String text, int precision, RelDataType to, boolean safe) {
    return toDecimal(text, precision, DialectTypes.MAX_DECIMAL, to, safe);
  }

  private String toDecimal(String text, int precision, int scale, RelDataType to, boolean safe) {
    int whole = to.getPrecision() - to.getScale();
    String truncated =
        scale > to.getScale() ? "TRUNCATE(" + text + ", " + to.getScale() + ")" : text;
    String cast = plain(truncated, to, false);
    boolean mayOverflow =
        to.getPrecision() < DialectTypes.MAX_DECIMAL
            && (scale == DialectTypes.MAX_DECIMAL || precision - scale > whole);
    return mayOverflow ? guarded(text, fits(text, to), cast, to, safe) : cast;
  }

  private static String fits(String text, RelDataType to) {
    int whole = to.getPrecision() - to.getScale();
    if (whole >= BIGINT_DIGITS) {
      String limit = "CAST('1" + "0".repeat(Math.min(whole, 37)) + "' AS DECIMAL(38, 0))";
      return text + " > - " + limit + " AND " + text + " < " + limit;
    }
    String limit = "1" + "0".repeat(whole);
    return text + " > -" + limit + " AND " + text + " < " + limit;
  }

  private static String plain(String text, RelDataType to, boolean safe) {
    return (safe ? "TRY_CAST(" : "CAST(") + text + " AS " + TypeNames.flink(to) + ")";
  }

  /** The cast when the condition holds; else NULL or a failure that says what did not fit. */
  private static String guarded(
      String text, String condition, String cast, RelDataType to, boolean safe) {
    String type = TypeNames.flink(to);
    if (safe) {
      return "(CASE WHEN " + condition + " THEN " + cast + " END)";
    }
    return "(CASE WHEN "
        + text
        + " IS NULL OR ("
        + condition
        + ") THEN "
        + cast
        + " ELSE CAST(CAST("
        + FlinkSqlWriter.literal("value out of range of " + type + ": ")
        + " || CAST("
        + text
        + " AS STRING) AS INT) AS "
        + type
        + ") END)";
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

  private static String bounds(SqlTypeName type) {
    // The smallest BIGINT is no literal for Flink's parser.
    return type == SqlTypeName.BIGINT
        ? "(-9223372036854775807 - 1) AND 9223372036854775807"
        : minimum(type) + " AND " + maximum(type);
  }

  private static long minimum(SqlTypeName type) {
    return -maximum(type) - 1;
  }

  private static long maximum(SqlTypeName type) {
    return switch (type) {
      case TINYINT -> Byte.MAX_VALUE;
      case SMALLINT -> Short.MAX_VALUE;
      case INTEGER -> Integer.MAX_VALUE;
      case BIGINT -> Long.MAX_VALUE;
      default -> throw new IllegalArgumentException("Not an integer type: " + type);
    };
  }
}
