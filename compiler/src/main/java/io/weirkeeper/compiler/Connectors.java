package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.compiler.program.Property;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.ConnectorConfigException;
import io.weirkeeper.core.connector.Transports;
import io.weirkeeper.core.plan.ConnectorPlan;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the {@code connectors} property of a table or view (spec: sql.md §1.3, pipeline-protocol
 * §10).
 */
final class Connectors {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Connectors() {}

  /** Connectors of one program at most. */
  static final int MAX_CONNECTORS = 1_000;

  /** Characters of a connector's name (spec: api-semantics §2). */
  private static final int NAME_CHARACTERS = 100;

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");

  /**
   * Adds the connectors of a relation.
   *
   * <p>Everything is checked that can be known without opening a connector. A transport that the
   * API knows and that is not built is taken: a program that uses it can be compiled and compared,
   * and says so when it is started.
   *
   * @param relation folded name
   * @param input whether the relation is a table
   * @param materialized whether the contents of the relation are kept
   * @param property the connectors, or null when the relation has none
   * @param connectors receives what was read
   * @throws SqlProblem if the property can't be read, or asks for what there is not
   */
  static void add(
      String relation,
      boolean input,
      boolean materialized,
      Property property,
      List<ConnectorPlan> connectors) {
    if (property == null) {
      return;
    }
    JsonNode list = read(property);
    if (!list.isArray()) {
      throw problem(property, "'connectors' must be a JSON array, found " + list.getNodeType());
    }
    if (connectors.size() + list.size() > MAX_CONNECTORS) {
      throw problem(property, "A program can have " + MAX_CONNECTORS + " connectors at most");
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof ObjectNode connector)) {
        throw problem(property, "Connector " + i + " must be a JSON object");
      }
      String name = name(property, connector, i);
      if (!names.add(name)) {
        throw problem(property, "Two connectors are named '" + name + "'");
      }
      try {
        ConnectorConfig config = ConnectorConfig.of(input, connector);
        if (!input && config.sendSnapshot() && !materialized) {
          throw problem(
              property,
              "Connector '"
                  + name
                  + "': 'send_snapshot' needs a MATERIALIZED view, and '"
                  + relation
                  + "' is none");
        }
      } catch (ConnectorConfigException e) {
        throw problem(property, "Connector '" + name + "': " + e.getMessage());
      }
      ObjectNode config = connector.deepCopy();
      config.remove("name");
      config.put("stream", relation);
      inApiForm(config);
      connectors.add(new ConnectorPlan(relation + "." + name, input, config));
    }
  }

  /** The API shows one form of what can be written in several. */
  private static void inApiForm(ObjectNode config) {
    ObjectNode transport = (ObjectNode) config.get("transport");
    if (!transport.has("config")
        && !Transports.FORMAT_OPTIONAL.contains(transport.path("name").asText())) {
      transport.putObject("config");
    }
    if (config.path("start_after").isTextual()) {
      String label = config.path("start_after").textValue();
      config.putArray("start_after").add(label);
    }
  }

  private static String name(Property property, ObjectNode connector, int position) {
    JsonNode name = connector.path("name");
    if (name.isMissingNode() || name.isNull()) {
      return "unnamed-" + position;
    }
    if (!name.isTextual()) {
      throw problem(property, "The name of connector " + position + " must be a string");
    }
    if (name.textValue().length() > NAME_CHARACTERS || !NAME.matcher(name.textValue()).matches()) {
      throw problem(
          property,
          "The name of connector "
              + position
              + " must have 1 to "
              + NAME_CHARACTERS
              + " letters, digits, '_' and '-'");
    }
    return name.textValue();
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
