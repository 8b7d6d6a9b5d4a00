package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ColumnPlan;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.types.variant.BinaryVariantInternalBuilder;
import org.apache.flink.types.variant.Variant;

/**
 * How the values of a column look inside rows: the Flink type behind it and the conversion between
 * Flink's internal values and plain Java values. Parsers that care for speed switch on {@link
 * #kind()} and build the internal value themselves; others call {@link #toInternal}.
 *
 * <p>The kind follows the plan's {@code flink_type}, not its {@code columntype}: an unsigned type
 * arrives here as the wider signed one that the compiler chose, a UUID as {@link Kind#STRING}.
 */
public final class CellType {

  /** The kinds of value; each with its internal and its plain class. */
  public enum Kind {
    /** Internal {@code Boolean}, plain {@code Boolean}. */
    BOOLEAN,
    /** Internal {@code Byte}, plain {@code Byte}. */
    TINYINT,
    /** Internal {@code Short}, plain {@code Short}. */
    SMALLINT,
    /** Internal {@code Integer}, plain {@code Integer}. */
    INTEGER,
    /** Internal {@code Long}, plain {@code Long}. */
    BIGINT,
    /** Internal {@code Float}, plain {@code Float}. */
    REAL,
    /** Internal {@code Double}, plain {@code Double}. */
    DOUBLE,
    /**
     * Internal {@link DecimalData} of exactly {@link #precision()} and {@link #scale()}, plain
     * {@code BigDecimal} of that scale.
     */
    DECIMAL,
    /** Internal {@link StringData}, plain {@code String}. */
    STRING,
    /** Internal and plain {@code byte[]}. */
    BINARY,
    /** Internal {@code Integer}: days since 1970-01-01; plain {@code LocalDate}. */
    DATE,
    /** Internal {@code Integer}: milliseconds since midnight; plain {@code LocalTime}. */
    TIME,
    /** Internal {@link TimestampData}, plain {@code LocalDateTime}. */
    TIMESTAMP,
    /** Internal {@link TimestampData} (UTC), plain {@code Instant}. */
    TIMESTAMP_TZ,
    /** Internal {@link ArrayData}, plain {@code List}; see {@link #element()}. */
    ARRAY,
    /** Internal {@link MapData}, plain {@code Map}; see {@link #key()} and {@link #element()}. */
    MAP,
    /** Internal {@link RowData}, plain {@link ViewRow}; see {@link #fields()}. */
    ROW,
    /** Internal {@link Variant}, plain {@code String} with JSON text. */
    VARIANT
  }

  private final Kind kind;
  private final LogicalType logicalType;
  private final int precision;
  private final int scale;
  private final CellType key;
  private final CellType element;
  private final List<CellType> fields;
  private final ArrayData.ElementGetter elementGetter;
  private final ArrayData.ElementGetter keyGetter;
  private final RowData.FieldGetter[] fieldGetters;

  private CellType(LogicalType type) {
    this.logicalType = type;
    this.kind = kindOf(type);
    this.precision =
        type instanceof DecimalType decimal
            ? decimal.getPrecision()
            : kind == Kind.TIMESTAMP || kind == Kind.TIMESTAMP_TZ
                ? LogicalTypeChecks.getPrecision(type)
                : -1;
    this.scale = type instanceof DecimalType decimal ? decimal.getScale() : -1;
    CellType keyType = null;
    CellType elementType = null;
    List<CellType> fieldTypes = List.of();
    if (type instanceof ArrayType array) {
      elementType = new CellType(array.getElementType());
    } else if (type instanceof MapType map) {
      keyType = new CellType(map.getKeyType());
      elementType = new CellType(map.getValueType());
    } else if (type instanceof RowType row) {
      fieldTypes = row.getChildren().stream().map(CellType::new).toList();
    }
    this.key = keyType;
    this.element = elementType;
    this.fields = fieldTypes;
    this.elementGetter =
        elementType == null ? null : ArrayData.createElementGetter(elementType.logicalType);
    this.keyGetter = keyType == null ? null : ArrayData.createElementGetter(keyType.logicalType);
    this.fieldGetters = getters(fieldTypes);
  }

  /**
   * The type of a column.
   *
   * @throws DataflowException if the plan's {@code flink_type} is not a type, or one that columns
   *     can't have
   */
  public static CellType of(ColumnPlan column) {
    try {
      return new CellType(
          LogicalTypeParser.parse(column.flinkType(), CellType.class.getClassLoader()));
    } catch (RuntimeException e) {
      throw new DataflowException(
          "column \"%s\": \"%s\" is not a usable Flink type: %s"
              .formatted(column.name(), column.flinkType(), e.getMessage()),
          e);
    }
  }

