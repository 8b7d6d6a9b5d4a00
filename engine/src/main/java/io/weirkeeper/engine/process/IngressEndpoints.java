package io.weirkeeper.engine.process;

import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.RowFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The HTTP input endpoints of the process; once made they stay (spec §3.1). */
final class IngressEndpoints {
  /** What ad-hoc INSERT feeds through; not visible among the inputs. */
  private static final InputFormat AD_HOC = new InputFormat.Json(true, true);

  private record Key(String table, InputFormat format) {}

  private final Pipeline pipeline;
  private final Map<Key, IngressEndpoint> endpoints = new LinkedHashMap<>();
  private final Map<String, IngressEndpoint> adHoc = new HashMap<>();

  IngressEndpoints(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  /** The endpoint of a table and format, made when it is first asked for. */
  synchronized IngressEndpoint of(RowFormat rows, InputFormat format) {
    requireTable(rows);
    Key key = new Key(rows.relation().name(), format);
    IngressEndpoint endpoint = endpoints.get(key);
    if (endpoint == null) {
      if (endpoints.size() == Limits.INGRESS_ENDPOINTS) {
        throw new ApiError(
            429,
            "ApiConnectionLimit",
            "This pipeline already has "
                + Limits.INGRESS_ENDPOINTS
                + " HTTP input endpoints, one for each table and format used");
      }
      String hash = String.format("%08x", format.toString().hashCode());
      endpoint = open(rows, format, "api-ingress-" + hash);
      endpoints.put(key, endpoint);
    }
    return endpoint;
  }

  /** The endpoint through which ad-hoc INSERT feeds a table. */
  synchronized IngressEndpoint ofInsert(RowFormat rows) {
    requireTable(rows);
    return adHoc.computeIfAbsent(
        rows.relation().name(), table -> open(rows, AD_HOC, "api-adhoc-insert"));
  }

  private IngressEndpoint open(RowFormat rows, InputFormat format, String suffix) {
    String table = rows.relation().name();
    return new IngressEndpoint(
        rows, format, pipeline.dataflow().openInput(table, table + "." + suffix));
  }

  private static void requireTable(RowFormat rows) {
    if (rows.relation().kind() != Relation.Kind.TABLE) {
      throw new ApiError(
          404,
          "ConfigError.UnknownInputStream",
          "'" + rows.relation().name() + "' is a view; only tables take input");
    }
  }

  synchronized List<IngressEndpoint> all() {
    return new ArrayList<>(endpoints.values());
  }

  /**
   * An endpoint by name.
   *
   * @throws ApiError 404 UnknownInputEndpoint
   */
  IngressEndpoint named(String name) {
    return all().stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ApiError(
                    404,
                    "UnknownInputEndpoint",
                    "There is no input endpoint named '" + Pipeline.shown(name) + "'"));
  }
}
