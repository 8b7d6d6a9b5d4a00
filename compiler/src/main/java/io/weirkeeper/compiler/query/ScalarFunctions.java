package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.SqlProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.calcite.avatica.util.TimeUnit;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlCharStringLiteral;
import org.apache.calcite.sql.SqlIntervalQualifier;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNumericLiteral;
import org.apache.calcite.sql.fun.SqlTrimFunction;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.apache.calcite.util.NlsString;

/** Calls of scalar functions in Flink SQL (spec: sql.md §4.4 to §4.9). */
final class ScalarFunctions {

  private static final Set<TimeUnit> TRUNCATIONS =
      Set.of(
          TimeUnit.MILLENNIUM,
          TimeUnit.CENTURY,
          TimeUnit.DECADE,
          TimeUnit.YEAR,
          TimeUnit.QUARTER,
          TimeUnit.MONTH,
          TimeUnit.DAY,
          TimeUnit.HOUR,
          TimeUnit.MINUTE,
          TimeUnit.SECOND);

  private static final Set<TimeUnit> CALENDAR =
      Set.of(
          TimeUnit.MILLENNIUM,
          TimeUnit.CENTURY,
          TimeUnit.DECADE,
          TimeUnit.YEAR,
          TimeUnit.QUARTER,
          TimeUnit.MONTH,
          TimeUnit.WEEK,
          TimeUnit.DOY,
          TimeUnit.DOW,
          TimeUnit.ISODOW,
          TimeUnit.DAY);

  /** A part of the clock, and the unit that it starts anew with. */
  private static final Map<TimeUnit, TimeUnit> CLOCK =
      Map.of(
          TimeUnit.HOUR, TimeUnit.DAY,
          TimeUnit.MINUTE, TimeUnit.HOUR,
          TimeUnit.SECOND, TimeUnit.MINUTE);

  private static final Set<TimeUnit> STEPS =
      Set.of(
          TimeUnit.SECOND,
          TimeUnit.MINUTE,
          TimeUnit.HOUR,
          TimeUnit.DAY,
          TimeUnit.WEEK,
          TimeUnit.MONTH,
          TimeUnit.QUARTER,
          TimeUnit.YEAR);

  private static final Map<String, TimeUnit> PARTS =
      Map.ofEntries(
          Map.entry("YEAR", TimeUnit.YEAR),
          Map.entry("QUARTER", TimeUnit.QUARTER),
          Map.entry("MONTH", TimeUnit.MONTH),
          Map.entry("WEEK", TimeUnit.WEEK),
          Map.entry("DAYOFYEAR", TimeUnit.DOY),
          Map.entry("DAYOFMONTH", TimeUnit.DAY),
          Map.entry("DAYOFWEEK", TimeUnit.DOW),
          Map.entry("HOUR", TimeUnit.HOUR),
          Map.entry("MINUTE", TimeUnit.MINUTE),
          Map.entry("SECOND", TimeUnit.SECOND));

  /** What Rust's and Java's regular expressions write differently or only one of them has. */
  private static final Pattern DIFFERENT_REGEX =
      Pattern.compile(
          "\\(\\?[=!<>]|\\\\[1-9kGZzpPQEhHvVRXNc]|&&|[*+?}]\\+|\\[\\[|\\(\\?[a-zA-Z-]*[dU]");

  private final FlinkSqlWriter writer;
  private final Casts casts;

  ScalarFunctions(FlinkSqlWriter writer, Casts casts) {
    this.writer = writer;
    this.casts = casts;
  }

