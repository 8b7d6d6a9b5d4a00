package io.weirkeeper.conf;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the API offers, and to whom.
 *
 * @param allowedOrigins origins whose pages may call the API, {@code --allowed-origins}, separated
 *     by commas; empty, the default, means all
 * @param developerMode whether pages of every origin may call it in every way, {@code --dev-mode},
 *     default false
 * @param unstableFeatures features that are off by default, {@code --unstable-features}, separated
 *     by commas; default none
 * @param demosDirectory SQL files that {@code /v0/config/demos} shows, {@code --demos-dir}, default
 *     {@code demos} in the program's home
 */
public record ApiSettings(
    List<String> allowedOrigins,
    boolean developerMode,
    List<String> unstableFeatures,
    Path demosDirectory) {

  static final Key<String> ALLOWED_ORIGINS =
      Key.text(
          "allowed-origins",
          "ORIGINS",
          "all",
          "origins whose pages may call the API, separated by commas");
  static final Key<Boolean> DEV_MODE =
      Key.toggle("dev-mode", "let pages of every origin call the API in every way");
  static final Key<String> UNSTABLE_FEATURES =
      Key.text(
              "unstable-features",
              "NAMES",
              "none",
              "features to switch on, separated by commas: testing, runtime_version")
          .alsoVariable("FELDERA_UNSTABLE_FEATURES");
  static final Key<Path> DEMOS_DIR =
      Key.path(
          "demos-dir", "DIRECTORY", "demos in the program's folder", "SQL files to show as demos");

  static final List<Key<?>> KEYS = List.of(ALLOWED_ORIGINS, DEV_MODE, UNSTABLE_FEATURES, DEMOS_DIR);

  /** Copies the lists. */
  public ApiSettings {
    allowedOrigins = List.copyOf(allowedOrigins);
    unstableFeatures = List.copyOf(unstableFeatures);
  }

  static ApiSettings from(Values values, Path home) {
    return new ApiSettings(
        list(values.get(ALLOWED_ORIGINS).orElse("")),
        values.get(DEV_MODE).orElse(false),
        list(values.get(UNSTABLE_FEATURES).orElse("")),
        values.get(DEMOS_DIR).orElse(home.resolve("demos").toAbsolutePath().normalize()));
  }

  private static List<String> list(String text) {
    return Stream.of(text.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList();
  }
}
