package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.compiler.program.Property;
import io.weirkeeper.compiler.program.SqlProblem;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the {@code connectors} property of a table or view (spec: sql.md §1.3, pipeline-protocol
 * §10).
 */
final class Connectors {

  /** Transports that a pipeline process can run; none yet. */
  private static final Set<String> TRANSPORTS = Set.of();

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Connectors() {}

  /**
   * Adds the connectors of a relation to the map that goes into {@code program_info}.
   *
   * @param relation folded name
   * @param property the connectors, or null when the relation has none
   * @param endpoints receives {@code <relation>.<connector>: {stream, ...}}
   * @throws SqlProblem if the property can't be read, or asks for what there is not
   */
  static void add(String relation, Property property, ObjectNode endpoints) {
    if (property == null) {
      return;
    }
    JsonNode list = read(property);
    if (!list.isArray()) {
      throw problem(property, "'connectors' must be a JSON array, found " + list.getNodeType());
    }
    Set<String> missing = new TreeSet<>();
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof ObjectNode connector)) {
        throw problem(property, "Connector " + i + " must be a JSON object");
      }
      JsonNode transport = connector.path("transport").path("name");
      if (!transport.isTextual()) {
        throw problem(
            property,
            "Connector " + i + " needs {\"transport\": {\"name\": ..., \"config\": ...}}");
      }
      JsonNode name = connector.path("name");
      if (!name.isMissingNode() && !name.isNull() && !name.isTextual()) {
        throw problem(property, "The name of connector " + i + " must be a string");
      }
      if (!TRANSPORTS.contains(transport.asText())) {
        missing.add(transport.asText());
      }
      String endpoint = relation + "." + (name.isTextual() ? name.asText() : "unnamed-" + i);
      ObjectNode config = connector.deepCopy();
      config.remove("name");
      config.put("stream", relation);
      if (endpoints.has(endpoint)) {
        throw problem(property, "Two connectors are named '" + name.asText() + "'");
      }
      endpoints.set(endpoint, config);
    }
    if (!missing.isEmpty()) {
      throw SqlProblem.notSupported(
          property.valuePosition(), "Connector transport '" + String.join("', '", missing) + "'");
    }
  }

  private static JsonNode read(Property property) {
    try {
      return JSON.readTree(property.value());
    } catch (JsonProcessingException e) {
      throw problem(property, "'connectors' is no valid JSON: " + e.getOriginalMessage());
    }
  }

  private static SqlProblem problem(Property property, String message) {
    return new SqlProblem(property.valuePosition(), SqlProblem.CONNECTORS, message);
  }
}