  /**
   * Writes a call.
   *
   * @param name in upper case
   * @return whether the function is known here
   */
  boolean write(StringBuilder out, SqlCall call, String name) {
    if (!Functions.translatable(name)) {
      return false;
    }
    if (PARTS.containsKey(name) && call.operandCount() == 1) {
      out.append(extract(call, PARTS.get(name), call.operand(0)));
      return true;
    }
    switch (name) {
      case "FLOOR", "CEIL", "CEILING" -> {
        if (call.operandCount() == 2) {
          out.append(truncated(call, name.equals("FLOOR")));
          return true;
        }
      }
      case "EXTRACT" -> {
        out.append(extract(call, unit(call.operand(0)), call.operand(1)));
        return true;
      }
      case "TIMESTAMPADD", "TIMESTAMPDIFF" -> {
        TimeUnit unit = unit(call.operand(0));
        if (!STEPS.contains(unit)) {
          throw SqlProblem.notSupported(
              Positions.of(call.operand(0)), "'" + name + "' in unit " + unit);
        }
        out.append(name).append('(').append(unit).append(", ");
        out.append(text(call, 1)).append(", ").append(text(call, 2)).append(')');
        return true;
      }
      case "PI" -> {
        out.append("PI()");
        return true;
      }
      case "POSITION" -> {
        if (call.operandCount() != 2) {
          return false;
        }
        out.append("POSITION(").append(text(call, 0)).append(" IN ").append(text(call, 1));
        out.append(')');
        return true;
      }
      case "TRIM" -> {
        trim(out, call);
        return true;
      }
      case "SUBSTR" -> {
        substr(out, call);
        return true;
      }
      case "SUBSTRING" -> {
        out.append(substring(call));
        return true;
      }
      case "OVERLAY" -> {
        overlay(out, call);
        return true;
      }
      case "CONCAT" -> {
        List<String> parts = new ArrayList<>();
        for (SqlNode part : call.getOperandList()) {
          RelDataType type = writer.typeOf(part);
          parts.add(
              SqlTypeUtil.inCharFamily(type)
                  ? writer.text(part)
                  : casts.cast(
                      writer.text(part),
                      part,
                      type,
                      writer.typeOf(call),
                      false,
                      Positions.of(part)));
        }
        out.append("CONCAT(").append(String.join(", ", parts)).append(')');
        return true;
      }
      case "LOG" -> {
        out.append(call.operandCount() == 2 ? "wk_log(" : "wk_ln(");
        out.append(doubles(call)).append(')');
        return true;
      }
      case "ABS" -> {
        if (SqlTypeName.INT_TYPES.contains(writer.typeOf(call.operand(0)).getSqlTypeName())) {
          RelDataType type = writer.typeOf(call);
          out.append("wk_abs(CAST(").append(text(call, 0));
          out.append(" AS ").append(TypeNames.flink(type)).append("))");
          return true;
        }
      }
      case "DIV_NULL" -> {
        RelDataType type = writer.typeOf(call);
        if (SqlTypeName.APPROX_TYPES.contains(type.getSqlTypeName())) {
          String to = " AS " + TypeNames.flink(type) + ")";
          out.append("wk_div_null(CAST(").append(text(call, 0)).append(to);
          out.append(", CAST(").append(text(call, 1)).append(to).append(')');
        } else {
          out.append(writer.checked("wk_div_null", call, type));
        }
        return true;
      }
      case "RLIKE" -> {
        regularExpression(out, call);
        return true;
      }
      case "REGEXP_REPLACE" -> {
        checkPattern(call.operand(1));
        String replacement = "''";
        if (call.operandCount() > 2) {
          if (!(call.operand(2) instanceof SqlCharStringLiteral literal)
              || literal.getValueAs(NlsString.class).getValue().indexOf('$') >= 0) {
            throw SqlProblem.notSupported(
                Positions.of(call.operand(2)), "A replacement that is no literal, or one with '$'");
          }
          replacement = text(call, 2);
        }
        out.append("REGEXP_REPLACE(").append(text(call, 0)).append(", ").append(text(call, 1));
        out.append(", ").append(replacement).append(')');
        return true;
      }
      case "ARRAY_CONTAINS" -> {
        String contains = "ARRAY_CONTAINS(" + text(call, 0) + ", " + text(call, 1) + ")";
        boolean nullable = writer.typeOf(call.operand(1)).isNullable();
        out.append(
            nullable
                ? "(CASE WHEN " + text(call, 1) + " IS NOT NULL THEN " + contains + " END)"
                : contains);
        return true;
      }
      case "ARRAY_POSITION" -> {
        out.append("CAST(ARRAY_POSITION(").append(text(call, 0)).append(", ");
        out.append(text(call, 1)).append(") AS BIGINT)");
        return true;
      }
      case "ARRAY_EXCEPT", "ARRAY_INTERSECT", "ARRAY_UNION", "MAP_KEYS" -> {
        // The dialect says in which order, Flink does not.
        out.append("ARRAY_SORT(").append(name).append('(').append(arguments(call)).append("))");
        return true;
      }
      case "INITCAP",
          "LOWER",
          "UPPER",
          "REVERSE",
          "LEFT",
          "RIGHT",
          "REPEAT",
          "REPLACE",
          "CHAR_LENGTH",
          "CHARACTER_LENGTH" -> {
        for (SqlNode operand : call.getOperandList()) {
          if (SqlTypeName.BINARY_TYPES.contains(writer.typeOf(operand).getSqlTypeName())) {
            throw SqlProblem.notSupported(Positions.of(call), "'" + name + "' of binary data");
          }
        }
      }
      case "MD5" -> {
        if (!SqlTypeUtil.inCharFamily(writer.typeOf(call.operand(0)))) {
          throw SqlProblem.notSupported(Positions.of(call), "'MD5' of anything but a string");
        }
        out.append("CAST(MD5(").append(text(call, 0)).append(") AS STRING)");
        return true;
      }
      default -> {
        // As it is.
      }
    }
    if (Functions.OF_DOUBLE.contains(name)) {
      out.append("wk_").append(name.toLowerCase(Locale.ROOT));
      out.append('(').append(doubles(call)).append(')');
      return true;
    }
    String flink = Functions.flinkName(name);
    if (flink == null) {
      return false;
    }
    out.append(flink).append('(').append(arguments(call)).append(')');
    return true;
  }

