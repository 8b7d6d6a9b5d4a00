package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.ProgramReader;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.core.plan.SourcePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.sql.SqlBasicTypeNameSpec;
import org.apache.calcite.sql.SqlCollectionTypeNameSpec;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlMapTypeNameSpec;
import org.apache.calcite.sql.SqlRowTypeNameSpec;
import org.apache.calcite.sql.SqlTypeNameSpec;
import org.apache.calcite.sql.SqlUserDefinedTypeNameSpec;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.type.SqlTypeName;

/** The names of types: as the program writes them, as the API shows them, as Flink knows them. */
final class TypeNames {

  /** Precision that stands for "unlimited" in the API. */
  private static final long UNLIMITED = -1;

  private static final Map<String, SqlTypeName> ALIASES =
      Map.ofEntries(
          Map.entry("bool", SqlTypeName.BOOLEAN),
          Map.entry("int2", SqlTypeName.SMALLINT),
          Map.entry("int4", SqlTypeName.INTEGER),
          Map.entry("signed", SqlTypeName.INTEGER),
          Map.entry("int8", SqlTypeName.BIGINT),
          Map.entry("int64", SqlTypeName.BIGINT),
          Map.entry("float4", SqlTypeName.REAL),
          Map.entry("float32", SqlTypeName.REAL),
          Map.entry("float8", SqlTypeName.DOUBLE),
          Map.entry("float64", SqlTypeName.DOUBLE),
          Map.entry("number", SqlTypeName.DECIMAL),
          Map.entry("numeric", SqlTypeName.DECIMAL),
          Map.entry("string", SqlTypeName.VARCHAR),
          Map.entry("text", SqlTypeName.VARCHAR),
          Map.entry("bytea", SqlTypeName.VARBINARY),
          Map.entry(ProgramReader.DATETIME, SqlTypeName.TIMESTAMP));

  private static final Map<String, String> UNSUPPORTED_ALIASES =
      Map.of("unsigned", "INTEGER UNSIGNED", "geometry", "GEOMETRY");

  private TypeNames() {}

  /**
   * A type of the program with aliases resolved, ignored precisions dropped and the dialect's
   * limits checked (spec: sql.md §2.1).
   *
   * @param declared whether the type is that of a column: then the fields of a ROW are NOT NULL
   *     unless they are marked
   */
  static SqlDataTypeSpec normalize(SqlDataTypeSpec spec, boolean declared) {
    SqlParserPos pos = spec.getParserPosition();
    return new SqlDataTypeSpec(
        normalize(spec.getTypeNameSpec(), declared), spec.getTimeZone(), spec.getNullable(), pos);
  }

  private static SqlTypeNameSpec normalize(SqlTypeNameSpec spec, boolean declared) {
    SqlParserPos pos = spec.getParserPos();
    if (spec instanceof SqlUserDefinedTypeNameSpec) {
      return alias(spec.getTypeName(), pos);
    }
    if (spec instanceof SqlCollectionTypeNameSpec collection) {
      if (!"ARRAY".equals(spec.getTypeName().getSimple())) {
        throw SqlProblem.notSupported(Positions.of(pos), "Type MULTISET");
      }
      return new SqlCollectionTypeNameSpec(
          normalize(collection.getElementTypeName(), declared), SqlTypeName.ARRAY, pos);
    }
    if (spec instanceof SqlMapTypeNameSpec map) {
      SqlDataTypeSpec key = normalize(map.getKeyType(), declared).withNullable(false);
      if (key.getTypeNameSpec() instanceof SqlMapTypeNameSpec) {
        throw SqlProblem.compilation(Positions.of(pos), "The key of a MAP can't be a MAP");
      }
      return new SqlMapTypeNameSpec(
          key, normalize(map.getValType(), declared).withNullable(true), pos);
    }
    if (spec instanceof SqlRowTypeNameSpec row) {
      List<SqlDataTypeSpec> fields = new ArrayList<>();
      for (SqlDataTypeSpec field : row.getFieldTypes()) {
        boolean marked = isAfter(field.getParserPosition(), field.getTypeNameSpec().getParserPos());
        boolean nullable = marked ? !Boolean.FALSE.equals(field.getNullable()) : !declared;
        fields.add(normalize(field, declared).withNullable(nullable));
      }
      return new SqlRowTypeNameSpec(pos, row.getFieldNames(), fields);
    }
    if (spec instanceof SqlBasicTypeNameSpec basic) {
      return basic(basic, pos);
    }
    throw SqlProblem.notSupported(Positions.of(pos), "Type " + spec.getTypeName());
  }

  /** Whether a type ends after its name: then it says something about NULL. */
  private static boolean isAfter(SqlParserPos type, SqlParserPos name) {
    return type.getEndLineNum() > name.getEndLineNum()
        || type.getEndLineNum() == name.getEndLineNum()
            && type.getEndColumnNum() > name.getEndColumnNum();
  }

