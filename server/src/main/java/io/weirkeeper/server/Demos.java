package io.weirkeeper.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Programs to try, for {@code /v0/config/demos} (spec: api-semantics §6). Each is a file {@code
 * x.sql} that begins with {@code -- Title (name)} and goes on with comment lines that describe it;
 * {@code x.udf.rs} and {@code x.udf.toml} beside it are optional.
 */
final class Demos {
  private static final Pattern FIRST_LINE = Pattern.compile("--\\s*(.+?)\\s*\\(([\\w-]+)\\)\\s*");
  private static final String SUFFIX = ".sql";

  private Demos() {}

  /**
   * Reads a directory, in order of file names; one that does not exist has no demos.
   *
   * @throws IOException when a file can't be read or does not begin as it must; the message names
   *     it
   */
  static ArrayNode read(Path directory) throws IOException {
    ArrayNode demos = JsonNodeFactory.instance.arrayNode();
    if (!Files.isDirectory(directory)) {
      return demos;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      add(demos, file);
    }
    return demos;
  }

  private static void add(ArrayNode demos, Path file) throws IOException {
    String code = Files.readString(file);
    List<String> lines = code.lines().toList();
    Matcher first = FIRST_LINE.matcher(lines.isEmpty() ? "" : lines.get(0));
    if (!first.matches()) {
      throw new IOException(
          "The demo " + file + " must begin with a line such as '-- Title (name)'");
    }
    StringBuilder description = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      if (!line.startsWith("--")) {
        break;
      }
      String text = line.substring(2).strip();
      if (!text.isEmpty()) {
        description.append(description.isEmpty() ? "" : " ").append(text);
      }
    }
    demos
        .addObject()
        .put("name", first.group(2))
        .put("title", first.group(1))
        .put("description", description.toString())
        .put("program_code", code)
        .put("udf_rust", beside(file, ".udf.rs"))
        .put("udf_toml", beside(file, ".udf.toml"));
  }

  private static String beside(Path file, String suffix) throws IOException {
    String name = file.getFileName().toString();
    Path other = file.resolveSibling(name.substring(0, name.length() - SUFFIX.length()) + suffix);
    return Files.exists(other) ? Files.readString(other) : "";
  }
}
