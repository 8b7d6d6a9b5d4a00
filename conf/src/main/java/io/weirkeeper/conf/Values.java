package io.weirkeeper.conf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** What was given, by name: the strongest source of each setting. */
final class Values {
  static final String PREFIX = "WEIRKEEPER_";

  /** More edits than this, or than half of the name, and a name is not worth suggesting. */
  private static final int SUGGESTION_EDITS = 4;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** A value, the place it comes from in words, and what relative paths count from. */
  private record Given(String text, String source, Path base) {}

  private final Map<String, Key<?>> keys;
  private final Map<String, Given> given = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private Values(Map<String, Key<?>> keys) {
    this.keys = keys;
  }

  /**
   * Reads all sources, weakest first.
   *
   * @param configKey the setting that names the config file
   */
  static Values read(
      List<Key<?>> table,
      Key<Path> configKey,
      List<String> arguments,
      Map<String, String> environment,
      Path workingDirectory) {
    Map<String, Key<?>> keys = new TreeMap<>();
    table.forEach(key -> keys.put(key.name(), key));
    Values values = new Values(keys);
    Map<String, Given> flags = values.flags(arguments, workingDirectory);
    Map<String, Given> variables = values.variables(environment, workingDirectory);
    values.given.putAll(variables);
    values.given.putAll(flags);
    Optional<Path> file = values.get(configKey);
    Map<String, Given> inFile = file.map(path -> values.file(path, configKey)).orElse(Map.of());
    values.given.clear();
    values.given.putAll(inFile);
    values.given.putAll(variables);
    values.given.putAll(flags);
    return values;
  }

