package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpMethod;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the operation of a method and a path. The method comes first, then a literal segment wins
 * over a placeholder (spec: auth §10). Paths are split before they are decoded, so an encoded slash
 * belongs to its segment. Immutable after building; the time depends on the depth of the path only.
 */
final class RouteTree {
  /** Deepest path of the API is nine segments; anything deeper is unknown without a look. */
  private static final int MAX_SEGMENTS = 16;

  private final Map<HttpMethod, Node> roots = new HashMap<>();

  private static final class Node {
    private final Map<String, Node> literals = new HashMap<>();
    private Node placeholder;
    private Operation operation;
  }

  /**
   * A found operation.
   *
   * @param operation what to do
   * @param raw values of the placeholders as they came
   */
  record Match(Operation operation, List<String> raw) {
    /** The value of a placeholder, decoded once. */
    String value(int index) {
      return decoded(raw.get(index));
    }
  }

  RouteTree(List<Operation> operations) {
    for (Operation operation : operations) {
      Node node = roots.computeIfAbsent(operation.method(), any -> new Node());
      for (String segment : segments(operation.path())) {
        if (segment.startsWith("{")) {
          if (node.placeholder == null) {
            node.placeholder = new Node();
          }
          node = node.placeholder;
        } else {
          node = node.literals.computeIfAbsent(segment, any -> new Node());
        }
      }
      if (node.operation != null) {
        throw new IllegalArgumentException(
            "Two operations for " + operation.method() + " " + operation.path());
      }
      node.operation = operation;
    }
  }

  /** The operation of a method and a raw path, or null. */
  Match find(HttpMethod method, String rawPath) {
    Node root = roots.get(method);
    List<String> segments = segments(rawPath);
    if (root == null || segments == null) {
      return null;
    }
    List<String> values = new ArrayList<>(4);
    Operation operation = find(root, segments, 0, values);
    return operation == null ? null : new Match(operation, List.copyOf(values));
  }

  /** Whether any method has an operation on a path. */
  boolean knows(String rawPath) {
    return roots.keySet().stream().anyMatch(method -> find(method, rawPath) != null);
  }

  private static Operation find(Node node, List<String> segments, int index, List<String> values) {
    if (index == segments.size()) {
      return node.operation;
    }
    String segment = segments.get(index);
    Node literal = node.literals.get(decoded(segment));
    if (literal != null) {
      Operation found = find(literal, segments, index + 1, values);
      if (found != null) {
        return found;
      }
    }
    if (node.placeholder == null || segment.isEmpty()) {
      return null;
    }
    values.add(segment);
    Operation found = find(node.placeholder, segments, index + 1, values);
    if (found == null) {
      values.remove(values.size() - 1);
    }
    return found;
  }

  /** The parts between slashes, or null when there are too many. */
  private static List<String> segments(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return null;
    }
    List<String> segments = new ArrayList<>(8);
    int start = 1;
    while (true) {
      int slash = path.indexOf('/', start);
      segments.add(slash < 0 ? path.substring(start) : path.substring(start, slash));
      if (slash < 0) {
        return segments;
      }
      if (segments.size() == MAX_SEGMENTS) {
        return null;
      }
      start = slash + 1;
    }
  }

  /** Decodes percent-encoding once; what can't be decoded is taken as it is. */
  static String decoded(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    try {
      // In a path, unlike in a query, a plus sign stands for itself.
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }
}
