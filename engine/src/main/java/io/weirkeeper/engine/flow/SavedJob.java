package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.weirkeeper.core.plan.PipelinePlan;
import java.util.List;

/**
 * The saved state of one of a dataflow's Flink jobs. A program that was never changed has one job;
 * each change that adds views adds one.
 *
 * @param plan what the job was planned from; planned again, it has the same operators
 * @param shown the job's output views that are the program's; others were removed or changed since
 * @param flink directory of Flink's files, relative to the saved state's
 * @param operators ids of the operators, in their order
 */
public record SavedJob(
    @JsonProperty("plan") PipelinePlan plan,
    @JsonProperty("shown") List<String> shown,
    @JsonProperty("flink") String flink,
    @JsonProperty("operators") List<String> operators) {}
