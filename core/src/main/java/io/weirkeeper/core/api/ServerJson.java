package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.UUID;

/** What the server says about itself and its caller (spec: api-semantics §6). */
public final class ServerJson {
  /** Version of the API that this server speaks. */
  public static final String API_VERSION = "0.337.0";

  private ServerJson() {}

  /**
   * The answer of {@code /v0/config}.
   *
   * @param ownVersion this server's version, shown as its source
   * @param revision commit that it was built from, may be empty
   * @param unstableFeatures features that were switched on
   */
  public static ObjectNode configuration(
      Edition edition, String ownVersion, String revision, List<String> unstableFeatures) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("posthog", "");
    json.put("conceptualhq", "");
    json.put("product_fruits", "");
    json.put("edition", edition.label());
    json.put("version", API_VERSION);
    json.put("revision", revision);
    json.put("runtime_revision", revision);
    json.put(
        "unstable_features",
        unstableFeatures.isEmpty() ? null : String.join(",", unstableFeatures));
    json.put("changelog_url", "");
    json.putNull("license_validity");
    json.putNull("update_info");
    ObjectNode build = json.putObject("build_info");
    build.put("build_timestamp", "");
    build.put("build_cpu", System.getProperty("os.arch", ""));
    build.put("build_os", System.getProperty("os.name", ""));
    // Fields of a tool chain that we don't use; clients want them to be there.
    build.put("cargo_dependencies", "");
    build.put("cargo_features", "");
    build.put("cargo_debug", "");
    build.put("cargo_opt_level", "");
    build.put("cargo_target_triple", "");
    build.put("rustc_version", "");
    json.put("build_source", "weirkeeper " + ownVersion);
    return json;
  }

  /** The answer of {@code /v0/config/session} for a caller who acts in one tenant. */
  public static ObjectNode session(UUID tenantId, String tenantName, String role) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("tenant_id", tenantId.toString());
    json.put("tenant_name", tenantName);
    json.put("role", role);
    ObjectNode membership = json.putArray("memberships").addObject();
    membership.put("tenant_id", tenantId.toString());
    membership.put("name", tenantName);
    membership.put("role", role);
    return json;
  }
}
