package io.weirkeeper.engine.connector;

import io.weirkeeper.core.connector.ConnectorConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which inputs wait for which (spec: connectors §1.4, §1.6).
 *
 * <p>A label that no input bears is refused, as is an empty list: with either, the connector would
 * start at once, or never, though someone meant it to wait.
 */
final class StartOrder {
  private final Map<String, Set<String>> waitsFor = new LinkedHashMap<>();

  /**
   * @param inputs configurations by endpoint name
   * @throws ConnectorException ConfigError.EmptyStartAfter or ConfigError.CyclicDependency
   */
  StartOrder(Map<String, ConnectorConfig> inputs) {
    inputs.forEach(
        (name, config) ->
            config
                .startAfter()
                .ifPresent(labels -> waitsFor.put(name, bearers(name, labels, inputs))));
    for (String name : waitsFor.keySet()) {
      follow(name, new ArrayList<>(), new HashSet<>());
    }
  }

  private static Set<String> bearers(
      String name, List<String> labels, Map<String, ConnectorConfig> inputs) {
    if (labels.isEmpty()) {
      throw new ConnectorException(
          "ConfigError.EmptyStartAfter",
          "input connector '" + name + "': 'start_after' names no label");
    }
    Set<String> bearers = new HashSet<>();
    for (String label : labels) {
      boolean borne = false;
      for (Map.Entry<String, ConnectorConfig> other : inputs.entrySet()) {
        if (other.getValue().labels().contains(label)) {
          bearers.add(other.getKey());
          borne = true;
        }
      }
      if (!borne) {
        throw new ConnectorException(
            "ConfigError.EmptyStartAfter",
            "input connector '"
                + name
                + "': no input connector bears the label '"
                + label
                + "' of its 'start_after'");
      }
    }
    return bearers;
  }

  private void follow(String name, List<String> path, Set<String> done) {
    int at = path.indexOf(name);
    if (at >= 0) {
      List<String> cycle = new ArrayList<>(path.subList(at, path.size()));
      cycle.add(name);
      throw new ConnectorException(
          "ConfigError.CyclicDependency",
          "input connectors wait for each other by 'start_after': " + String.join(" -> ", cycle));
    }
    if (!done.add(name)) {
      return;
    }
    path.add(name);
    for (String next : waitsFor.getOrDefault(name, Set.of())) {
      follow(next, path, done);
    }
    path.remove(path.size() - 1);
  }

  /** Whether a connector waits for others. */
  boolean waits(String name) {
    return waitsFor.containsKey(name);
  }

  /** Whether all that a connector waits for have ended. */
  boolean mayStart(String name, Set<String> ended) {
    return ended.containsAll(waitsFor.getOrDefault(name, Set.of()));
  }
}
