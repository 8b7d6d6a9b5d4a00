package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds answers against the served document: status, content type, error code and a body with
 * exactly the keys that the document lists. The Python tests have the same rules for real servers.
 */
final class DocumentedAnswers {
  private static final Pattern SELECTOR = Pattern.compile("[?&]selector=([a-z_]+)");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ObjectNode document;
  private final RouteTree routes;
  private final Map<String, JsonSchema> schemas = new HashMap<>();

  DocumentedAnswers(List<Operation> operations) {
    document = OpenApiDocument.of(operations);
    routes = new RouteTree(operations);
  }

  /** What an answer does that the document does not say; nothing for hidden operations. */
  List<String> violations(String method, String target, int status, String type, String body) {
    RouteTree.Match match =
        routes.find(HttpMethod.valueOf(method), target.replaceFirst("\\?.*", ""));
    if (match == null || OpenApiDocument.HIDDEN.contains(match.operation().id())) {
      return List.of();
    }
    JsonNode operation =
        document
            .get("paths")
            .get(match.operation().path())
            .get(match.operation().method().name().toLowerCase(java.util.Locale.ROOT));
    JsonNode response = operation.get("responses").get(String.valueOf(status));
    if (response == null) {
      return List.of("status " + status + " is not documented");
    }
    if (type == null) {
      return body.isEmpty() ? List.of() : List.of("a body without a content type");
    }
    String media = type.replaceFirst(";.*", "").strip();
    JsonNode content = response.path("content").get(media);
    if (content == null) {
      return List.of("content type " + media + " is not documented for " + status);
    }
    JsonNode schema = content.get("schema");
    boolean whole = !schema.path("format").asText().equals("binary") && !schema.has("x-json-lines");
    return media.equals("application/json") && whole && !body.isEmpty()
        ? ofJson(operation, response, schema, target, body)
        : List.of();
  }

  private List<String> ofJson(
      JsonNode operation, JsonNode response, JsonNode schema, String target, String body) {
    String selector = selector(operation, target);
    List<String> found = new ArrayList<>();
    schemas
        .computeIfAbsent(selector + schema, any -> compiled(schema, selector))
        .validate(body, InputFormat.JSON)
        .forEach(message -> found.add(message.toString()));
    if (response.has("x-error-codes")) {
      String code = parsed(body).path("error_code").asText();
      boolean known = false;
      for (JsonNode each : response.get("x-error-codes")) {
        String pattern = each.textValue();
        known |=
            pattern.endsWith("*")
                ? code.startsWith(pattern.substring(0, pattern.length() - 1))
                : code.equals(pattern);
      }
      if (!known) {
        found.add("error code " + code + " is not documented");
      }
    }
    return found;
  }

  private static JsonNode parsed(String body) {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      throw new IllegalStateException(body, e);
    }
  }

  private static String selector(JsonNode operation, String target) {
    Matcher given = SELECTOR.matcher(target);
    if (given.find()) {
      return given.group(1);
    }
    for (JsonNode parameter : operation.path("parameters")) {
      if (parameter.path("name").asText().equals("selector")) {
        return parameter.at("/schema/default").asText();
      }
    }
    return "";
  }

  private JsonSchema compiled(JsonNode schema, String selector) {
    ObjectNode root = (ObjectNode) converted(schema, selector);
    ObjectNode components = root.putObject("components").putObject("schemas");
    document
        .at("/components/schemas")
        .properties()
        .forEach(each -> components.set(each.getKey(), converted(each.getValue(), selector)));
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(root);
  }

  /** OpenAPI 3.0's dialect as JSON Schema, with the key sets as rules. */
  private static JsonNode converted(JsonNode schema, String selector) {
    if (schema.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      schema.forEach(each -> list.add(converted(each, selector)));
      return list;
    }
    if (!schema.isObject()) {
      return schema;
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      switch (entry.getKey()) {
        case "properties" -> {
          ObjectNode properties = result.putObject("properties");
          entry
              .getValue()
              .properties()
              .forEach(each -> properties.set(each.getKey(), converted(each.getValue(), selector)));
        }
        case "required", "enum", "default", "example" ->
            result.set(entry.getKey(), entry.getValue());
        case "nullable", "discriminator", "description", "format" -> {}
        default -> result.set(entry.getKey(), converted(entry.getValue(), selector));
      }
    }
    JsonNode keys =
        schema.has("x-keys")
            ? schema.get("x-keys")
            : schema.path("x-keys-by-selector").path(selector);
    if (keys.isArray()) {
      ArrayNode names = result.putObject("propertyNames").putArray("enum");
      ArrayNode required = result.putArray("required");
      for (JsonNode key : keys) {
        boolean optional = key.textValue().endsWith("?");
        names.add(key.textValue().replace("?", ""));
        if (!optional) {
          required.add(key);
        }
      }
    }
    if (!schema.path("nullable").asBoolean()) {
      return result;
    }
    ObjectNode either = JsonNodeFactory.instance.objectNode();
    either.putArray("anyOf").add(result).addObject().put("type", "null");
    return either;
  }
}