  private String text(SqlCall call, int operand) {
    return writer.text(call.operand(operand));
  }

  private String doubles(SqlCall call) {
    return String.join(
        ", ",
        call.getOperandList().stream()
            .map(
                operand ->
                    writer.typeOf(operand).getSqlTypeName() == SqlTypeName.DOUBLE
                        ? writer.text(operand)
                        : "CAST(" + writer.text(operand) + " AS DOUBLE)")
            .toList());
  }

  private String arguments(SqlCall call) {
    return String.join(", ", call.getOperandList().stream().map(writer::text).toList());
  }

  private static TimeUnit unit(SqlNode node) {
    if (node instanceof SqlIntervalQualifier qualifier && qualifier.timeFrameName == null) {
      return qualifier.getStartUnit();
    }
    throw SqlProblem.notSupported(Positions.of(node), "This unit of time");
  }

  private String truncated(SqlCall call, boolean floor) {
    SqlNode moment = call.operand(0);
    TimeUnit unit = unit(call.operand(1));
    SqlTypeName type = writer.typeOf(moment).getSqlTypeName();
    boolean clock = CLOCK.containsKey(unit);
    boolean known =
        TRUNCATIONS.contains(unit)
            && switch (type) {
              case TIMESTAMP ->
                  floor
                      || !Set.of(TimeUnit.DECADE, TimeUnit.CENTURY, TimeUnit.MILLENNIUM)
                          .contains(unit);
              case DATE ->
                  !clock
                      && (floor
                          || unit == TimeUnit.DAY
                          || unit == TimeUnit.MONTH
                          || unit == TimeUnit.QUARTER
                          || unit == TimeUnit.YEAR);
              case TIME -> clock;
              default -> false;
            };
    if (!known) {
      throw SqlProblem.notSupported(
          Positions.of(call),
          (floor ? "Truncating " : "Rounding up ") + type.getName() + " to " + unit);
    }
    if (type == SqlTypeName.DATE && unit == TimeUnit.DAY) {
      return writer.text(moment);
    }
    return (floor ? "FLOOR(" : "CEIL(") + writer.text(moment) + " TO " + unit + ")";
  }

  /** Flink's EXTRACT is wrong for parts of moments before 1970; these forms are not. */
  private String extract(SqlCall call, TimeUnit unit, SqlNode moment) {
    SqlTypeName type = writer.typeOf(moment).getSqlTypeName();
    String text = writer.text(moment);
    if (type == SqlTypeName.TIMESTAMP && CALENDAR.contains(unit)) {
      return "EXTRACT(" + unit + " FROM " + Casts.date(text) + ")";
    }
    if (type == SqlTypeName.TIMESTAMP && CLOCK.containsKey(unit)) {
      return "CAST(TIMESTAMPDIFF("
          + unit
          + ", FLOOR("
          + text
          + " TO "
          + CLOCK.get(unit)
          + "), "
          + text
          + ") AS BIGINT)";
    }
    if (type == SqlTypeName.TIMESTAMP && unit == TimeUnit.EPOCH) {
      return "EXTRACT(EPOCH FROM FLOOR(" + text + " TO SECOND))";
    }
    if (type == SqlTypeName.DATE && (CALENDAR.contains(unit) || unit == TimeUnit.EPOCH)) {
      return "EXTRACT(" + unit + " FROM " + text + ")";
    }
    if (type == SqlTypeName.DATE && CLOCK.containsKey(unit)) {
      return "(CASE WHEN " + text + " IS NOT NULL THEN CAST(0 AS BIGINT) END)";
    }
    if (type == SqlTypeName.TIME && CLOCK.containsKey(unit)) {
      return "EXTRACT(" + unit + " FROM " + text + ")";
    }
    throw SqlProblem.notSupported(
        Positions.of(call), "'EXTRACT' of " + unit + " from " + type.getName());
  }

