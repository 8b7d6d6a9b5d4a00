package io.weirkeeper.verticles.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The parameters of a query string. Unknown ones are ignored; a known one of the wrong form, or
 * given twice, is a framework error (spec: api-semantics §1.2).
 */
final class QueryString {
  private final Map<String, List<String>> values = new HashMap<>();

  /** A query string that can't be read; answered in plain text, status 400. */
  static final class QueryException extends RuntimeException {
    QueryException(String what) {
      super("Query deserialize error: " + what, null, false, false);
    }
  }

  /**
   * Splits a raw query string.
   *
   * @param raw without the question mark, or null
   */
  QueryString(String raw) {
    if (raw == null || raw.isEmpty()) {
      return;
    }
    for (String pair : raw.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      values.computeIfAbsent(name, any -> new ArrayList<>(1)).add(value);
    }
  }

  /** A text, or the default when it is absent. */
  String text(String name, String byDefault) {
    List<String> given = values.get(name);
    if (given == null) {
      return byDefault;
    }
    if (given.size() > 1) {
      throw new QueryException("duplicate field `" + name + "`");
    }
    return given.get(0);
  }

  /** A text that must be there. */
  String requiredText(String name) {
    String value = text(name, null);
    if (value == null) {
      throw new QueryException("missing field `" + name + "`");
    }
    return value;
  }

  /** {@code true} or {@code false}. */
  boolean bool(String name, boolean byDefault) {
    String value = text(name, null);
    if (value == null) {
      return byDefault;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new QueryException(
              "field `" + name + "`: expected `true` or `false`, found `" + value + "`");
    };
  }

  /** A whole number that is not negative; absent means the default. */
  long number(String name, long byDefault) {
    String value = text(name, null);
    if (value == null) {
      return byDefault;
    }
    if (!value.matches("[0-9]{1,18}")) {
      throw new QueryException(
          "field `" + name + "`: expected a whole number, found `" + value + "`");
    }
    return Long.parseLong(value);
  }

  /** One of a set of words. */
  String oneOf(String name, String byDefault, Set<String> allowed) {
    String value = text(name, byDefault);
    if (!allowed.contains(value)) {
      throw new QueryException(
          "field `"
              + name
              + "`: unknown variant `"
              + value
              + "`, expected one of "
              + String.join(", ", new TreeSet<>(allowed)));
    }
    return value;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
