package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
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
 * The {@code dataflow} of a program: which relation reads which (spec: pipeline-protocol §10). A
 * node is a table or a view, not an operator: the engine plans operators only when a pipeline
 * starts. The {@code persistent_id} of a node is a digest of its definition and of what it reads,
 * so two programs compute a view alike if and only if its id is the same.
 */
final class DataflowGraph {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode calcitePlan = JSON.createObjectNode();
  private final ObjectNode mir = JSON.createObjectNode();
  private final Map<String, String> nodes = new HashMap<>();
  private final Map<String, String> digests = new HashMap<>();

  private DataflowGraph() {}

  /**
   * The graph of a program without errors.
   *
   * @param inputs the relations that a view reads
   */
  static ObjectNode of(
      List<TablePlan> tables, List<ViewPlan> views, Function<String, List<String>> inputs) {
    DataflowGraph graph = new DataflowGraph();
    tables.forEach(graph::add);
    views.forEach(view -> graph.add(view, inputs.apply(view.name())));
    ObjectNode json = JSON.createObjectNode();
    json.set("calcite_plan", graph.calcitePlan);
    json.set("mir", graph.mir);
    return json;
  }

  private void add(TablePlan table) {
    ObjectNode node = node(table.name(), "source", digest(text(table)));
    node.put("table", table.name());
    node.putArray("inputs");
    scan(calcitePlan.putObject(table.name()).putArray("rels"), table.name());
  }

  private void add(ViewPlan view, List<String> reads) {
    StringBuilder definition = new StringBuilder();
    definition.append(view.kind()).append(text(view.columns())).append(view.flinkSql());
    reads.forEach(input -> definition.append('\n').append(digests.get(input)));
    ObjectNode node = node(view.name(), "view", digest(definition.toString()));
    node.put("view", view.name());
    ArrayNode edges = node.putArray("inputs");
    ArrayNode rels = calcitePlan.putObject(view.name()).putArray("rels");
    for (String input : reads) {
      edges.addObject().put("node", nodes.get(input)).put("output", 0);
      scan(rels, input);
    }
    node.putArray("positions").add(JSON.valueToTree(view.position()));
    ObjectNode result = rels.addObject();
    result.put("id", rels.size() - 1).put("relOp", "View");
    ArrayNode from = result.putArray("inputs");
    for (int i = 0; i < reads.size(); i++) {
      from.add(i);
    }
    ArrayNode fields = result.putArray("fields");
    view.columns().forEach(column -> fields.add(column.name()));
    node.putObject("calcite").put("final", rels.size() - 1);
  }

  private ObjectNode node(String relation, String operation, String digest) {
    String id = "n" + mir.size();
    nodes.put(relation, id);
    digests.put(relation, digest);
    return mir.putObject(id).put("operation", operation).put("persistent_id", digest);
  }

  private static void scan(ArrayNode rels, String relation) {
    ObjectNode scan = rels.addObject();
    scan.put("id", rels.size() - 1).put("relOp", "TableScan").putArray("inputs");
    scan.putArray("table").add(relation);
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
