package io.weirkeeper.compiler.query;

import java.math.RoundingMode;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeSystemImpl;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;

/**
 * Limits and derived types of the dialect (spec: sql.md §2.1). Precision and scale of DECIMAL
 * arithmetic, which the dialect leaves open, are those that Flink computes with.
 */
final class DialectTypes extends RelDataTypeSystemImpl {

  static final int MAX_DECIMAL = 38;
  static final int TIMESTAMP_PRECISION = 6;
  static final int TIME_PRECISION = 9;

  /** Digits after the point that Flink keeps when a result needs more than 38 digits. */
  private static final int MIN_KEPT_SCALE = 6;

  @Override
  public int getMaxPrecision(SqlTypeName type) {
    return switch (type) {
      case DECIMAL -> MAX_DECIMAL;
      case TIME -> TIME_PRECISION;
      case TIMESTAMP -> TIMESTAMP_PRECISION;
      case CHAR, VARCHAR, BINARY, VARBINARY -> Integer.MAX_VALUE;
      default -> super.getMaxPrecision(type);
    };
  }

  @Override
  public int getMaxScale(SqlTypeName type) {
    return type == SqlTypeName.DECIMAL ? MAX_DECIMAL : super.getMaxScale(type);
  }

  @Override
  public int getDefaultPrecision(SqlTypeName type) {
    return switch (type) {
      case DECIMAL -> MAX_DECIMAL;
      case TIME -> TIME_PRECISION;
      case TIMESTAMP -> TIMESTAMP_PRECISION;
      case VARCHAR, VARBINARY -> RelDataType.PRECISION_NOT_SPECIFIED;
      default -> super.getDefaultPrecision(type);
    };
  }

  @Override
  public RoundingMode roundingMode() {
    return RoundingMode.DOWN;
  }

  @Override
  public boolean shouldConvertRaggedUnionTypesToVarying() {
    return true;
  }

  @Override
  public RelDataType deriveSumType(RelDataTypeFactory factory, RelDataType argument) {
    return argument;
  }

  @Override
  public RelDataType deriveAvgAggType(RelDataTypeFactory factory, RelDataType argument) {
    return argument;
  }

  @Override
  public RelDataType deriveDecimalPlusType(
      RelDataTypeFactory factory, RelDataType left, RelDataType right) {
    if (!bothExactWithDecimal(left, right)) {
      return null;
    }
    RelDataType a = decimal(factory, left);
    RelDataType b = decimal(factory, right);
    int scale = Math.max(a.getScale(), b.getScale());
    int whole = Math.max(a.getPrecision() - a.getScale(), b.getPrecision() - b.getScale());
    return fit(factory, whole + scale + 1, scale);
  }

  @Override
  public RelDataType deriveDecimalMultiplyType(
      RelDataTypeFactory factory, RelDataType left, RelDataType right) {
    if (!bothExactWithDecimal(left, right)) {
      return null;
    }
    RelDataType a = decimal(factory, left);
    RelDataType b = decimal(factory, right);
    return fit(factory, a.getPrecision() + b.getPrecision() + 1, a.getScale() + b.getScale());
  }

  @Override
  public RelDataType deriveDecimalDivideType(
      RelDataTypeFactory factory, RelDataType left, RelDataType right) {
    if (!bothExactWithDecimal(left, right)) {
      return null;
    }
    RelDataType a = decimal(factory, left);
    RelDataType b = decimal(factory, right);
    int scale = Math.max(MIN_KEPT_SCALE, a.getScale() + b.getPrecision() + 1);
    int precision = a.getPrecision() - a.getScale() + b.getScale() + scale;
    return fit(factory, precision, scale);
  }

  @Override
  public RelDataType deriveDecimalModType(
      RelDataTypeFactory factory, RelDataType left, RelDataType right) {
    if (!bothExactWithDecimal(left, right)) {
      return null;
    }
    RelDataType a = decimal(factory, left);
    RelDataType b = decimal(factory, right);
    int scale = Math.max(a.getScale(), b.getScale());
    int whole = Math.min(a.getPrecision() - a.getScale(), b.getPrecision() - b.getScale());
    return fit(factory, whole + scale, scale);
  }

  private static boolean bothExactWithDecimal(RelDataType left, RelDataType right) {
    return SqlTypeUtil.isExactNumeric(left)
        && SqlTypeUtil.isExactNumeric(right)
        && (SqlTypeUtil.isDecimal(left) || SqlTypeUtil.isDecimal(right));
  }

  private static RelDataType decimal(RelDataTypeFactory factory, RelDataType type) {
    return SqlTypeUtil.isDecimal(type) ? type : factory.decimalOf(type);
  }

  private static RelDataType fit(RelDataTypeFactory factory, int precision, int scale) {
    if (precision <= MAX_DECIMAL) {
      return factory.createSqlType(SqlTypeName.DECIMAL, Math.max(1, precision), scale);
    }
    int whole = precision - scale;
    int kept = Math.max(MAX_DECIMAL - whole, Math.min(scale, MIN_KEPT_SCALE));
    return factory.createSqlType(SqlTypeName.DECIMAL, MAX_DECIMAL, kept);
  }
}
