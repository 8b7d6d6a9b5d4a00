package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * One connector that the program declares.
 *
 * @param endpoint {@code <relation>.<connector>}, unique among the inputs and among the outputs
 * @param input whether it feeds a table; else it takes the changes of a view
 * @param config what {@code program_info} shows: {@code {stream, transport, format, ...}}; secret
 *     references are not resolved
 */
public record ConnectorPlan(
    @JsonProperty("endpoint") String endpoint,
    @JsonProperty("input") boolean input,
    @JsonProperty("config") JsonNode config) {}
