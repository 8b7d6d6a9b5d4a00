package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ConfigFields.FieldException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns a {@code program_config} as it was sent into one that has every field (spec: api-semantics
 * §2, §3.5). Normalising twice is the same as once.
 */
public final class ProgramConfig {
  private static final Set<String> PROFILES =
      new LinkedHashSet<>(List.of("dev", "unoptimized", "optimized", "optimized_symbols"));

  private static final Pattern RUNTIME_VERSION =
      Pattern.compile("[0-9a-f]{40}|v\\d+\\.\\d+\\.\\d+");

  private ProgramConfig() {}

  /** The configuration of a pipeline for which none was given. */
  public static ObjectNode defaults() {
    return normalise(JsonNodeFactory.instance.objectNode());
  }

  /**
   * Fills in, and checks, a configuration.
   *
   * @param value what was sent; not modified
   * @throws ApiException with {@code InvalidProgramConfig}
   */
  public static ObjectNode normalise(JsonNode value) {
    try {
      ConfigFields fields = new ConfigFields("", value);
      fields.nullableOneOf("profile", PROFILES);
      fields.bool("cache", true);
      fields.nullableText("runtime_version");
      JsonNode version = fields.result().get("runtime_version");
      if (version.isTextual() && !isRuntimeVersion(version.textValue())) {
        throw new FieldException("runtime_version", runtimeVersionForms(), version);
      }
      fields.bool("use_platform_compiler", false);
      return fields.result();
    } catch (FieldException e) {
      throw ApiErrors.invalidProgramConfig(value, "DeserializationFailed", e.getMessage())
          .exception();
    }
  }

  /** Whether a text names a runtime: a revision or a release. */
  public static boolean isRuntimeVersion(String text) {
    return RUNTIME_VERSION.matcher(text).matches();
  }

  /** The forms of {@link #isRuntimeVersion}, for error messages. */
  public static String runtimeVersionForms() {
    return "40 lower-case hex digits or a release such as v1.2.3";
  }
}