  private static SqlTypeNameSpec basic(SqlBasicTypeNameSpec spec, SqlParserPos pos) {
    SourcePosition where = Positions.of(pos);
    String written = spec.getTypeName().toString().toUpperCase(Locale.ROOT);
    SqlTypeName name = SqlTypeName.get(written.replace(' ', '_'));
    if (name == null) {
      name = SqlTypeName.get(written);
    }
    if (name == null) {
      throw SqlProblem.notSupported(where, "Type " + written);
    }
    int precision = spec.getPrecision();
    int scale = spec.getScale();
    return switch (name) {
      case BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DATE ->
          new SqlBasicTypeNameSpec(name, pos);
      case FLOAT ->
          throw SqlProblem.compilation(
              where,
              "FLOAT does not say how large it is; write REAL (32 bits) or DOUBLE (64 bits)");
      case DECIMAL -> {
        int digits = precision < 0 ? DialectTypes.MAX_DECIMAL : precision;
        int after = Math.max(scale, 0);
        if (digits < 1 || digits > DialectTypes.MAX_DECIMAL || after > digits) {
          throw SqlProblem.compilation(
              where,
              String.format(
                  "DECIMAL(%d, %d) is out of range: precision 1 to %d, scale 0 to precision",
                  digits, after, DialectTypes.MAX_DECIMAL));
        }
        yield new SqlBasicTypeNameSpec(name, digits, after, pos);
      }
      case CHAR, BINARY -> new SqlBasicTypeNameSpec(name, length(precision, 1, where), pos);
      case VARCHAR, VARBINARY ->
          precision < 0
              ? new SqlBasicTypeNameSpec(name, pos)
              : new SqlBasicTypeNameSpec(name, length(precision, 1, where), pos);
      case TIME -> new SqlBasicTypeNameSpec(name, DialectTypes.TIME_PRECISION, pos);
      case TIMESTAMP -> new SqlBasicTypeNameSpec(name, DialectTypes.TIMESTAMP_PRECISION, pos);
      case UUID, VARIANT, GEOMETRY -> throw SqlProblem.notSupported(where, "Type " + written);
      case UTINYINT, USMALLINT, UINTEGER, UBIGINT ->
          throw SqlProblem.notSupported(where, "An UNSIGNED type");
      case TIMESTAMP_TZ, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          throw SqlProblem.notSupported(where, "Type TIMESTAMP WITH TIME ZONE");
      default -> throw SqlProblem.notSupported(where, "Type " + written.replace('_', ' '));
    };
  }

  private static int length(int written, int otherwise, SourcePosition where) {
    if (written == 0) {
      throw SqlProblem.compilation(where, "A length must be 1 or more");
    }
    return written < 0 ? otherwise : written;
  }

  private static SqlTypeNameSpec alias(SqlIdentifier name, SqlParserPos pos) {
    String written = name.toString().toLowerCase(Locale.ROOT);
    SqlTypeName type = name.isSimple() ? ALIASES.get(written) : null;
    if (type != null) {
      return switch (type) {
        case DECIMAL -> new SqlBasicTypeNameSpec(type, DialectTypes.MAX_DECIMAL, 0, pos);
        case TIMESTAMP -> new SqlBasicTypeNameSpec(type, DialectTypes.TIMESTAMP_PRECISION, pos);
        default -> new SqlBasicTypeNameSpec(type, pos);
      };
    }
    if (UNSUPPORTED_ALIASES.containsKey(written)) {
      throw SqlProblem.notSupported(Positions.of(pos), "Type " + UNSUPPORTED_ALIASES.get(written));
    }
    throw SqlProblem.compilation(
        Positions.of(pos),
        "Type '" + name + "' not found; user-defined types are not supported yet");
  }

