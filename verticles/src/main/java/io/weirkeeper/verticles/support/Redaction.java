package io.weirkeeper.verticles.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;

/**
 * Takes secrets out of what leaves the house. Errs on the side of taking too much: the values of
 * environment variables go altogether.
 */
final class Redaction {
  private static final String MASK = "***";
  private static final String SECRET_WORD =
      "(?:password|passwd|passphrase|secret|token|credential|api_?key|access_?key|private_?key"
          + "|account_?key|jaas|signature)";
  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i).*" + SECRET_WORD + ".*", Pattern.DOTALL);

  /** A JSON member with a telling name. */
  private static final Pattern MEMBER =
      Pattern.compile(
          "(?i)(\"[^\"\\\\]{0,100}"
              + SECRET_WORD
              + "[^\"\\\\]{0,100}+\"\\s*:\\s*\")((?:[^\"\\\\]|\\\\.)*+)");

  /** The same with the quotes escaped, as JSON inside of JSON has it. */
  private static final Pattern ESCAPED_MEMBER =
      Pattern.compile(
          "(?i)(\\\\\"[^\"\\\\]{0,100}"
              + SECRET_WORD
              + "[^\"\\\\]{0,100}+\\\\\"\\s*:\\s*\\\\\")((?:[^\"\\\\]|\\\\[^\"])*+)");

  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?i)((?<![\\w.-])[\\w.-]{0,100}"
              + SECRET_WORD
              + "[\\w.-]{0,100}+\\s*=\\s*)('[^']*'|[^\\s,;&'\"]+)");

  private static final Pattern USER_INFO =
      Pattern.compile("(://)[^/\\s:@\"']{0,200}:[^/\\s@\"']{1,200}@");
  private static final Pattern BEARER = Pattern.compile("(?i)(bearer\\s+)[\\w.~+/=:-]{8,}");

  private Redaction() {}

  /** A copy without secrets. */
  static JsonNode json(JsonNode node) {
    if (node.isObject()) {
      ObjectNode copy = JsonNodeFactory.instance.objectNode();
      node.properties()
          .forEach(
              field -> {
                String name = field.getKey();
                JsonNode value = field.getValue();
                if (name.equals("env") && value.isObject()) {
                  ObjectNode masked = copy.putObject(name);
                  value.fieldNames().forEachRemaining(variable -> masked.put(variable, MASK));
                } else if (value.isValueNode()
                    && !value.isNull()
                    && SECRET_NAME.matcher(name).matches()) {
                  copy.put(name, MASK);
                } else {
                  copy.set(name, json(value));
                }
              });
      return copy;
    }
    if (node.isArray()) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> copy.add(json(item)));
      return copy;
    }
    return node.isTextual() ? TextNode.valueOf(text(node.textValue())) : node;
  }

  /** A text without secrets. */
  static String text(String text) {
    String result = MEMBER.matcher(text).replaceAll("$1" + MASK);
    result = ESCAPED_MEMBER.matcher(result).replaceAll("$1" + MASK);
    result = ASSIGNMENT.matcher(result).replaceAll("$1" + MASK);
    result = USER_INFO.matcher(result).replaceAll("$1" + MASK + "@");
    return BEARER.matcher(result).replaceAll("$1" + MASK);
  }
}
