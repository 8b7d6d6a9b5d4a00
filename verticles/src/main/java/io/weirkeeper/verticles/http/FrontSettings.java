package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Objects;

/**
 * How the REST front behaves.
 *
 * @param bindAddress address to listen on
 * @param port TCP port; 0 takes a free one, the same for all instances
 * @param ownVersion version of this server, as opposed to the API's
 * @param revision commit that it was built from, may be empty
 * @param developerMode whether pages of every origin may call it in every way
 * @param allowedOrigins origins whose pages may call it; empty means all
 * @param timeouts how long to wait for what
 * @param limits how much of what
 * @param unstableFeatures names of features that are off by default, as {@code /v0/config} shows
 *     them
 * @param demos the answer of {@code /v0/config/demos}
 */
public record FrontSettings(
    String bindAddress,
    int port,
    String ownVersion,
    String revision,
    boolean developerMode,
    List<String> allowedOrigins,
    FrontTimeouts timeouts,
    FrontLimits limits,
    List<String> unstableFeatures,
    JsonNode demos) {

  /** Refuses missing parts. */
  public FrontSettings {
    Objects.requireNonNull(bindAddress, "bindAddress");
    Objects.requireNonNull(timeouts, "timeouts");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(demos, "demos");
    allowedOrigins = List.copyOf(allowedOrigins);
    unstableFeatures = List.copyOf(unstableFeatures);
  }

  /** With default times and limits. */
  public static FrontSettings of(String bindAddress, int port, String ownVersion, String revision) {
    return new FrontSettings(
        bindAddress,
        port,
        ownVersion,
        revision,
        false,
        List.of(),
        FrontTimeouts.DEFAULTS,
        FrontLimits.DEFAULTS,
        List.of(),
        JsonNodeFactory.instance.arrayNode());
  }

  /** With other times. */
  public FrontSettings withTimeouts(FrontTimeouts other) {
    return new FrontSettings(
        bindAddress,
        port,
        ownVersion,
        revision,
        developerMode,
        allowedOrigins,
        other,
        limits,
        unstableFeatures,
        demos);
  }

  /** With other limits. */
  public FrontSettings withLimits(FrontLimits other) {
    return new FrontSettings(
        bindAddress,
        port,
        ownVersion,
        revision,
        developerMode,
        allowedOrigins,
        timeouts,
        other,
        unstableFeatures,
        demos);
  }

  /** With other rules for pages of other origins. */
  public FrontSettings withOrigins(boolean developer, List<String> origins) {
    return new FrontSettings(
        bindAddress,
        port,
        ownVersion,
        revision,
        developer,
        origins,
        timeouts,
        limits,
        unstableFeatures,
        demos);
  }

  /** With features that are off by default, and with demos. */
  public FrontSettings withExtras(List<String> features, JsonNode demonstrations) {
    return new FrontSettings(
        bindAddress,
        port,
        ownVersion,
        revision,
        developerMode,
        allowedOrigins,
        timeouts,
        limits,
        features,
        demonstrations);
  }
}
