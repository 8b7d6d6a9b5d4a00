package io.weirkeeper.engine.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.engine.flow.Relation;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The columns of one relation with their codecs, defaults and the rule by which names match. */
final class Columns {
  static final String NOT_NULL = "a value (the column is NOT NULL)";

  final String[] names;
  final ValueCodec[] codecs;
  final boolean[] nullable;
  final boolean[] key;
  final boolean keyed;
  private final Object[] defaults;
  private final boolean[] hasDefault;
  private final Map<String, Integer> exact = new HashMap<>();
  private final Map<String, Integer> folded = new HashMap<>();

  Columns(Relation relation, JsonFlavor flavor) {
    List<ColumnPlan> plans = relation.columns();
    int n = plans.size();
    names = new String[n];
    codecs = new ValueCodec[n];
    nullable = new boolean[n];
    key = new boolean[n];
    keyed = !relation.primaryKey().isEmpty();
    defaults = new Object[n];
    hasDefault = new boolean[n];
    for (int i = 0; i < n; i++) {
      ColumnPlan plan = plans.get(i);
      names[i] = plan.name();
      codecs[i] = ValueCodec.of(plan.columntype(), relation.types().get(i), flavor);
      nullable[i] = plan.columntype().nullable();
      key[i] = relation.primaryKey().contains(plan.name());
      exact.put(plan.name(), i);
      if (!plan.caseSensitive()) {
        folded.put(plan.name().toLowerCase(Locale.ROOT), i);
      }
      if (plan.defaultValue() != null) {
        hasDefault[i] = true;
        defaults[i] = defaultOf(plan, codecs[i]);
      }
    }
  }

  private static Object defaultOf(ColumnPlan plan, ValueCodec codec) {
    JsonNode value = plan.defaultValue();
    if (value.isNull()) {
      return null;
    }
    try {
      return NestedCodecs.readNested(codec, value.toString());
    } catch (BadValue e) {
      throw new IllegalArgumentException(
          "The DEFAULT of column '" + plan.name() + "' is no value of its type: " + e.getMessage());
    }
  }

  int size() {
    return names.length;
  }

  /** Position of the column that an input field names, or -1. */
  int find(String field) {
    Integer i = exact.get(field);
    if (i == null) {
      i = folded.get(field.toLowerCase(Locale.ROOT));
    }
    return i == null ? -1 : i;
  }

  /** Whether a column that the input does not name is NULL, as opposed to a default or an error. */
  boolean absentIsNull(int i) {
    return nullable[i] && !hasDefault[i];
  }

  /** The value of a column that the input does not name. */
  Object missing(int i) throws BadValue {
    if (hasDefault[i] && (defaults[i] != null || nullable[i])) {
      return defaults[i];
    }
    if (!nullable[i]) {
      throw new BadValue(NOT_NULL, "no such field");
    }
    return null;
  }
}
