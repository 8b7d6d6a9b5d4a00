package io.weirkeeper.conf;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads settings from what a test gives. */
final class Given {
  static final Path HOME = Path.of("/opt/weirkeeper");

  private Given() {}

  static Settings flags(String... flags) {
    return Settings.read(List.of(flags), Map.of(), HOME);
  }

  static Settings environment(String... namesAndValues) {
    Map<String, String> environment = new java.util.HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      environment.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Settings.read(List.of(), environment, HOME);
  }
}
