package io.weirkeeper.engine.connector;

import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.engine.flow.Relation;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;

/** Makes the rows of one part of a plan. Safe for several threads. */
final class RowGenerator {
  private final FieldGenerator[] fields;

  /**
   * @param path of the settings, for messages
   * @param settings by column name: exact, or folded for names that were not quoted
   * @throws ConnectorException if settings name no column, or don't fit it
   */
  RowGenerator(String path, Relation table, Map<String, DatagenConfig.Field> settings) {
    this.fields = new FieldGenerator[table.columns().size()];
    for (Map.Entry<String, DatagenConfig.Field> entry : settings.entrySet()) {
      int column = column(table, entry.getKey());
      if (column < 0) {
        throw FieldGenerators.wrong(
            path, "table '" + table.name() + "' has no column named '" + entry.getKey() + "'");
      }
      if (fields[column] != null) {
        throw FieldGenerators.wrong(
            path, "column '" + table.columns().get(column).name() + "' is named twice");
      }
      fields[column] = generator(path, table, column, entry.getValue());
    }
    for (int i = 0; i < fields.length; i++) {
      if (fields[i] == null) {
        fields[i] = generator(path, table, i, DatagenConfig.Field.DEFAULT);
      }
    }
  }

  private static FieldGenerator generator(
      String path, Relation table, int column, DatagenConfig.Field settings) {
    ColumnPlan plan = table.columns().get(column);
    return FieldGenerators.of(
        path + "." + plan.name(), plan.columntype(), table.types().get(column), settings);
  }

  private static int column(Relation table, String name) {
    int folded = -1;
    for (int i = 0; i < table.columns().size(); i++) {
      ColumnPlan column = table.columns().get(i);
      if (column.name().equals(name)) {
        return i;
      }
      if (!column.caseSensitive() && column.name().equals(name.toLowerCase(Locale.ROOT))) {
        folded = i;
      }
    }
    return folded;
  }

  /**
   * Makes a row.
   *
   * @param number from 0, within this part of the plan
   * @param random begun for this row
   */
  GenericRowData row(long number, RowRandom random) {
    GenericRowData row = new GenericRowData(fields.length);
    for (int i = 0; i < fields.length; i++) {
      row.setField(i, fields[i].next(number, random));
    }
    return row;
  }
}
