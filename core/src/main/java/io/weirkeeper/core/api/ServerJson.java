package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.auth.Membership;
import io.weirkeeper.core.auth.Principal;
import java.util.List;

/** What the server says about itself and its caller (spec: api-semantics §6). */
public final class ServerJson {
  /** Version of the API that this server speaks. */
  public static final String API_VERSION = "0.337.0";

  /** Clients take from it that there are checkpoints and fault tolerance. */
  private static final String EDITION = "Enterprise";

  private ServerJson() {}

  /**
   * The answer of {@code /v0/config}.
   *
   * @param ownVersion this server's version, shown as its source
   * @param revision commit that it was built from, may be empty
   * @param unstableFeatures features that were switched on
   */
  public static ObjectNode configuration(
      String ownVersion, String revision, List<String> unstableFeatures) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("posthog", "");
    json.put("conceptualhq", "");
    json.put("product_fruits", "");
    json.put("edition", EDITION);
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

  /**
   * The answer of {@code /v0/config/session}.
   *
   * @param principal the caller, or null when no tenant could be resolved
   * @param memberships the tenants that they may choose from
   */
  public static ObjectNode session(Principal principal, List<Membership> memberships) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("tenant_id", principal == null ? null : principal.tenantId().toString());
    json.put("tenant_name", principal == null ? null : principal.tenantName());
    json.put("role", principal == null ? null : principal.role().label());
    ArrayNode list = json.putArray("memberships");
    for (Membership each : memberships) {
      list.addObject()
          .put("tenant_id", each.tenantId().toString())
          .put("name", each.tenantName())
          .put("role", each.role().label());
    }
    return json;
  }
}
