package io.weirkeeper.engine.flow;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.types.logical.RowType;

/** How Flink's planner gets from our tables to {@link StepSource} and {@link StepSink}. */
public final class StepTables {

  static final String INPUT = "weirkeeper-input";
  static final String OUTPUT = "weirkeeper-output";
  static final ConfigOption<String> EXCHANGE =
      ConfigOptions.key("exchange").stringType().noDefaultValue();
  static final ConfigOption<Boolean> APPEND_ONLY =
      ConfigOptions.key("append-only").booleanType().defaultValue(false);
  static final ConfigOption<Integer> VIEW = ConfigOptions.key("view").intType().noDefaultValue();

  private static final AtomicInteger INSTANCES = new AtomicInteger();

  private StepTables() {}

  /** Makes sources; found by Flink's service loader. */
  public static final class InputFactory implements DynamicTableSourceFactory {
    /** As the service loader calls it. */
    public InputFactory() {}

    @Override
    public String factoryIdentifier() {
      return INPUT;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
      return Set.of(EXCHANGE);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
      return Set.of(APPEND_ONLY);
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
      Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
      return new Input(
          context.getObjectIdentifier().getObjectName(),
          options.get(EXCHANGE),
          options.get(APPEND_ONLY));
    }
  }

  /** Makes sinks; found by Flink's service loader. */
  public static final class OutputFactory implements DynamicTableSinkFactory {
    /** As the service loader calls it. */
    public OutputFactory() {}

    @Override
    public String factoryIdentifier() {
      return OUTPUT;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
      return Set.of(EXCHANGE, VIEW);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
      return Set.of();
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
      Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
      return new Output(
          options.get(EXCHANGE),
          options.get(VIEW),
          (RowType) context.getPhysicalRowDataType().getLogicalType());
    }
  }

  private record Input(String table, String exchange, boolean appendOnly)
      implements ScanTableSource {
    // Only inserts and deletes are ever sent, but a mode of just these two makes UNION, top-N and
    // others unplannable.
    @Override
    public ChangelogMode getChangelogMode() {
      return appendOnly ? ChangelogMode.insertOnly() : ChangelogMode.all();
    }

    // Without a parallelism: with one, a table with deletes and no primary key does not plan.
    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      return SourceProvider.of(new StepSource(exchange, table, INSTANCES.incrementAndGet()));
    }

    @Override
    public DynamicTableSource copy() {
      return this;
    }

    @Override
    public String asSummaryString() {
      return "input " + table;
    }
  }

  private record Output(String exchange, int view, RowType type) implements DynamicTableSink {
    // Everything the query produces, the rows before updates included.
    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
      return requested;
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
      return SinkV2Provider.of(new StepSink(exchange, view, type));
    }

    @Override
    public DynamicTableSink copy() {
      return this;
    }

    @Override
    public String asSummaryString() {
      return "output " + view;
    }
  }
}
