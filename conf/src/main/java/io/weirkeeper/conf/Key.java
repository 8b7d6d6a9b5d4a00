package io.weirkeeper.conf;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A setting: one entry of the table from which parsing, help and messages are made.
 *
 * @param name name of the flag without dashes, and key in the config file
 * @param placeholder stands for the value in the help text; null for a switch
 * @param expectation what a value must be, to follow "expected"
 * @param fallback the default as the help text shows it
 * @param summary one line of help
 * @param secret whether values must not be printed
 * @param aliases other names of the flag, without dashes
 * @param variables other names of the environment variable
 * @param parser reads a value; throws IllegalArgumentException for an unusable one
 * @param <T> type of the value
 */
record Key<T>(
    String name,
    String placeholder,
    String expectation,
    String fallback,
    String summary,
    boolean secret,
    List<String> aliases,
    List<String> variables,
    Parser<T> parser) {

  /** A setting with one name only. */
  Key(
      String name,
      String placeholder,
      String expectation,
      String fallback,
      String summary,
      boolean secret,
      Parser<T> parser) {
    this(name, placeholder, expectation, fallback, summary, secret, List.of(), List.of(), parser);
  }

  /** The same with another name of its flag. */
  Key<T> alsoFlag(String alias) {
    return new Key<>(
        name,
        placeholder,
        expectation,
        fallback,
        summary,
        secret,
        List.of(alias),
        variables,
        parser);
  }

  /** The same with another name of its environment variable. */
  Key<T> alsoVariable(String variable) {
    return new Key<>(
        name,
        placeholder,
        expectation,
        fallback,
        summary,
        secret,
        aliases,
        List.of(variable),
        parser);
  }

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

  /** Reads a value; relative paths are resolved against {@code base}. */
  @FunctionalInterface
  interface Parser<T> {
    T parse(String text, Path base);
  }

  /** A whole number from {@code least} to {@code most}. */
  static Key<Integer> number(String name, String fallback, int least, int most, String summary) {
    return new Key<>(
        name,
        "N",
        "a whole number from " + least + " to " + most,
        fallback,
        summary,
        false,
        (text, base) -> {
          int value = Integer.parseInt(text.strip());
          if (value < least || value > most) {
            throw new IllegalArgumentException("out of range");
          }
          return value;
        });
  }

  /** A switch: given without a value it is true. */
  static Key<Boolean> toggle(String name, String summary) {
    return toggle(name, false, summary);
  }

  /** A switch with a default. */
  static Key<Boolean> toggle(String name, boolean fallback, String summary) {
    return new Key<>(
        name,
        null,
        "true or false",
        Boolean.toString(fallback),
        summary,
        false,
        (text, base) ->
            switch (text.strip().toLowerCase(Locale.ROOT)) {
              case "true", "1", "yes" -> true;
              case "false", "0", "no" -> false;
              default -> throw new IllegalArgumentException("not a switch");
            });
  }

  /** A text that is not empty. */
  static Key<String> text(String name, String placeholder, String fallback, String summary) {
    return new Key<>(
        name,
        placeholder,
        "a text that is not empty",
        fallback,
        summary,
        false,
        (text, base) -> {
          if (text.isBlank()) {
            throw new IllegalArgumentException("empty");
          }
          return text.strip();
        });
  }

  /** Texts separated by commas, perhaps none. */
  static Key<String> list(String name, String placeholder, String fallback, String summary) {
    return new Key<>(
        name,
        placeholder,
        "texts separated by commas",
        fallback,
        summary,
        false,
        (text, base) -> text.strip());
  }

  /** One of some words. */
  static Key<String> word(String name, String fallback, List<String> words, String summary) {
    return new Key<>(
        name,
        "WORD",
        "one of " + String.join(", ", words),
        fallback,
        summary + " (" + String.join(", ", words) + ")",
        false,
        (text, base) -> {
          String word = text.strip().toLowerCase(Locale.ROOT);
          if (!words.contains(word)) {
            throw new IllegalArgumentException("none of the words");
          }
          return word;
        });
  }

  /** Something written in JSON. */
  static <T> Key<T> json(
      String name,
      String expectation,
      String fallback,
      String summary,
      Function<String, T> reader) {
    return new Key<>(
        name, "JSON", expectation, fallback, summary, false, (text, base) -> reader.apply(text));
  }

  /** A text that is never printed. */
  static Key<Secret> secret(
      String name, String placeholder, String expectation, String fallback, String summary) {
    return new Key<>(
        name,
        placeholder,
        expectation,
        fallback,
        summary,
        true,
        (text, base) -> {
          if (text.isBlank()) {
            throw new IllegalArgumentException("empty");
          }
          return new Secret(text.strip());
        });
  }

  /** A path; relative ones count from the working directory, or from the config file's folder. */
  static Key<Path> path(String name, String placeholder, String fallback, String summary) {
    return new Key<>(
        name,
        placeholder,
        "a path",
        fallback,
        summary,
        false,
        (text, base) -> {
          if (text.isBlank()) {
            throw new IllegalArgumentException("empty");
          }
          return base.resolve(text).toAbsolutePath().normalize();
        });
  }

  /** A time with its unit, from {@code least} to {@code most}. */
  static Key<Duration> duration(
      String name, Duration fallback, Duration least, Duration most, String summary) {
    return new Key<>(
        name,
        "TIME",
        "a time with its unit (ms, s, m, h) from " + show(least) + " to " + show(most),
        show(fallback),
        summary,
        false,
        (text, base) -> {
          Matcher matcher = DURATION.matcher(text.strip().toLowerCase(Locale.ROOT));
          if (!matcher.matches()) {
            throw new IllegalArgumentException("not a time");
          }
          long count = Long.parseLong(matcher.group(1));
          Duration value =
              switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                default -> Duration.ofHours(count);
              };
          if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException("out of range");
          }
          return value;
        });
  }

  /** A size in bytes with an optional unit, from {@code least} to {@code most}. */
  static Key<DataSize> size(
      String name, DataSize fallback, DataSize least, DataSize most, String summary) {
    return new Key<>(
        name,
        "SIZE",
        "a size (bytes, or with k, m, g) from " + least + " to " + most,
        fallback.toString(),
        summary,
        false,
        (text, base) -> {
          DataSize value = DataSize.parse(text);
          if (value.bytes() < least.bytes() || value.bytes() > most.bytes()) {
            throw new IllegalArgumentException("out of range");
          }
          return value;
        });
  }

  /** The flag, for example {@code --data-dir}. */
  String flag() {
    return "--" + name;
  }

  /** The environment variable, for example {@code WEIRKEEPER_DATA_DIR}. */
  String variable() {
    return Values.PREFIX + name.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** Whether the flag may be given without a value. */
  boolean isSwitch() {
    return placeholder == null;
  }

  private static String show(Duration time) {
    if (time.toMillis() % 1000 != 0) {
      return time.toMillis() + "ms";
    }
    long seconds = time.toSeconds();
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 && seconds > 300 ? seconds / 60 + "m" : seconds + "s";
  }
}
