package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.pipeline.Definition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads what a user wrote of a pipeline: bodies of POST, PUT and PATCH (spec: api-semantics §2,
 * §3.1). The checks run in the order that clients see: shape of the body, name and configurations,
 * then metadata.
 */
public final class DefinitionReader {
  /** Longest name of a pipeline, in bytes. */
  public static final int MAX_NAME_BYTES = 63;

  /** Longest description, in characters. */
  public static final int MAX_DESCRIPTION_CHARS = 300;

  /** Most tags of a pipeline. */
  public static final int MAX_TAGS = 50;

  /** Longest tag, in characters. */
  public static final int MAX_TAG_CHARS = 50;

  private static final String NAME_PATTERN = "^([A-Za-z0-9][-A-Za-z0-9_]*)?[A-Za-z0-9]$";
  private static final String NAME_PATTERN_DESCRIPTION =
      "it must begin and end with a letter or a digit and may hold letters, digits, '-' and '_'";
  private static final Pattern NAME = Pattern.compile(NAME_PATTERN);
  private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9 ._/|\\\\:=-]+");

  /**
   * Reads the body of a POST or PUT: everything is given or gets its default.
   *
   * @throws RequestBodyException when the body has the wrong shape
   * @throws ApiException when a value is not allowed
   */
  public Definition readDefinition(byte[] body) {
    JsonBody json = JsonBody.parse(body);
    final String name = json.requiredText("name");
    final String programCode = json.requiredText("program_code");
    final String description = json.text("description", "");
    final List<String> tags = tags(json.raw("tags"), List.of());
    final JsonNode runtimeConfig = json.nullableJson("runtime_config");
    final JsonNode programConfig = json.nullableJson("program_config");
    final String udfRust = json.nullableText("udf_rust");
    final String udfToml = json.nullableText("udf_toml");

    checkName(name);
    final JsonNode normalRuntime =
        runtimeConfig == null
            ? shared(RuntimeConfig.defaults())
            : shared(RuntimeConfig.normalise(runtimeConfig));
    final JsonNode normalProgram =
        programConfig == null
            ? shared(ProgramConfig.defaults())
            : shared(ProgramConfig.normalise(programConfig));
    checkTags(tags);
    checkDescription(description);
    return new Definition(
        name,
        description,
        tags,
        normalRuntime,
        programCode,
        udfRust == null ? "" : udfRust,
        udfToml == null ? "" : udfToml,
        normalProgram);
  }

  /**
   * Reads the body of a PATCH.
   *
   * @throws RequestBodyException when the body has the wrong shape
   * @throws ApiException when a value is not allowed
   */
  public PipelinePatch readPatch(byte[] body) {
    JsonBody json = JsonBody.parse(body);
    final String name = json.nullableText("name");
    final String description = json.nullableText("description");
    final List<String> tags =
        json.nullableJson("tags") == null ? null : tags(json.raw("tags"), null);
    final JsonNode runtimeConfig = json.nullableJson("runtime_config");
    final String programCode = json.nullableText("program_code");
    final String udfRust = json.nullableText("udf_rust");
    final String udfToml = json.nullableText("udf_toml");
    final JsonNode programConfig = json.nullableJson("program_config");

    if (name != null) {
      checkName(name);
    }
    final JsonNode normalRuntime =
        runtimeConfig == null ? null : shared(RuntimeConfig.normalise(runtimeConfig));
    final JsonNode normalProgram =
        programConfig == null ? null : shared(ProgramConfig.normalise(programConfig));
    if (tags != null) {
      checkTags(tags);
    }
    return new PipelinePatch(
        name, description, tags, normalRuntime, programCode, udfRust, udfToml, normalProgram);
  }

  /**
   * Checks a pipeline's name.
   *
   * @throws ApiException with {@code EmptyName}, {@code TooLongName} or {@code
   *     NameDoesNotMatchPattern}, checked in this order
   */
  public static void checkName(String name) {
    if (name.isEmpty()) {
      throw ApiErrors.emptyName().exception();
    }
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_NAME_BYTES) {
      throw ApiErrors.tooLongName(name, length, MAX_NAME_BYTES).exception();
    }
    if (!NAME.matcher(name).matches()) {
      throw ApiErrors.nameDoesNotMatchPattern(name, NAME_PATTERN, NAME_PATTERN_DESCRIPTION)
          .exception();
    }
  }

  /**
   * Checks the length of a description; of an update only when it changes.
   *
   * @throws ApiException with {@code TooLongDescription}
   */
  public static void checkDescription(String description) {
    int length = description.codePointCount(0, description.length());
    if (length > MAX_DESCRIPTION_CHARS) {
      throw ApiErrors.tooLongDescription(length, MAX_DESCRIPTION_CHARS).exception();
    }
  }

  private static List<String> tags(JsonNode given, List<String> byDefault) {
    if (given == null) {
      return byDefault;
    }
    if (!given.isArray()) {
      throw JsonBody.wrongType("tags", "a list of strings", given);
    }
    List<String> tags = new ArrayList<>();
    for (JsonNode tag : given) {
      if (!tag.isTextual()) {
        throw JsonBody.wrongType("tags", "a list of strings", tag);
      }
      tags.add(tag.textValue());
    }
    return tags;
  }

  private static void checkTags(List<String> tags) {
    if (tags.size() > MAX_TAGS) {
      throw ApiErrors.tooManyTags(tags.size(), MAX_TAGS).exception();
    }
    for (String tag : tags) {
      if (tag.isEmpty()) {
        throw ApiErrors.invalidTag(tag, "it is empty; a tag has at least one character")
            .exception();
      }
      int length = tag.codePointCount(0, tag.length());
      if (length > MAX_TAG_CHARS) {
        throw ApiErrors.invalidTag(
                tag, "it has " + length + " characters, at most " + MAX_TAG_CHARS + " are allowed")
            .exception();
      }
      if (!TAG.matcher(tag).matches()) {
        throw ApiErrors.invalidTag(
                tag, "only letters, digits, spaces and . _ / | \\ : = - are allowed")
            .exception();
      }
    }
  }

  /** Most pipelines have one of few configurations. */
  private static JsonNode shared(JsonNode config) {
    return CompactJson.shared(config.toString());
  }
}
