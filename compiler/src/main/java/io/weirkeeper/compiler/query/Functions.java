package io.weirkeeper.compiler.query;

import static org.apache.calcite.sql.type.OperandTypes.family;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.calcite.sql.SqlBasicFunction;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlFunctionCategory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlOperatorTable;
import org.apache.calcite.sql.SqlSyntax;
import org.apache.calcite.sql.fun.SqlLibraryOperators;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.OperandTypes;
import org.apache.calcite.sql.type.ReturnTypes;
import org.apache.calcite.sql.type.SqlTypeFamily;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.validate.SqlNameMatcher;

/**
 * The functions of the dialect (spec: sql.md §4): which there are, and under which name and form
 * Flink has those that mean the same. A function is here only if its results were compared.
 */
final class Functions {

  /** Functions with the same name, argument order and meaning in Flink. */
  private static final Set<String> DIRECT =
      Set.of(
          "ABS",
          "ACOS",
          "ARRAY_APPEND",
          "ARRAY_CONCAT",
          "ARRAY_DISTINCT",
          "ARRAY_MAX",
          "ARRAY_MIN",
          "ARRAY_PREPEND",
          "ARRAY_REMOVE",
          "ARRAY_REVERSE",
          "ASIN",
          "ATAN",
          "ATAN2",
          "CARDINALITY",
          "COALESCE",
          "CONCAT_WS",
          "COS",
          "COSH",
          "COT",
          "DEGREES",
          "ELEMENT",
          "EXP",
          "GREATEST",
          "INITCAP",
          "LEAST",
          "LEFT",
          "LOWER",
          "MD5",
          "NULLIF",
          "POWER",
          "RADIANS",
          "REPEAT",
          "REPLACE",
          "REVERSE",
          "RIGHT",
          "SIGN",
          "SIN",
          "SINH",
          "TAN",
          "TANH",
          "UPPER");

  /** Functions of one DOUBLE that the engine has itself. */
  static final Set<String> OF_DOUBLE =
      Set.of(
          "ACOSH",
          "ASINH",
          "ATANH",
          "CBRT",
          "COTH",
          "CSC",
          "CSCH",
          "FINITE_OR_NULL",
          "LN",
          "LOG10",
          "SEC",
          "SECH",
          "SQRT");

  /** Functions that Flink has under another name. */
  private static final Map<String, String> RENAMED =
      Map.ofEntries(
          Map.entry("ARRAY_LENGTH", "CARDINALITY"),
          Map.entry("ARRAY_SIZE", "CARDINALITY"),
          Map.entry("ARRAY_JOIN", "ARRAY_JOIN"),
          Map.entry("ARRAY_TO_STRING", "ARRAY_JOIN"),
          Map.entry("CHAR_LENGTH", "CHAR_LENGTH"),
          Map.entry("CHARACTER_LENGTH", "CHAR_LENGTH"),
          Map.entry("TRUNC", "TRUNCATE"),
          Map.entry("TRUNCATE", "TRUNCATE"),
          Map.entry("ROUND", "ROUND"),
          Map.entry("CEIL", "CEIL"),
          Map.entry("CEILING", "CEIL"),
          Map.entry("FLOOR", "FLOOR"),
          Map.entry("MOD", "MOD"),
          Map.entry("SORT_ARRAY", "ARRAY_SORT"));

  /** Functions that {@link FlinkSqlWriter} writes in a form of their own. */
  private static final Set<String> WRITTEN =
      Set.of(
          "ARRAY_CONTAINS",
          "ARRAY_EXCEPT",
          "ARRAY_INTERSECT",
          "ARRAY_POSITION",
          "ARRAY_UNION",
          "CONCAT",
          "DATEDIFF",
          "DATE_TRUNC",
          "DAYOFMONTH",
          "DAYOFWEEK",
          "DIV_NULL",
          "DAYOFYEAR",
          "EXTRACT",
          "HOUR",
          "LOG",
          "MAP_KEYS",
          "MINUTE",
          "MONTH",
          "OVERLAY",
          "PI",
          "POSITION",
          "QUARTER",
          "REGEXP_REPLACE",
          "RLIKE",
          "SECOND",
          "SUBSTR",
          "SUBSTRING",
          "TIMESTAMPADD",
          "TIMESTAMPDIFF",
          "TIMESTAMP_TRUNC",
          "TIME_TRUNC",
          "TRIM",
          "WEEK",
          "YEAR",
          "CAST",
          "SAFE_CAST",
          "TRY_CAST",
          "ROW",
          "ARRAY",
          "MAP");