  /** The value of a setting, or empty if it was not given. */
  <T> Optional<T> get(Key<T> key) {
    Given value = given.get(key.name());
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(key.parser().parse(value.text(), value.base()));
    } catch (IllegalArgumentException e) {
      String found = key.secret() ? "a value that is not shown" : "'" + value.text() + "'";
      String message =
          "Setting '"
              + key.name()
              + "' from "
              + value.source()
              + ": expected "
              + key.expectation()
              + ", found "
              + found
              + ".";
      if (value.text().startsWith("tcp://")) {
        message +=
            " This looks like a variable that Kubernetes sets for a service of that name;"
                + " set enableServiceLinks: false in the pod.";
      }
      throw new SettingsException(message);
    }
  }

  /** What was given without effect, one sentence each. */
  List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Notes something that was given without effect, one sentence. */
  void warn(String sentence) {
    warnings.add(sentence);
  }

  /** Where a setting comes from, in words. */
  String source(Key<?> key) {
    Given value = given.get(key.name());
    return value == null ? "the default" : value.source();
  }

  private Map<String, Given> flags(List<String> arguments, Path workingDirectory) {
    Map<String, Given> flags = new HashMap<>();
    Map<String, Key<?>> byFlag = new HashMap<>(keys);
    keys.values().forEach(key -> key.aliases().forEach(alias -> byFlag.put(alias, key)));
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      if (!argument.startsWith("--")) {
        throw new SettingsException(
            "Unexpected argument '"
                + withoutValue(argument)
                + "': options begin with two dashes, for example --port 8080.");
      }
      int equals = argument.indexOf('=');
      String name = argument.substring(2, equals < 0 ? argument.length() : equals);
      if (Meaningless.OPTIONS.containsKey(name)) {
        if (equals < 0 && rest.hasNext()) {
          rest.next();
        }
        warnings.add("Option --" + name + " has no effect: " + Meaningless.OPTIONS.get(name) + ".");
        continue;
      }
      Key<?> key = byFlag.get(name);
      if (key == null) {
        throw unknown("option", "--" + name, Key::flag);
      }
      String text;
      if (equals >= 0) {
        text = argument.substring(equals + 1);
      } else if (key.isSwitch()) {
        text = "true";
      } else if (rest.hasNext()) {
        text = rest.next();
      } else {
        throw new SettingsException(
            "Option " + key.flag() + " needs a value: expected " + key.expectation() + ".");
      }
      Given value = new Given(text, "flag --" + name, workingDirectory);
      if (flags.put(key.name(), value) != null) {
        throw new SettingsException("Option " + key.flag() + " is given twice; give it once.");
      }
    }
    return flags;
  }

  private Map<String, Given> variables(Map<String, String> environment, Path workingDirectory) {
    Map<String, String> byVariable = new HashMap<>();
    keys.values().forEach(key -> byVariable.put(key.variable(), key.name()));
    Map<String, Given> variables = new HashMap<>();
    for (Key<?> key : keys.values()) {
      for (String variable : key.variables()) {
        // An empty variable of another program's is a setting that was left out.
        String text = environment.getOrDefault(variable, "");
        if (!text.isBlank()) {
          variables.put(
              key.name(), new Given(text, "environment variable " + variable, workingDirectory));
        }
      }
    }
    new TreeMap<>(environment)
        .forEach(
            (variable, text) -> {
              if (!variable.startsWith(PREFIX)) {
                return;
              }
              String name = byVariable.get(variable);
              if (name == null) {
                throw unknown("environment variable", variable, Key::variable);
              }
              variables.put(
                  name, new Given(text, "environment variable " + variable, workingDirectory));
            });
    return variables;
  }

  private Map<String, Given> file(Path path, Key<Path> configKey) {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readString(path));
    } catch (NoSuchFileException e) {
      throw new SettingsException(
          "There is no config file " + path + " (named by " + source(configKey) + ").");
    } catch (JsonProcessingException e) {
      // The parser's own message may quote a part of the file, and so a secret.
      throw new SettingsException(
          "Config file "
              + path
              + " is not valid JSON at line "
              + e.getLocation().getLineNr()
              + ", column "
              + e.getLocation().getColumnNr()
              + " (a key given twice counts as invalid).");
    } catch (IOException e) {
      throw new SettingsException("Config file " + path + " cannot be read: " + e + ".");
    }
    if (!root.isObject()) {
      throw new SettingsException(
          "Config file " + path + ": expected a JSON object such as {\"port\": 8080}.");
    }
    Map<String, Given> values = new HashMap<>();
    root.properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              Key<?> key = keys.get(name);
              if (key == null) {
                throw unknown("key in config file " + path, name, Key::name);
              }
              if (key == configKey) {
                throw new SettingsException(
                    "Config file " + path + " may not name another one ('" + name + "').");
              }
              if (!entry.getValue().isValueNode() || entry.getValue().isNull()) {
                throw new SettingsException(
                    "Setting '"
                        + name
                        + "' from config file "
                        + path
                        + ": expected "
                        + key.expectation()
                        + ", found a JSON "
                        + entry.getValue().getNodeType().name().toLowerCase(java.util.Locale.ROOT)
                        + ".");
              }
              values.put(
                  name,
                  new Given(
                      entry.getValue().asText(),
                      "config file " + path,
                      path.toAbsolutePath().getParent()));
            });
    return values;
  }

  private SettingsException unknown(String kind, String found, Function<Key<?>, String> spelling) {
    List<String> known = new ArrayList<>();
    keys.values().forEach(key -> known.add(spelling.apply(key)));
    String nearest =
        known.stream().min(Comparator.comparingInt(name -> edits(name, found))).orElseThrow();
    String question =
        edits(nearest, found) <= Math.max(SUGGESTION_EDITS, found.length() / 2)
            ? "; did you mean " + nearest + "?"
            : ". Known: " + String.join(", ", known) + ".";
    return new SettingsException("Unknown " + kind + " " + found + question);
  }

  private static String withoutValue(String argument) {
    int equals = argument.indexOf('=');
    return equals < 0 ? argument : argument.substring(0, equals) + "=...";
  }

  /** Levenshtein's distance. */
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int above = row[j];
        int replace = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replace, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[to.length()];
  }
}
