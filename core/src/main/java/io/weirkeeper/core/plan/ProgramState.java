package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/**
 * What of a program its saved state depends on. It lies beside the state, so that a later program
 * can be compared with it ({@link ProgramChange}). Positions in the text and DEFAULTs are left out:
 * neither changes a row that is there. Of connectors there are only digests, because their
 * configuration may hold secrets.
 *
 * @param tables the tables
 * @param views the views; each refers only to tables and to views before it
 * @param inputConnectors digest of the configuration by endpoint name
 * @param outputConnectors the same for outputs
 */
public record ProgramState(
    @JsonProperty("tables") List<TablePlan> tables,
    @JsonProperty("views") List<ViewPlan> views,
    @JsonProperty("input_connectors") TreeMap<String, String> inputConnectors,
    @JsonProperty("output_connectors") TreeMap<String, String> outputConnectors) {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  /** What counts of a plan. */
  public static ProgramState of(PipelinePlan plan) {
    TreeMap<String, String> inputs = new TreeMap<>();
    TreeMap<String, String> outputs = new TreeMap<>();
    for (ConnectorPlan connector : plan.connectors()) {
      (connector.input() ? inputs : outputs)
          .put(
              connector.endpoint(),
              digest(text(JSON.convertValue(connector.config(), Object.class))));
    }
    return new ProgramState(
        plan.tables().stream().map(ProgramState::essence).toList(),
        plan.views().stream().map(ProgramState::essence).toList(),
        inputs,
        outputs);
  }

  /** The program without its connectors. */
  public PipelinePlan plan() {
    return new PipelinePlan(PipelinePlan.FORMAT_VERSION, tables, views);
  }

  /**
   * A name for it: two programs have the same if and only if {@link ProgramChange#none} is true of
   * them. The order of the statements does not matter.
   */
  public String digest() {
    return digest(
        text(
            new ProgramState(
                tables.stream().sorted(Comparator.comparing(TablePlan::name)).toList(),
                views.stream()
                    .map(view -> definition(view).withKind(view.kind()))
                    .sorted(Comparator.comparing(ViewPlan::name))
                    .toList(),
                inputConnectors,
                outputConnectors)));
  }

  static TablePlan essence(TablePlan table) {
    return new TablePlan(
        table.name(),
        table.caseSensitive(),
        table.materialized(),
        table.appendOnly(),
        columns(table.columns()),
        table.primaryKey());
  }

  static ViewPlan essence(ViewPlan view) {
    return new ViewPlan(
        view.name(),
        view.caseSensitive(),
        view.kind(),
        columns(view.columns()),
        view.flinkSql(),
        null,
        view.reads());
  }

  /** What a view's rows follow from, whatever becomes of them. */
  static ViewPlan definition(ViewPlan view) {
    return new ViewPlan(
        view.name(),
        view.caseSensitive(),
        ViewPlan.Kind.LOCAL,
        columns(view.columns()),
        view.flinkSql(),
        null);
  }

  private static List<ColumnPlan> columns(List<ColumnPlan> columns) {
    return columns.stream()
        .map(c -> new ColumnPlan(c.name(), c.caseSensitive(), c.columntype(), c.flinkType(), null))
        .toList();
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A program can always be written", e);
    }
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