  /** Aggregate and window functions; their calls are written by {@link FlinkSqlWriter}. */
  static final Set<String> AGGREGATES =
      Set.of(
          "COUNT",
          "SUM",
          "AVG",
          "MIN",
          "MAX",
          "STDDEV",
          "STDDEV_POP",
          "STDDEV_SAMP",
          "VARIANCE",
          "VAR_POP",
          "VAR_SAMP",
          "GROUPING",
          "GROUPING_ID");

  /** Window functions; those of {@link #AGGREGATES} that can stand over a window come on top. */
  static final Set<String> WINDOW = Set.of("ROW_NUMBER", "FIRST_VALUE");

  /** Functions that the dialect has and this compiler has not. */
  private static final Set<String> MISSING =
      Set.of(
          "ARG_MAX",
          "ARG_MIN",
          "ARRAY_AGG",
          "ARRAYS_OVERLAP",
          "ARRAY_COMPACT",
          "ARRAY_EXISTS",
          "ARRAY_INSERT",
          "ARRAY_REPEAT",
          "ASCII",
          "BIN2UTF8",
          "BIT_AND",
          "BIT_OR",
          "BIT_XOR",
          "BROUND",
          "CHR",
          "CONNECTOR_METADATA",
          "CONVERT_TIMEZONE",
          "COVAR_POP",
          "COVAR_SAMP",
          "CURRENT_DATE",
          "CURRENT_TIME",
          "CURRENT_TIMESTAMP",
          "CUME_DIST",
          "DATE_ADD",
          "DATE_PART",
          "DATE_SUB",
          "DENSE_RANK",
          "FORMAT_DATE",
          "FORMAT_TIME",
          "FORMAT_TIMESTAMP",
          "GREATEST_IGNORE_NULLS",
          "GUNZIP",
          "HOP",
          "INITCAP_SPACES",
          "IS_INF",
          "IS_NAN",
          "JSON_EACH_BIGINT",
          "JSON_EACH_BOOLEAN",
          "JSON_EACH_DATE",
          "JSON_EACH_STRING",
          "JSON_EACH_TIME",
          "JSON_EACH_TIMESTAMP",
          "JSON_KEYS",
          "JSON_OBJECT_KEYS",
          "LAG",
          "LAST_VALUE",
          "LEAD",
          "LEAST_IGNORE_NULLS",
          "LOCALTIME",
          "LOCALTIMESTAMP",
          "MAKE_DATE",
          "MAKE_TIME",
          "MAKE_TIMESTAMP",
          "MAP_CONCAT",
          "MAP_CONTAINS_KEY",
          "MAP_VALUES",
          "MODE",
          "NOW",
          "NTILE",
          "NTH_VALUE",
          "OCTET_LENGTH",
          "PARSE_DATE",
          "PARSE_JSON",
          "PARSE_TIME",
          "PARSE_TIMESTAMP",
          "PERCENT_RANK",
          "RAND",
          "RANDOM",
          "RAND_INTEGER",
          "RANK",
          "REGR_COUNT",
          "REGR_SXX",
          "REGR_SYY",
          "SEQUENCE",
          "SESSION",
          "SPLIT",
          "SPLIT_PART",
          "TO_HEX",
          "TO_INT",
          "TO_JSON",
          "TRANSFORM",
          "TUMBLE",
          "TYPEOF",
          "UUID",
          "VARIANTNULL",
          "VARIANT_DEEP_FILTER",
          "VARIANT_DEEP_MAP",
          "VARIANT_FILTER",
          "VARIANT_MAP",
          "VARIANT_MERGE",
          "WITHIN_DISTINCT",
          "XXHASH",
          "LISTAGG",
          "COLLECT",
          "JSON_VALUE",
          "JSON_QUERY",
          "JSON_EXISTS",
          "JSON_OBJECT",
          "JSON_ARRAY",
          "JSON_OBJECTAGG",
          "JSON_ARRAYAGG",
          "PERCENTILE_CONT",
          "PERCENTILE_DISC",
          "SAFE_OFFSET",
          "ORDINAL",
          "CURRENT_USER",
          "SESSION_USER",
          "SYSTEM_USER",
          "CURRENT_ROLE",
          "ANY_VALUE");

  private static final List<SqlOperator> OWN = own();

  private Functions() {}

  /** Whether a call of this name can be translated. */
  static boolean translatable(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return DIRECT.contains(upper)
        || OF_DOUBLE.contains(upper)
        || RENAMED.containsKey(upper)
        || WRITTEN.contains(upper)
        || AGGREGATES.contains(upper)
        || WINDOW.contains(upper);
  }

  /** Whether the dialect, or Calcite, knows this name although it can't be translated. */
  static boolean knownButMissing(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    if (translatable(upper)) {
      return false;
    }
    return MISSING.contains(upper) || STANDARD_NAMES.contains(upper);
  }

