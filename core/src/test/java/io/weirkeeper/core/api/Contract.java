package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;

/** Checks JSON against the API's contract. */
final class Contract {
  private static final ObjectNode COMPONENTS = components();

  private Contract() {}

  /** What is wrong with a document under a named schema; empty when nothing is. */
  static Set<ValidationMessage> problems(String schema, JsonNode document) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("$ref", "#/components/schemas/" + schema);
    root.set("components", COMPONENTS);
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(root)
        .validate(document);
  }

  private static ObjectNode components() {
    try (InputStream in = Contract.class.getResourceAsStream("/contract.json")) {
      return (ObjectNode) withoutNullable(new ObjectMapper().readTree(in).get("components"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** OpenAPI 3.0's {@code nullable} in the words of JSON Schema. */
  private static JsonNode withoutNullable(JsonNode node) {
    if (node.isArray()) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> copy.add(withoutNullable(item)));
      return copy;
    }
    if (!node.isObject()) {
      return node;
    }
    ObjectNode copy = JsonNodeFactory.instance.objectNode();
    node.properties().forEach(e -> copy.set(e.getKey(), withoutNullable(e.getValue())));
    boolean nullable = copy.path("nullable").asBoolean(false);
    copy.remove("nullable");
    if (!nullable || copy.isEmpty()) {
      return copy;
    }
    ObjectNode either = JsonNodeFactory.instance.objectNode();
    either.putArray("anyOf").add(copy).addObject().put("type", "null");
    return either;
  }
}
