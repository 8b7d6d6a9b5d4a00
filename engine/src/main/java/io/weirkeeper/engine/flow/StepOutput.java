package io.weirkeeper.engine.flow;

import java.util.List;

/**
 * The net changes that one step made to one relation (spec: pipeline-protocol §5).
 *
 * @param step number of the step
 * @param relation name of the table or view
 * @param changes distinct rows with their weight, never 0: first those that went (negative), then
 *     those that came (positive), each in the order of {@link ViewRow#compareTo}
 */
public record StepOutput(long step, String relation, List<WeightedRow> changes) {}
