package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a new program would change of a pipeline (spec: api-semantics §4.14). All lists are sorted.
 *
 * @param programDiff tables and views, or null when they can't be compared
 * @param programDiffError why they can't be compared, or null
 * @param addedInputConnectors endpoint names, as are the others
 */
public record PipelineDiff(
    @JsonProperty("program_diff") ProgramDiff programDiff,
    @JsonProperty("program_diff_error") String programDiffError,
    @JsonProperty("added_input_connectors") List<String> addedInputConnectors,
    @JsonProperty("modified_input_connectors") List<String> modifiedInputConnectors,
    @JsonProperty("removed_input_connectors") List<String> removedInputConnectors,
    @JsonProperty("added_output_connectors") List<String> addedOutputConnectors,
    @JsonProperty("modified_output_connectors") List<String> modifiedOutputConnectors,
    @JsonProperty("removed_output_connectors") List<String> removedOutputConnectors) {

  /**
   * What becomes of tables and views. A view is modified when its own text computes something else,
   * or when something that it reads is modified. Local views are no outputs and are not listed.
   *
   * @param addedTables names, as are the others
   */
  public record ProgramDiff(
      @JsonProperty("added_tables") List<String> addedTables,
      @JsonProperty("removed_tables") List<String> removedTables,
      @JsonProperty("modified_tables") List<String> modifiedTables,
      @JsonProperty("added_views") List<String> addedViews,
      @JsonProperty("removed_views") List<String> removedViews,
      @JsonProperty("modified_views") List<String> modifiedViews) {}

  /** Names that were added, modified and removed. */
  private record Names(List<String> added, List<String> modified, List<String> removed) {}

  /**
   * Compares what the compiler said of two programs.
   *
   * @param before {@code program_info} of the pipeline
   * @param after {@code program_info} of the new program
   */
  public static PipelineDiff between(JsonNode before, JsonNode after) {
    Names inputs =
        compare(fields(before.path("input_connectors")), fields(after.path("input_connectors")));
    Names outputs =
        compare(fields(before.path("output_connectors")), fields(after.path("output_connectors")));
    String error = null;
    ProgramDiff program = null;
    if (before.path("dataflow").path("mir").isObject()
        && after.path("dataflow").path("mir").isObject()) {
      Names tables = compare(digests(before, "table", "inputs"), digests(after, "table", "inputs"));
      Names views = compare(digests(before, "view", "outputs"), digests(after, "view", "outputs"));
      program =
          new ProgramDiff(
              tables.added(),
              tables.removed(),
              tables.modified(),
              views.added(),
              views.removed(),
              views.modified());
    } else {
      error =
          "The program was compiled by a server that kept no dataflow graph; compile it again with"
              + " update_runtime, or edit it";
    }
    return new PipelineDiff(
        program,
        error,
        inputs.added(),
        inputs.modified(),
        inputs.removed(),
        outputs.added(),
        outputs.modified(),
        outputs.removed());
  }

  /** The digest of each relation of a kind that clients see. */
  private static Map<String, JsonNode> digests(JsonNode info, String kind, String inSchema) {
    Map<String, JsonNode> digests = new TreeMap<>();
    for (JsonNode node : info.path("dataflow").path("mir")) {
      String name = node.path(kind).asText("");
      for (JsonNode relation : info.path("schema").path(inSchema)) {
        if (relation.path("name").asText().equals(name)) {
          digests.put(name, node.path("persistent_id"));
        }
      }
    }
    return digests;
  }

  private static Map<String, JsonNode> fields(JsonNode object) {
    Map<String, JsonNode> fields = new TreeMap<>();
    (object.isObject() ? object : JsonNodeFactory.instance.objectNode())
        .properties()
        .forEach(field -> fields.put(field.getKey(), field.getValue()));
    return fields;
  }

  private static Names compare(Map<String, JsonNode> before, Map<String, JsonNode> after) {
    List<String> added = new ArrayList<>(after.keySet());
    added.removeAll(before.keySet());
    List<String> removed = new ArrayList<>(before.keySet());
    removed.removeAll(after.keySet());
    List<String> modified = new ArrayList<>(after.keySet());
    modified.removeIf(
        name -> !before.containsKey(name) || before.get(name).equals(after.get(name)));
    return new Names(added, modified, removed);
  }
}
