package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A compiled program.
 *
 * @param formatVersion version of this format, {@link #FORMAT_VERSION} for plans made by this build
 * @param tables the inputs, in program order
 * @param views the views in program order: a view refers only to tables and to views before it
 */
public record PipelinePlan(
    @JsonProperty("format_version") int formatVersion,
    @JsonProperty("tables") List<TablePlan> tables,
    @JsonProperty("views") List<ViewPlan> views) {

  /** The format that this build writes and reads. */
  public static final int FORMAT_VERSION = 1;
}
