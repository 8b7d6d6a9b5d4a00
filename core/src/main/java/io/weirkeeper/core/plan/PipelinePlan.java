package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A compiled program.
 *
 * @param formatVersion version of this format, {@link #FORMAT_VERSION} for plans made by this build
 * @param tables the inputs, in program order
 * @param views the views in program order: a view refers only to tables and to views before it
 * @param connectors the connectors in program order; plans of older builds have none
 */
public record PipelinePlan(
    @JsonProperty("format_version") int formatVersion,
    @JsonProperty("tables") List<TablePlan> tables,
    @JsonProperty("views") List<ViewPlan> views,
    @JsonProperty("connectors") List<ConnectorPlan> connectors) {

  /** The format that this build writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** Copies the connectors. */
  public PipelinePlan {
    connectors = connectors == null ? List.of() : List.copyOf(connectors);
  }

  /** A program without connectors. */
  public PipelinePlan(int formatVersion, List<TablePlan> tables, List<ViewPlan> views) {
    this(formatVersion, tables, views, List.of());
  }

  /** This program with other connectors. */
  public PipelinePlan withConnectors(List<ConnectorPlan> newConnectors) {
    return new PipelinePlan(formatVersion, tables, views, newConnectors);
  }
}
