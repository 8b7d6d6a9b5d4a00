package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Puts the values of secrets and environment variables in the place of references to them (spec:
 * connectors §1.8). Values are neither logged nor part of any message.
 */
final class References {
  /** Where the secrets are that a cluster mounts. */
  static final Path SECRETS = Path.of("/etc/feldera-secrets");

  /** Longest secret that is read. */
  private static final long MAX_SECRET_BYTES = 1 << 20;

  private static final String CODE = "ConfigError.InvalidTransportConfig";
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern KEY = Pattern.compile("[a-z0-9]([-a-z0-9]{0,253}[a-z0-9])?");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** Shorter values are no secrets, and would make messages unreadable. */
  private static final int LEAST_CONCEALED = 4;

  private static final Pattern USER_INFO =
      Pattern.compile("(://)[^/\\s:@\"']{0,200}:[^/\\s@\"']{1,200}@");

  /** Values that references stood for, with the references; at most as many as a program has. */
  private final Map<String, String> resolved = new ConcurrentHashMap<>();

  private final Path secrets;
  private final Map<String, String> environment;

  References(Path secrets, Map<String, String> environment) {
    this.secrets = secrets;
    this.environment = environment;
  }

  /**
   * A copy of a connector's configuration with the strings under the options of transport and
   * format resolved.
   *
   * @throws ConnectorException for a reference that is malformed or leads nowhere
   */
  JsonNode resolve(JsonNode connector) {
    JsonNode copy = connector.deepCopy();
    for (String part : new String[] {"transport", "format"}) {
      if (copy.path(part) instanceof ObjectNode object && object.has("config")) {
        object.set("config", value(object.get("config")));
      }
    }
    return copy;
  }

  /** A message without the values of references, and without passwords in URLs. */
  String conceal(String message) {
    String told = message;
    for (Map.Entry<String, String> each : resolved.entrySet()) {
      told = told.replace(each.getKey(), each.getValue());
    }
    return USER_INFO.matcher(told).replaceAll("$1***@");
  }

  private TextNode concealed(String reference, String value) {
    String plain = value.strip();
    if (plain.length() >= LEAST_CONCEALED) {
      resolved.put(plain, reference);
    }
    return TextNode.valueOf(value);
  }

  private JsonNode value(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().forEach(entry -> entry.setValue(value(entry.getValue())));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, value(array.get(i)));
      }
    } else if (node.isTextual()) {
      String text = node.textValue();
      if (text.startsWith("${secret:") && text.endsWith("}")) {
        return concealed(text, secret(text, text.substring(9, text.length() - 1)));
      }
      if (text.startsWith("${env:") && text.endsWith("}")) {
        return concealed(text, variable(text, text.substring(6, text.length() - 1)));
      }
    }
    return node;
  }

  private String variable(String reference, String name) {
    if (!VARIABLE.matcher(name).matches()) {
      throw wrong(reference, "the name of an environment variable has letters, digits and '_'");
    }
    String value = environment.get(name);
    if (value == null) {
      throw wrong(reference, "the environment variable '" + name + "' is not set");
    }
    return value;
  }

  private String secret(String reference, String text) {
    int colon = text.indexOf(':');
    String provider = colon < 0 ? "" : text.substring(0, colon);
    if (!provider.equals("kubernetes")) {
      throw wrong(reference, "expected the provider 'kubernetes'");
    }
    String[] parts = text.substring(colon + 1).split("/", -1);
    if (parts.length != 2
        || !NAME.matcher(parts[0]).matches()
        || !KEY.matcher(parts[1]).matches()) {
      throw wrong(
          reference,
          "expected <name>/<data key> of lower case letters, digits and '-', at most 63 and 255"
              + " characters");
    }
    Path file = secrets.resolve(provider).resolve(parts[0]).resolve(parts[1]);
    try {
      if (!Files.isRegularFile(file)) {
        throw wrong(reference, file + " is no file");
      }
      if (Files.size(file) > MAX_SECRET_BYTES) {
        throw wrong(reference, file + " has more than " + MAX_SECRET_BYTES + " bytes");
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw wrong(reference, file + " can't be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static ConnectorException wrong(String reference, String why) {
    return new ConnectorException(CODE, "the reference '" + reference + "' leads nowhere: " + why);
  }
}
