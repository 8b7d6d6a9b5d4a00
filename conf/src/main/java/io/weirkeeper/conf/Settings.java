package io.weirkeeper.conf;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All settings of {@code run}: flag over environment variable over config file over default.
 *
 * <p>Prints without secrets, so it may be logged.
 *
 * @param http where the program listens
 * @param data where things are kept
 * @param compiler limits of compilation
 * @param engine limits of pipeline processes
 * @param api what the API offers, and to whom
 * @param history how much is kept of what was
 * @param auth who may come in
 * @param quotas how much each tenant may have
 * @param warnings what was given without effect, one sentence each
 */
public record Settings(
    HttpSettings http,
    DataSettings data,
    CompilerSettings compiler,
    EngineSettings engine,
    ApiSettings api,
    HistorySettings history,
    AuthSettings auth,
    QuotaSettings quotas,
    List<String> warnings) {

  static final Key<Path> CONFIG =
      Key.path("config", "FILE", "none", "JSON object whose keys are these names without dashes");

  /** Every setting there is, in the order of the help text. */
  static final List<Key<?>> KEYS =
      Stream.of(
              HttpSettings.KEYS,
              DataSettings.KEYS,
              List.<Key<?>>of(CONFIG),
              EngineSettings.KEYS,
              CompilerSettings.KEYS,
              ApiSettings.KEYS,
              AuthSettings.KEYS,
              QuotaSettings.KEYS,
              HistorySettings.KEYS)
          .<Key<?>>flatMap(List::stream)
          .toList();

  /**
   * Reads the settings.
   *
   * @param arguments flags of {@code run}: {@code --name value}, {@code --name=value} or {@code
   *     --switch}
   * @param environment variables; those that begin with {@code WEIRKEEPER_} must be known
   * @param home the program's folder; the default data directory is in it
   * @throws SettingsException naming the option, its source, what was found and what was expected
   */
  public static Settings read(List<String> arguments, Map<String, String> environment, Path home) {
    Values values = Values.read(KEYS, CONFIG, arguments, environment, Path.of("").toAbsolutePath());
    AuthSettings auth = AuthSettings.from(values);
    return new Settings(
        HttpSettings.from(values, auth.isOn()),
        DataSettings.from(values, home),
        CompilerSettings.from(values),
        EngineSettings.from(values),
        ApiSettings.from(values, home),
        HistorySettings.from(values),
        auth,
        QuotaSettings.from(values),
        values.warnings());
  }

  /** Whether help is asked for instead of a run. */
  public static boolean wantsHelp(List<String> arguments) {
    return arguments.contains("--help") || arguments.contains("-h");
  }

  /** The options of {@code run}, one paragraph each: flag, meaning, variable and default. */
  public static String help() {
    StringBuilder help =
        new StringBuilder(
            "Options of run (flag over environment variable over config file over default):\n");
    for (Key<?> key : KEYS) {
      String flag = key.isSwitch() ? key.flag() : key.flag() + " " + key.placeholder();
      String also =
          Stream.concat(key.aliases().stream().map(alias -> "--" + alias), key.variables().stream())
              .collect(Collectors.joining(", "));
      help.append(
          String.format(
              "  %-30s %s%n  %-30s %s, default %s%s%n",
              flag,
              key.summary(),
              "",
              key.variable(),
              key.fallback(),
              also.isEmpty() ? "" : "; also " + also));
    }
    return help.toString();
  }
}