  private static final Set<String> STANDARD_NAMES = standardNames();

  private static Set<String> standardNames() {
    Set<String> names = new java.util.HashSet<>();
    for (SqlOperator operator : SqlStdOperatorTable.instance().getOperatorList()) {
      if (operator instanceof SqlFunction) {
        names.add(operator.getName().toUpperCase(Locale.ROOT));
      }
    }
    return names;
  }

  /** The name in Flink of a function that is written as {@code name(arguments)}, or null. */
  static String flinkName(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return DIRECT.contains(upper) ? upper : RENAMED.get(upper);
  }

  /** The operators that the validator knows. */
  static SqlOperatorTable operatorTable() {
    return TABLE;
  }

  private static final SqlOperatorTable TABLE = new Table();

  private static List<SqlOperator> own() {
    List<SqlOperator> own = new ArrayList<>();
    own.add(SqlLibraryOperators.SAFE_CAST);
    own.add(SqlLibraryOperators.INFIX_CAST);
    own.add(SqlLibraryOperators.NULL_SAFE_EQUAL);
    own.add(SqlLibraryOperators.ILIKE);
    own.add(SqlLibraryOperators.NOT_ILIKE);
    own.add(SqlLibraryOperators.RLIKE);
    own.add(SqlLibraryOperators.NOT_RLIKE);
    for (SqlOperator operator :
        List.of(
            SqlLibraryOperators.GREATEST,
            SqlLibraryOperators.LEAST,
            SqlLibraryOperators.CONCAT_WS,
            SqlLibraryOperators.LEFT,
            SqlLibraryOperators.RIGHT,
            SqlLibraryOperators.REPEAT,
            SqlLibraryOperators.REVERSE,
            SqlLibraryOperators.MD5,
            SqlLibraryOperators.SINH,
            SqlLibraryOperators.COSH,
            SqlLibraryOperators.TANH,
            SqlLibraryOperators.ARRAY_APPEND,
            SqlLibraryOperators.ARRAY_PREPEND,
            SqlLibraryOperators.ARRAY_CONCAT,
            SqlLibraryOperators.ARRAY_CONTAINS,
            SqlLibraryOperators.ARRAY_DISTINCT,
            SqlLibraryOperators.ARRAY_EXCEPT,
            SqlLibraryOperators.ARRAY_INTERSECT,
            SqlLibraryOperators.ARRAY_UNION,
            SqlLibraryOperators.ARRAY_MAX,
            SqlLibraryOperators.ARRAY_MIN,
            SqlLibraryOperators.ARRAY_POSITION,
            SqlLibraryOperators.ARRAY_REMOVE,
            SqlLibraryOperators.ARRAY_REVERSE,
            SqlLibraryOperators.SORT_ARRAY,
            SqlLibraryOperators.MAP_KEYS)) {
      own.add(operator);
    }
    own.add(
        function(
            "CONCAT",
            ReturnTypes.VARCHAR.andThen(org.apache.calcite.sql.type.SqlTypeTransforms.TO_NULLABLE),
            OperandTypes.ONE_OR_MORE));
    own.add(
        function(
            "SUBSTR",
            ReturnTypes.ARG0_NULLABLE_VARYING,
            family(SqlTypeFamily.CHARACTER, SqlTypeFamily.INTEGER)
                .or(
                    family(
                        SqlTypeFamily.CHARACTER, SqlTypeFamily.INTEGER, SqlTypeFamily.INTEGER))));
    own.add(
        function(
            "REPLACE",
            ReturnTypes.VARCHAR_NULLABLE,
            family(SqlTypeFamily.CHARACTER, SqlTypeFamily.CHARACTER, SqlTypeFamily.CHARACTER)));
    own.add(
        function(
            "REGEXP_REPLACE",
            ReturnTypes.VARCHAR_NULLABLE,
            family(SqlTypeFamily.CHARACTER, SqlTypeFamily.CHARACTER)
                .or(
                    family(
                        SqlTypeFamily.CHARACTER,
                        SqlTypeFamily.CHARACTER,
                        SqlTypeFamily.CHARACTER))));
    own.add(
        function(
            "RLIKE",
            ReturnTypes.BOOLEAN_NULLABLE,
            family(SqlTypeFamily.CHARACTER, SqlTypeFamily.CHARACTER)));
    for (String name : OF_DOUBLE) {
      own.add(function(name, ReturnTypes.DOUBLE_NULLABLE, family(SqlTypeFamily.NUMERIC)));
    }
    own.add(
        function(
            "DIV_NULL",
            ReturnTypes.QUOTIENT_FORCE_NULLABLE,
            family(SqlTypeFamily.NUMERIC, SqlTypeFamily.NUMERIC)));
    own.add(
        function(
            "LOG",
            ReturnTypes.DOUBLE_NULLABLE,
            family(SqlTypeFamily.NUMERIC)
                .or(family(SqlTypeFamily.NUMERIC, SqlTypeFamily.NUMERIC))));
    for (String name : List.of("TRUNC", "TRUNCATE", "ROUND")) {
      own.add(
          function(
              name,
              Functions::roundedType,
              family(SqlTypeFamily.NUMERIC)
                  .or(family(SqlTypeFamily.NUMERIC, SqlTypeFamily.INTEGER))));
    }
    for (String name : List.of("ARRAY_LENGTH", "ARRAY_SIZE")) {
      own.add(function(name, ReturnTypes.INTEGER_NULLABLE, family(SqlTypeFamily.ARRAY)));
    }
    for (String name : List.of("ARRAY_JOIN", "ARRAY_TO_STRING")) {
      own.add(
          function(
              name,
              ReturnTypes.VARCHAR_NULLABLE,
              family(SqlTypeFamily.ARRAY, SqlTypeFamily.CHARACTER)
                  .or(
                      family(
                          SqlTypeFamily.ARRAY, SqlTypeFamily.CHARACTER, SqlTypeFamily.CHARACTER))));
    }
    for (String name : List.of("DATE_TRUNC", "TIME_TRUNC", "TIMESTAMP_TRUNC")) {
      own.add(function(name, ReturnTypes.ARG0_NULLABLE, OperandTypes.ANY_ANY));
    }
    own.add(function("DATEDIFF", ReturnTypes.INTEGER_NULLABLE, OperandTypes.VARIADIC));
    return own;
  }