  /**
   * The type as the API shows it.
   *
   * @param where blamed for a type that no column can have
   */
  static ColumnType columnType(RelDataType type, SourcePosition where) {
    boolean nullable = type.isNullable();
    return switch (type.getSqlTypeName()) {
      case BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DATE ->
          ColumnType.of(type.getSqlTypeName().getName(), nullable);
      case DECIMAL ->
          new ColumnType(
              "DECIMAL",
              nullable,
              (long) type.getPrecision(),
              (long) type.getScale(),
              null,
              null,
              null,
              null);
      case CHAR, VARCHAR, BINARY, VARBINARY ->
          withPrecision(type.getSqlTypeName().getName(), nullable, lengthOf(type));
      case TIME -> withPrecision("TIME", nullable, DialectTypes.TIME_PRECISION);
      case TIMESTAMP -> withPrecision("TIMESTAMP", nullable, DialectTypes.TIMESTAMP_PRECISION);
      case ARRAY ->
          new ColumnType(
              "ARRAY",
              nullable,
              null,
              null,
              columnType(type.getComponentType(), where).withNullable(true),
              null,
              null,
              null);
      case MAP ->
          new ColumnType(
              "MAP",
              nullable,
              null,
              null,
              null,
              null,
              columnType(type.getKeyType(), where),
              columnType(type.getValueType(), where).withNullable(true));
      case ROW -> {
        List<ColumnType.Field> fields = new ArrayList<>();
        for (RelDataTypeField field : type.getFieldList()) {
          fields.add(
              new ColumnType.Field(
                  field.getName(),
                  !field.getName().equals(field.getName().toLowerCase(Locale.ROOT)),
                  columnType(field.getType(), where)));
        }
        yield new ColumnType("STRUCT", nullable, null, null, null, fields, null, null);
      }
      case NULL ->
          throw SqlProblem.compilation(
              where, "A column that is always NULL has no type; write CAST(NULL AS type)");
      default -> {
        if (SqlTypeName.INTERVAL_TYPES.contains(type.getSqlTypeName())) {
          throw SqlProblem.compilation(where, "A column can't have type INTERVAL; cast it");
        }
        throw SqlProblem.notSupported(where, "A column of type " + type.getSqlTypeName().getName());
      }
    };
  }

  private static ColumnType withPrecision(String type, boolean nullable, long precision) {
    return new ColumnType(type, nullable, precision, null, null, null, null, null);
  }

  private static long lengthOf(RelDataType type) {
    boolean unlimited =
        type.getPrecision() == RelDataType.PRECISION_NOT_SPECIFIED
            || type.getPrecision() == Integer.MAX_VALUE;
    return unlimited ? UNLIMITED : type.getPrecision();
  }

  /** The type in Flink SQL without its nullability; nested types carry the one of their parts. */
  static String flink(RelDataType type) {
    SqlTypeName name = type.getSqlTypeName();
    return switch (name) {
      case BOOLEAN, TINYINT, SMALLINT, BIGINT, DOUBLE, DATE -> name.getName();
      case INTEGER -> "INT";
      case REAL -> "FLOAT";
      case DECIMAL -> "DECIMAL(" + type.getPrecision() + ", " + type.getScale() + ")";
      case CHAR, BINARY -> name.getName() + "(" + Math.max(1, type.getPrecision()) + ")";
      case VARCHAR -> lengthOf(type) == UNLIMITED ? "STRING" : "VARCHAR(" + varying(type) + ")";
      case VARBINARY -> lengthOf(type) == UNLIMITED ? "BYTES" : "VARBINARY(" + varying(type) + ")";
      case TIME -> "TIME(0)";
      case TIMESTAMP -> "TIMESTAMP(" + DialectTypes.TIMESTAMP_PRECISION + ")";
      case ARRAY -> "ARRAY<" + flink(type.getComponentType()) + ">";
      case MAP ->
          "MAP<"
              + flinkWithNullability(type.getKeyType())
              + ", "
              + flink(type.getValueType())
              + ">";
      case ROW -> {
        List<String> fields = new ArrayList<>();
        for (RelDataTypeField field : type.getFieldList()) {
          fields.add(
              FlinkSqlWriter.quote(field.getName()) + " " + flinkWithNullability(field.getType()));
        }
        yield "ROW<" + String.join(", ", fields) + ">";
      }
      default -> throw new IllegalStateException("No Flink type for " + type.getFullTypeString());
    };
  }

  private static int varying(RelDataType type) {
    return Math.max(1, type.getPrecision());
  }

  /** The type in Flink SQL with {@code NOT NULL} where it is. */
  static String flinkWithNullability(RelDataType type) {
    return flink(type) + (type.isNullable() ? "" : " NOT NULL");
  }

  /** Whether two types differ only in whether they, or parts of them, can be NULL. */
  static boolean sameButForNulls(RelDataType a, RelDataType b) {
    if (a.getSqlTypeName() != b.getSqlTypeName()) {
      return false;
    }
    return switch (a.getSqlTypeName()) {
      case ARRAY -> sameButForNulls(a.getComponentType(), b.getComponentType());
      case MAP ->
          sameButForNulls(a.getKeyType(), b.getKeyType())
              && sameButForNulls(a.getValueType(), b.getValueType());
      case ROW -> {
        if (a.getFieldCount() != b.getFieldCount()) {
          yield false;
        }
        for (int i = 0; i < a.getFieldCount(); i++) {
          if (!sameButForNulls(
              a.getFieldList().get(i).getType(), b.getFieldList().get(i).getType())) {
            yield false;
          }
        }
        yield true;
      }
      case NULL -> true;
      default ->
          SqlTypeName.INTERVAL_TYPES.contains(a.getSqlTypeName()) || flink(a).equals(flink(b));
    };
  }
}
