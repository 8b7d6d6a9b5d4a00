package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The OpenAPI document that the server serves. Its texts, parameters and schemas are the files in
 * {@code openapi/}; paths, methods and roles come from the table of {@link Api}, so that they can't
 * drift apart from what is served; answers that whole kinds of operations have in common are added
 * here. A response that is a list in {@code operations.json} stands for an error with these codes;
 * {@code use} adds those of {@code error-groups.json}.
 */
final class OpenApiDocument {
  /** Hidden in the API that this one follows (spec: api-semantics §4.11, §5.2), or of the page. */
  static final Set<String> HIDDEN =
      Set.of("post_pipeline_testing", "post_pipeline_output_connector_command", "docs_file");

  private static final String FOLDER = "openapi/";
  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain";
  private static final String BEARER = "bearer";
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)}");
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What callers hear whose tenant can't be told, or who may not come in. */
  private static final Map<String, List<String>> ACCESS_CODES =
      Map.of(
          "400", List.of("AmbiguousTenantMembership", "AmbiguousOidcTenant"),
          "403",
              List.of(
                  "InsufficientPermissions",
                  "NoTenantMemberships",
                  "NotATenantMember",
                  "OidcTenantNotTrusted"),
          "404", List.of("UnknownTenantName"),
          "429", List.of("RequestQuotaExceeded", "TooManyFailedAttempts"),
          "503", List.of("DatabaseUnavailable"));

  private final JsonNode texts = read("operations");
  private final JsonNode groups = read("error-groups");
  private final JsonNode pathParameters = read("path-parameters");

  private OpenApiDocument() {}

  /** The document of these operations; fails when one has no text or a text has no operation. */
  static ObjectNode of(List<Operation> operations) {
    return new OpenApiDocument().build(operations);
  }

  private ObjectNode build(List<Operation> operations) {
    Set<String> unused = new TreeSet<>();
    texts.fieldNames().forEachRemaining(unused::add);
    ObjectNode document = (ObjectNode) read("document");
    ObjectNode paths = document.putObject("paths");
    for (Operation operation : operations) {
      if (HIDDEN.contains(operation.id())) {
        continue;
      }
      if (!unused.remove(operation.id())) {
        throw new IllegalStateException("operations.json lacks " + operation.id());
      }
      paths
          .withObjectProperty(operation.path())
          .set(operation.method().name().toLowerCase(Locale.ROOT), describe(operation));
    }
    if (!unused.isEmpty()) {
      throw new IllegalStateException("operations.json describes what is not served: " + unused);
    }
    ObjectNode components = document.putObject("components");
    components.set("schemas", read("schemas"));
    components
        .putObject("securitySchemes")
        .putObject(BEARER)
        .put("type", "http")
        .put("scheme", "bearer")
        .put("bearerFormat", "JWT")
        .put("description", "An access token of the identity provider, or an API key.");
    return document;
  }

  private ObjectNode describe(Operation operation) {
    JsonNode text = texts.get(operation.id());
    ObjectNode json = NODES.objectNode();
    json.putArray("tags").add(text.get("tag"));
    json.put("operationId", operation.id());
    json.put("summary", text.get("summary").textValue());
    json.put("description", text.get("description").textValue() + "\n\n" + access(operation));
    ArrayNode parameters = parameters(operation, text);
    if (!parameters.isEmpty()) {
      json.set("parameters", parameters);
    }
    if (text.has("requestBody")) {
      json.set("requestBody", text.get("requestBody"));
    }
    json.set("responses", responses(operation, text));
    ArrayNode security = json.putArray("security");
    if (operation.role() != null) {
      security.addObject().putArray(BEARER);
      json.put("x-required-role", operation.role().label());
    }
    return json;
  }

  private static String access(Operation operation) {
    return operation.role() == null
        ? "Public: needs no credentials."
        : "Required role: `" + operation.role().label() + "`";
  }

  private ArrayNode parameters(Operation operation, JsonNode text) {
    ArrayNode parameters = NODES.arrayNode();
    Matcher names = PLACEHOLDER.matcher(operation.path());
    while (names.find()) {
      JsonNode described = pathParameters.get(names.group(1));
      if (described == null) {
        throw new IllegalStateException("path-parameters.json lacks " + names.group(1));
      }
      ObjectNode parameter = parameters.addObject();
      parameter.put("name", names.group(1)).put("in", "path").put("required", true);
      parameter.setAll((ObjectNode) described);
    }
    text.path("parameters").forEach(parameters::add);
    return parameters;
  }

  private ObjectNode responses(Operation operation, JsonNode text) {
    ObjectNode responses = NODES.objectNode();
    text.path("responses").properties().forEach(entry -> add(responses, entry));
    for (JsonNode group : text.path("use")) {
      groups.get(group.textValue()).properties().forEach(entry -> add(responses, entry));
    }
    if (operation.role() != null) {
      addRefusals(responses);
    }
    if (Cors.covers(operation.path())) {
      addPlain(responses, "400", "A page of an origin that is not admitted asks.");
    }
    boolean reads = text.has("requestBody") || text.has("parameters");
    if (reads) {
      addPlain(responses, "400", "The query string or the body can't be read.");
    }
    if (text.at("/requestBody/content").has(JSON) && !operation.method().equals(HttpMethod.GET)) {
      addPlain(responses, "413", "The body is larger than 2 MiB.");
      addPlain(responses, "408", "The body did not arrive in time.");
    }
    return sorted(responses);
  }

  /** Answers before an operation is reached, and of its faults. */
  private static void addRefusals(ObjectNode responses) {
    ObjectNode unauthorized = responses.putObject("401");
    unauthorized.put("description", "No credentials, or wrong ones.");
    unauthorized
        .putObject("headers")
        .putObject("WWW-Authenticate")
        .put("description", "The scheme, and what is wrong.")
        .putObject("schema")
        .put("type", "string");
    unauthorized.putObject("content").putObject(TEXT).putObject("schema").put("type", "string");
    ACCESS_CODES.forEach(
        (status, codes) -> {
          ArrayNode list = NODES.arrayNode();
          codes.forEach(list::add);
          boolean ownBody =
              responses.path(status).has("content") && !responses.path(status).has("x-error-codes");
          if (!ownBody) {
            addCodes(responses, status, list);
          }
        });
    addCodes(responses, "500", NODES.arrayNode().add("InternalError"));
  }

  private static void add(ObjectNode responses, Map.Entry<String, JsonNode> entry) {
    if (entry.getValue().isArray()) {
      addCodes(responses, entry.getKey(), entry.getValue());
    } else {
      responses.set(entry.getKey(), entry.getValue().deepCopy());
    }
  }

  private static void addCodes(ObjectNode responses, String status, JsonNode codes) {
    ObjectNode response = responses.withObjectProperty(status);
    if (response.has("content") && !response.has("x-error-codes")) {
      throw new IllegalStateException(
          "operations.json gives "
              + status
              + " a body of its own, so it can't have error codes too");
    }
    Set<String> all = new TreeSet<>();
    response.path("x-error-codes").forEach(code -> all.add(code.textValue()));
    codes.forEach(code -> all.add(code.textValue()));
    ArrayNode sorted = NODES.arrayNode();
    all.forEach(sorted::add);
    response.put("description", "One of: `" + String.join("`, `", all) + "`.");
    response.set("x-error-codes", sorted);
    response.withObjectProperty("content").withObjectProperty(JSON).set("schema", reference());
    if (status.equals("503")) {
      response
          .withObjectProperty("headers")
          .withObjectProperty("Retry-After")
          .put("description", "Seconds to wait; absent when the pipeline's process said 503.")
          .withObjectProperty("schema")
          .put("type", "integer");
    }
  }

  private static void addPlain(ObjectNode responses, String status, String description) {
    ObjectNode response = responses.withObjectProperty(status);
    response.put(
        "description",
        response.has("description")
            ? response.get("description").textValue() + " In plain text: " + description
            : description);
    response
        .withObjectProperty("content")
        .withObjectProperty(TEXT)
        .putObject("schema")
        .put("type", "string");
  }

  private static ObjectNode reference() {
    return NODES.objectNode().put("$ref", "#/components/schemas/ErrorResponse");
  }

  private static ObjectNode sorted(ObjectNode responses) {
    Set<String> statuses = new TreeSet<>();
    responses.fieldNames().forEachRemaining(statuses::add);
    ObjectNode sorted = NODES.objectNode();
    statuses.forEach(status -> sorted.set(status, responses.get(status)));
    return sorted;
  }

  private static JsonNode read(String name) {
    String path = FOLDER + name + ".json";
    try (InputStream in = OpenApiDocument.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("The jar lacks " + path);
      }
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Reading " + path, e);
    }
  }
}