  /** The type behind a Flink type. */
  static CellType of(LogicalType type) {
    return new CellType(type);
  }

  private static Kind kindOf(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> Kind.BOOLEAN;
      case TINYINT -> Kind.TINYINT;
      case SMALLINT -> Kind.SMALLINT;
      case INTEGER -> Kind.INTEGER;
      case BIGINT -> Kind.BIGINT;
      case FLOAT -> Kind.REAL;
      case DOUBLE -> Kind.DOUBLE;
      case DECIMAL -> Kind.DECIMAL;
      case CHAR, VARCHAR -> Kind.STRING;
      case BINARY, VARBINARY -> Kind.BINARY;
      case DATE -> Kind.DATE;
      case TIME_WITHOUT_TIME_ZONE -> Kind.TIME;
      case TIMESTAMP_WITHOUT_TIME_ZONE -> Kind.TIMESTAMP;
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> Kind.TIMESTAMP_TZ;
      case ARRAY -> Kind.ARRAY;
      case MAP -> Kind.MAP;
      case ROW -> Kind.ROW;
      case VARIANT -> Kind.VARIANT;
      default ->
          throw new IllegalArgumentException(
              "no column can have the type " + type.asSummaryString());
    };
  }

  private static RowData.FieldGetter[] getters(List<CellType> types) {
    RowData.FieldGetter[] getters = new RowData.FieldGetter[types.size()];
    for (int i = 0; i < getters.length; i++) {
      getters[i] = RowData.createFieldGetter(types.get(i).logicalType, i);
    }
    return getters;
  }

  /** What kind of value. */
  public Kind kind() {
    return kind;
  }

  /** Whether NULL is a value of the column. */
  public boolean nullable() {
    return logicalType.isNullable();
  }

  /** Digits of a DECIMAL; digits after the second of a TIMESTAMP; else -1. */
  public int precision() {
    return precision;
  }

  /** Digits after the point of a DECIMAL, else -1. */
  public int scale() {
    return scale;
  }

  /** Key type of a MAP, else null. */
  public CellType key() {
    return key;
  }

  /** Element type of an ARRAY, value type of a MAP, else null. */
  public CellType element() {
    return element;
  }

  /** Field types of a ROW, else empty. */
  public List<CellType> fields() {
    return fields;
  }

  /** Field names of a ROW, else empty. */
  public List<String> fieldNames() {
    return logicalType instanceof RowType row ? row.getFieldNames() : List.of();
  }

  LogicalType logicalType() {
    return logicalType;
  }

  /** A reader of the plain value of a column of this type. */
  public CellReader reader(int column) {
    RowData.FieldGetter getter = RowData.createFieldGetter(logicalType, column);
    return row -> toPlain(getter.getFieldOrNull(row));
  }

  /** Reads one column of a row as a plain value. */
  @FunctionalInterface
  public interface CellReader {
    /** The plain value, or null. */
    Object read(RowData row);
  }

  /** Readers of all columns, in order. */
  public static CellReader[] readers(List<CellType> types) {
    CellReader[] readers = new CellReader[types.size()];
    for (int i = 0; i < readers.length; i++) {
      readers[i] = types.get(i).reader(i);
    }
    return readers;
  }

  /** Converts an internal value of this type to the plain one. */
  public Object toPlain(Object internal) {
    if (internal == null) {
      return null;
    }
    return switch (kind) {
      case BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, BINARY -> internal;
      case DECIMAL -> ((DecimalData) internal).toBigDecimal();
      case STRING -> internal.toString();
      case DATE -> LocalDate.ofEpochDay((Integer) internal);
      case TIME -> LocalTime.ofNanoOfDay(((Integer) internal) * 1_000_000L);
      case TIMESTAMP -> ((TimestampData) internal).toLocalDateTime();
      case TIMESTAMP_TZ -> ((TimestampData) internal).toInstant();
      case ARRAY -> plainList((ArrayData) internal, element, elementGetter);
      case MAP -> plainMap((MapData) internal);
      case ROW -> plainRow((RowData) internal);
      case VARIANT -> ((Variant) internal).toJson();
    };
  }

  private static List<Object> plainList(
      ArrayData array, CellType type, ArrayData.ElementGetter getter) {
    List<Object> list = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      list.add(type.toPlain(getter.getElementOrNull(array, i)));
    }
    return Collections.unmodifiableList(list);
  }

  private Map<Object, Object> plainMap(MapData map) {
    List<Object> keys = plainList(map.keyArray(), key, keyGetter);
    List<Object> values = plainList(map.valueArray(), element, elementGetter);
    Map<Object, Object> plain = new LinkedHashMap<>();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      order.add(i);
    }
    order.sort((a, b) -> ViewRow.compareValues(keys.get(a), keys.get(b)));
    for (int i : order) {
      plain.put(keys.get(i), values.get(i));
    }
    return Collections.unmodifiableMap(plain);
  }

  private ViewRow plainRow(RowData row) {
    Object[] values = new Object[fieldGetters.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = fields.get(i).toPlain(fieldGetters[i].getFieldOrNull(row));
    }
    return ViewRow.of(values);
  }

  /**
   * Converts a plain value to the internal one. Numbers of another class are taken if their value
   * fits; decimals are rounded half up to the scale; a DATE, TIME or TIMESTAMP only from its
   * java.time class.
   *
   * @throws IllegalArgumentException if the value does not fit the type
   */
  public Object toInternal(Object plain) {
    if (plain == null) {
      return null;
    }
    try {
      return switch (kind) {
        case BOOLEAN -> (Boolean) plain;
        case TINYINT -> exact(plain).byteValueExact();
        case SMALLINT -> exact(plain).shortValueExact();
        case INTEGER -> exact(plain).intValueExact();
        case BIGINT -> exact(plain).longValueExact();
        case REAL -> ((Number) plain).floatValue();
        case DOUBLE -> ((Number) plain).doubleValue();
        case DECIMAL ->
            Objects.requireNonNull(
                DecimalData.fromBigDecimal(
                    decimal(plain).setScale(scale, RoundingMode.HALF_UP), precision, scale),
                "out of range");
        case STRING -> StringData.fromString((String) plain);
        case BINARY -> (byte[]) plain;
        case DATE -> Math.toIntExact(((LocalDate) plain).toEpochDay());
        case TIME -> (int) (((LocalTime) plain).toNanoOfDay() / 1_000_000);
        case TIMESTAMP -> TimestampData.fromLocalDateTime((LocalDateTime) plain);
        case TIMESTAMP_TZ ->
            TimestampData.fromLocalDateTime(
                LocalDateTime.ofInstant((Instant) plain, ZoneOffset.UTC));
        case ARRAY ->
            new GenericArrayData(((List<?>) plain).stream().map(element::toInternal).toArray());
        case MAP -> internalMap((Map<?, ?>) plain);
        case ROW ->
            internalRow(plain instanceof Map<?, ?> named ? inOrder(named) : (ViewRow) plain);
        case VARIANT -> BinaryVariantInternalBuilder.parseJson((String) plain, false);
      };
    } catch (ClassCastException | ArithmeticException | NullPointerException e) {
      throw mismatch(plain, e);
    } catch (java.io.IOException e) {
      throw mismatch(plain, e);
    }
  }

  private IllegalArgumentException mismatch(Object plain, Exception cause) {
    return new IllegalArgumentException(
        "a value of class %s does not fit the type %s"
            .formatted(plain.getClass().getSimpleName(), logicalType.asSummaryString()),
        cause);
  }

  private GenericMapData internalMap(Map<?, ?> plain) {
    Map<Object, Object> internal = new LinkedHashMap<>();
    plain.forEach((k, v) -> internal.put(key.toInternal(k), element.toInternal(v)));
    return new GenericMapData(internal);
  }

  /** A row as the ad-hoc store gives it: values by field name. */
  private ViewRow inOrder(Map<?, ?> named) {
    List<String> names = ((RowType) logicalType).getFieldNames();
    if (named.size() != names.size() || !named.keySet().containsAll(names)) {
      throw new IllegalArgumentException(
          "a row with the fields %s does not fit the type %s"
              .formatted(named.keySet(), logicalType.asSummaryString()));
    }
    return ViewRow.of(names.stream().map(named::get).toArray());
  }

  private GenericRowData internalRow(ViewRow plain) {
    if (plain.size() != fields.size()) {
      throw new IllegalArgumentException(
          "a row of %d fields does not fit the type %s"
              .formatted(plain.size(), logicalType.asSummaryString()));
    }
    GenericRowData row = new GenericRowData(fields.size());
    for (int i = 0; i < fields.size(); i++) {
      row.setField(i, fields.get(i).toInternal(plain.get(i)));
    }
    return row;
  }

  private static BigInteger exact(Object plain) {
    return decimal(plain).toBigIntegerExact();
  }

  private static BigDecimal decimal(Object plain) {
    if (plain instanceof BigDecimal value) {
      return value;
    }
    if (plain instanceof BigInteger value) {
      return new BigDecimal(value);
    }
    if (plain instanceof Double || plain instanceof Float) {
      return BigDecimal.valueOf(((Number) plain).doubleValue());
    }
    return BigDecimal.valueOf(((Number) plain).longValue());
  }

  @Override
  public String toString() {
    return logicalType.asSerializableString();
  }
}
