package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What identifies a relation of a program: a digest of its definition and of what it reads, so that
 * two programs compute a view alike if and only if its digest is the same.
 */
final class RelationDigests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> digests = new HashMap<>();

  private RelationDigests() {}

  /**
   * The digests of a program without errors.
   *
   * @param inputs the relations that a view reads
   */
  static RelationDigests of(
      List<TablePlan> tables, List<ViewPlan> views, Function<String, List<String>> inputs) {
    RelationDigests digests = new RelationDigests();
    tables.forEach(digests::add);
    views.forEach(view -> digests.add(view, inputs.apply(view.name())));
    return digests;
  }

  /** Adds {@code persistent_id} to the tables and views of a dataflow graph. */
  void mark(ObjectNode dataflow) {
    for (JsonNode node : dataflow.path("mir")) {
      String digest = digests.get(node.path("view").asText(node.path("table").asText()));
      if (digest != null) {
        ((ObjectNode) node).put("persistent_id", digest);
      }
    }
  }

  private void add(TablePlan table) {
    digests.put(table.name(), digest(text(table)));
  }

  private void add(ViewPlan view, List<String> reads) {
    StringBuilder definition = new StringBuilder();
    definition.append(view.kind()).append(text(view.columns())).append(view.flinkSql());
    reads.forEach(input -> definition.append('\n').append(digests.get(input)));
    digests.put(view.name(), digest(definition.toString()));
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A plan can always be written", e);
    }
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