  private static org.apache.calcite.rel.type.RelDataType roundedType(
      org.apache.calcite.sql.SqlOperatorBinding call) {
    // Flink's rule: the scale becomes the second argument when that is a constant.
    org.apache.calcite.rel.type.RelDataType type = call.getOperandType(0);
    boolean nullable =
        call.collectOperandTypes().stream()
            .anyMatch(org.apache.calcite.rel.type.RelDataType::isNullable);
    var factory = call.getTypeFactory();
    org.apache.calcite.rel.type.RelDataType result = type;
    if (type.getSqlTypeName() == SqlTypeName.DECIMAL) {
      Integer digits =
          call.getOperandCount() == 1
              ? Integer.valueOf(0)
              : call.isOperandLiteral(1, true)
                  ? call.getOperandLiteralValue(1, Integer.class)
                  : Integer.valueOf(type.getScale());
      int scale = Math.max(0, Math.min(digits == null ? 0 : digits, type.getScale()));
      int whole = type.getPrecision() - type.getScale() + (scale < type.getScale() ? 1 : 0);
      result =
          factory.createSqlType(
              SqlTypeName.DECIMAL,
              Math.max(1, Math.min(DialectTypes.MAX_DECIMAL, whole + scale)),
              scale);
    }
    return factory.createTypeWithNullability(result, nullable);
  }

  private static SqlFunction function(
      String name,
      org.apache.calcite.sql.type.SqlReturnTypeInference type,
      org.apache.calcite.sql.type.SqlOperandTypeChecker operands) {
    return SqlBasicFunction.create(name, type, operands, SqlFunctionCategory.USER_DEFINED_FUNCTION);
  }

  /** Own operators first, then the standard ones that can be translated. */
  private static final class Table implements SqlOperatorTable {

    private final Map<String, List<SqlOperator>> own = new HashMap<>();

    Table() {
      for (SqlOperator operator : OWN) {
        own.computeIfAbsent(operator.getName().toUpperCase(Locale.ROOT), n -> new ArrayList<>())
            .add(operator);
      }
    }

    @Override
    public void lookupOperatorOverloads(
        SqlIdentifier name,
        SqlFunctionCategory category,
        SqlSyntax syntax,
        List<SqlOperator> found,
        SqlNameMatcher matcher) {
      if (!name.isSimple()) {
        return;
      }
      int before = found.size();
      for (SqlOperator operator :
          own.getOrDefault(name.getSimple().toUpperCase(Locale.ROOT), List.of())) {
        if (operator.getSyntax().family == syntax.family) {
          found.add(operator);
        }
      }
      if (found.size() == before) {
        SqlStdOperatorTable.instance()
            .lookupOperatorOverloads(name, category, syntax, found, matcher);
      }
    }

    @Override
    public List<SqlOperator> getOperatorList() {
      List<SqlOperator> all = new ArrayList<>(OWN);
      all.addAll(SqlStdOperatorTable.instance().getOperatorList());
      return all;
    }
  }
}