  private void trim(StringBuilder out, SqlCall call) {
    SqlTrimFunction.Flag flag =
        ((SqlLiteral) call.operand(0)).getValueAs(SqlTrimFunction.Flag.class);
    out.append("TRIM(").append(flag.name()).append(' ');
    out.append(text(call, 1)).append(" FROM ").append(text(call, 2)).append(')');
  }

  /** A negative start counts from the end, as in Flink (spec: sql.md §4.5). */
  private void substr(StringBuilder out, SqlCall call) {
    out.append("SUBSTRING(").append(text(call, 0)).append(" FROM ").append(text(call, 1));
    if (call.operandCount() > 2) {
      out.append(" FOR ").append(notNegative(call.operand(2)));
    }
    out.append(')');
  }

  /** A start before the first character uses up the length (spec: sql.md §4.5). */
  private String substring(SqlCall call) {
    SqlNode start = call.operand(1);
    String source = text(call, 0);
    if (SqlTypeName.BINARY_TYPES.contains(writer.typeOf(call.operand(0)).getSqlTypeName())) {
      throw SqlProblem.notSupported(Positions.of(call), "'SUBSTRING' of binary data");
    }
    boolean plainStart =
        start instanceof SqlNumericLiteral literal && literal.bigDecimalValue().signum() > 0;
    String from = writer.text(start);
    if (call.operandCount() == 2) {
      return "SUBSTRING("
          + source
          + " FROM "
          + (plainStart ? from : "GREATEST(" + from + ", 1)")
          + ")";
    }
    String plain =
        "SUBSTRING(" + source + " FROM " + from + " FOR " + notNegative(call.operand(2)) + ")";
    if (plainStart) {
      return plain;
    }
    return "(CASE WHEN "
        + from
        + " >= 1 THEN "
        + plain
        + " ELSE SUBSTRING("
        + source
        + " FROM 1 FOR GREATEST("
        + text(call, 2)
        + " + "
        + from
        + " - 1, 0)) END)";
  }

  private String notNegative(SqlNode length) {
    String text = writer.text(length);
    return length instanceof SqlNumericLiteral literal && literal.bigDecimalValue().signum() >= 0
        ? text
        : "GREATEST(" + text + ", 0)";
  }

  private void overlay(StringBuilder out, SqlCall call) {
    String s = text(call, 0);
    String r = text(call, 1);
    String p = text(call, 2);
    String n = call.operandCount() > 3 ? notNegative(call.operand(3)) : "CHAR_LENGTH(" + r + ")";
    if (!SqlTypeUtil.inCharFamily(writer.typeOf(call.operand(0)))) {
      throw SqlProblem.notSupported(Positions.of(call), "'OVERLAY' of binary data");
    }
    out.append("(CASE WHEN ").append(r).append(" IS NULL OR ").append(p).append(" <= 0 THEN ");
    out.append("CASE WHEN ").append(r).append(" IS NOT NULL THEN ").append(s).append(" END WHEN ");
    out.append(p).append(" > CHAR_LENGTH(").append(s).append(") THEN ");
    out.append(s).append(" || ").append(r).append(" ELSE SUBSTRING(").append(s);
    out.append(" FROM 1 FOR ").append(p).append(" - 1) || ").append(r).append(" || SUBSTRING(");
    out.append(s).append(" FROM ").append(p).append(" + ").append(n).append(") END)");
  }

  /** {@code RLIKE} and its negation. */
  void regularExpression(StringBuilder out, SqlCall call) {
    checkPattern(call.operand(1));
    boolean negated = call.getOperator().getName().startsWith("NOT");
    out.append(negated ? "(NOT " : "").append("REGEXP(");
    out.append(text(call, 0)).append(", ").append(text(call, 1)).append(')');
    out.append(negated ? ")" : "");
  }

  /** Only what both languages read the same way, and only if it is known now. */
  private static void checkPattern(SqlNode node) {
    if (!(node instanceof SqlCharStringLiteral literal)) {
      throw SqlProblem.notSupported(Positions.of(node), "A regular expression that is no literal");
    }
    String pattern = literal.getValueAs(NlsString.class).getValue();
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw SqlProblem.compilation(
          Positions.of(node), "The regular expression can't be read: " + e.getDescription());
    }
    if (pattern.isEmpty() || DIFFERENT_REGEX.matcher(pattern).find()) {
      throw SqlProblem.notSupported(
          Positions.of(node),
          "A regular expression that is empty or has look-around, back-references, possessive"
              + " quantifiers or character classes in character classes");
    }
  }
}
