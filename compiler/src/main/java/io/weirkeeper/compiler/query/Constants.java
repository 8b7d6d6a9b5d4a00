package io.weirkeeper.compiler.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.plan.SourcePosition;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.calcite.DataContexts;
import org.apache.calcite.avatica.util.ByteString;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.volcano.VolcanoPlanner;
import org.apache.calcite.prepare.CalciteCatalogReader;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexExecutorImpl;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql2rel.SqlToRelConverter;
import org.apache.calcite.sql2rel.StandardConvertletTable;
import org.apache.calcite.util.DateString;
import org.apache.calcite.util.TimeString;
import org.apache.calcite.util.TimestampString;

/** Computes constant expressions at compile time. */
final class Constants {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Constants() {}

  /**
   * The value of a constant expression for a column.
   *
   * @return in the default JSON encoding (spec: pipeline-protocol §4.1)
   * @throws SqlProblem if the expression is not constant, or no value of the column
   */
  static JsonNode value(
      SqlValidator validator,
      CalciteCatalogReader reader,
      SqlNode expression,
      RelDataType column,
      SourcePosition where) {
    SqlNode valid = validator.validateParameterizedExpression(expression, Map.of());
    RexBuilder builder = new RexBuilder(reader.getTypeFactory());
    SqlToRelConverter converter =
        new SqlToRelConverter(
            null,
            validator,
            reader,
            RelOptCluster.create(new VolcanoPlanner(), builder),
            StandardConvertletTable.INSTANCE,
            SqlToRelConverter.config());
    RexNode rex = converter.convertExpression(valid);
    if (rex.getType().getSqlTypeName() == SqlTypeName.NULL || RexUtil.isNullLiteral(rex, true)) {
      if (!column.isNullable()) {
        throw SqlProblem.compilation(where, "The column is NOT NULL, its DEFAULT is NULL");
      }
      return JSON.nullNode();
    }
    if (!RexUtil.isConstant(rex) || !RexUtil.isDeterministic(rex)) {
      throw SqlProblem.compilation(where, "DEFAULT must be a constant expression");
    }
    if (!SqlTypeUtil.canCastFrom(column, rex.getType(), true) || !SqlTypeUtil.isAtomic(column)) {
      throw SqlProblem.notSupported(
          where, "A DEFAULT of type " + rex.getType() + " for a column of type " + column);
    }
    RelDataType notNull = reader.getTypeFactory().createTypeWithNullability(column, false);
    RexNode cast = builder.makeCast(notNull, rex, true, false);
    RexNode reduced = withoutCast(cast instanceof RexLiteral ? cast : reduce(builder, cast, where));
    if (!(reduced instanceof RexLiteral literal)) {
      throw SqlProblem.compilation(
          where, "The DEFAULT can't be computed, or it is no value of type " + column);
    }
    if (literal.isNull()) {
      if (!column.isNullable()) {
        throw SqlProblem.compilation(where, "The column is NOT NULL, its DEFAULT is NULL");
      }
      return JSON.nullNode();
    }
    return json(literal, column, where);
  }

  /** The literal inside a cast that only changes what a type says of NULL. */
  private static RexNode withoutCast(RexNode node) {
    return node instanceof RexCall call
            && call.isA(SqlKind.CAST)
            && call.getOperands().get(0) instanceof RexLiteral literal
            && TypeNames.sameButForNulls(call.getType(), literal.getType())
        ? literal
        : node;
  }

  private static RexNode reduce(RexBuilder builder, RexNode rex, SourcePosition where) {
    List<RexNode> reduced = new ArrayList<>();
    try {
      new RexExecutorImpl(DataContexts.EMPTY).reduce(builder, List.of(rex), reduced);
    } catch (RuntimeException e) {
      throw SqlProblem.compilation(
          where, "The DEFAULT can't be computed; write a literal of the column's type");
    }
    return reduced.get(0);
  }

  private static JsonNode json(RexLiteral literal, RelDataType column, SourcePosition where) {
    return switch (column.getSqlTypeName()) {
      case BOOLEAN -> JSON.booleanNode(Boolean.TRUE.equals(literal.getValueAs(Boolean.class)));
      case TINYINT, SMALLINT, INTEGER, BIGINT -> integer(literal, column, where);
      case DECIMAL -> JSON.numberNode(decimal(literal, column, where));
      case REAL -> JSON.numberNode(literal.getValueAs(BigDecimal.class).floatValue());
      case DOUBLE -> JSON.numberNode(literal.getValueAs(BigDecimal.class).doubleValue());
      case CHAR -> {
        String text = literal.getValueAs(String.class);
        int length = column.getPrecision();
        String padded = text + " ".repeat(Math.max(0, length - text.length()));
        yield JSON.textNode(padded.substring(0, length));
      }
      case VARCHAR -> {
        String text = literal.getValueAs(String.class);
        int length = column.getPrecision();
        yield JSON.textNode(
            length > 0 && text.length() > length ? text.substring(0, length) : text);
      }
      case DATE -> JSON.textNode(literal.getValueAs(DateString.class).toString());
      case TIME -> JSON.textNode(literal.getValueAs(TimeString.class).toString());
      case TIMESTAMP -> JSON.textNode(literal.getValueAs(TimestampString.class).toString());
      case BINARY, VARBINARY -> {
        ArrayNode bytes = JSON.arrayNode();
        for (byte b : literal.getValueAs(ByteString.class).getBytes()) {
          bytes.add(b & 0xff);
        }
        yield bytes;
      }
      default ->
          throw SqlProblem.notSupported(
              where, "A DEFAULT for a column of type " + column.getSqlTypeName().getName());
    };
  }

  private static JsonNode integer(RexLiteral literal, RelDataType column, SourcePosition where) {
    long value = literal.getValueAs(BigDecimal.class).longValue();
    boolean fits =
        switch (column.getSqlTypeName()) {
          case TINYINT -> value == (byte) value;
          case SMALLINT -> value == (short) value;
          case INTEGER -> value == (int) value;
          default -> literal.getValueAs(BigDecimal.class).toBigInteger().bitLength() < Long.SIZE;
        };
    if (!fits) {
      throw SqlProblem.compilation(where, "The DEFAULT is out of range of type " + column);
    }
    return JSON.numberNode(value);
  }

  private static BigDecimal decimal(RexLiteral literal, RelDataType column, SourcePosition where) {
    BigDecimal value =
        literal
            .getValueAs(BigDecimal.class)
            .setScale(column.getScale(), java.math.RoundingMode.DOWN);
    if (value.precision() - value.scale() > column.getPrecision() - column.getScale()) {
      throw SqlProblem.compilation(where, "The DEFAULT is out of range of type " + column);
    }
    return value;
  }
}
