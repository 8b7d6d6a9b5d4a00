package io.weirkeeper.compiler.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.plan.SourcePosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlSelectKeyword;
import org.apache.calcite.sql.SqlSetOperator;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.validate.SqlValidator;

/**
 * The operators of a program as clients draw them (spec: pipeline-protocol §10, {@code dataflow}):
 * a node per table, per step of a query in the order of SQL, and per view, each with the place in
 * the program that it comes from. {@code mir} has all nodes; {@code calcite_plan} has, for each
 * view, the same steps as a relational tree, to which {@code calcite} of a node points.
 */
final class DataflowGraph {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ObjectNode plans = JSON.objectNode();
  private final ObjectNode nodes = JSON.objectNode();
  private final Map<String, String> relations = new HashMap<>();

  /** A step of a view's query: its node, and its number in the view's tree. */
  private record Step(String node, int rel) {}

  /** Adds a table. */
  void addTable(String name, SourcePosition where) {
    ObjectNode node = newNode("source", List.of(), where);
    node.put("table", name);
    relations.put(name, lastNode());
  }

  /** Adds a view with its validated query. */
  void addView(String name, SqlNode query, SqlValidator validator, SourcePosition where) {
    ViewWalk walk = new ViewWalk(name, validator);
    Step result = walk.query(query);
    ObjectNode node = newNode("view", List.of(result.node()), where);
    node.put("view", name);
    node.set("calcite", finalRel(result.rel()));
    relations.put(name, lastNode());
  }

  /** The graph so far. */
  ObjectNode json() {
    ObjectNode graph = JSON.objectNode();
    graph.set("calcite_plan", plans.deepCopy());
    graph.set("mir", nodes.deepCopy());
    return graph;
  }

  private ObjectNode newNode(String operation, List<String> inputs, SourcePosition where) {
    ObjectNode node = nodes.putObject("s" + nodes.size());
    node.put("operation", operation);
    ArrayNode from = node.putArray("inputs");
    inputs.forEach(input -> from.addObject().put("node", input).put("output", 0));
    ArrayNode positions = node.putArray("positions");
    if (where != null) {
      positions
          .addObject()
          .put("start_line_number", where.startLine())
          .put("start_column", where.startColumn())
          .put("end_line_number", where.endLine())
          .put("end_column", where.endColumn());
    }
    return node;
  }

  private String lastNode() {
    return "s" + (nodes.size() - 1);
  }

  private static ObjectNode finalRel(int rel) {
    return JSON.objectNode().put("final", rel);
  }

  /** The steps of one view. */
  private final class ViewWalk {

    private final ArrayNode rels;
    private final SqlValidator validator;
    private final Map<String, Step> named = new LinkedHashMap<>();

    ViewWalk(String view, SqlValidator validator) {
      this.rels = plans.putObject(view).putArray("rels");
      this.validator = validator;
    }

    private Step step(String operation, String relOp, List<Step> inputs, SqlNode source) {
      List<String> from = inputs.stream().map(Step::node).toList();
      ObjectNode node = newNode(operation, from, source == null ? null : Positions.of(source));
      int rel = rels.size();
      ObjectNode entry = rels.addObject().put("id", rel).put("relOp", relOp);
      ArrayNode below = entry.putArray("inputs");
      inputs.forEach(input -> below.add(input.rel()));
      node.set("calcite", finalRel(rel));
      return new Step(lastNode(), rel);
    }

    private Step relation(String name) {
      Step known = named.get(name);
      if (known != null) {
        return known;
      }
      int rel = rels.size();
      ObjectNode scan = rels.addObject().put("id", rel).put("relOp", "LogicalTableScan");
      scan.putArray("inputs");
      scan.putArray("table").add(name);
      return new Step(relations.get(name), rel);
    }

    Step query(SqlNode node) {
      switch (node.getKind()) {
        case SELECT -> {
          return select((SqlSelect) node);
        }
        case UNION, INTERSECT, EXCEPT -> {
          SqlCall call = (SqlCall) node;
          boolean all = ((SqlSetOperator) call.getOperator()).isAll();
          String kind = node.getKind().name().toLowerCase(Locale.ROOT);
          return step(
              kind + (all ? "_all" : ""),
              "Logical" + Character.toUpperCase(kind.charAt(0)) + kind.substring(1),
              call.getOperandList().stream().map(this::query).toList(),
              node);
        }
        case WITH -> {
          for (SqlNode item : ((SqlWith) node).withList) {
            named.put(((SqlWithItem) item).name.getSimple(), query(((SqlWithItem) item).query));
          }
          return query(((SqlWith) node).body);
        }
        case AS, LATERAL -> {
          return query(((SqlCall) node).operand(0));
        }
        case IDENTIFIER -> {
          SqlIdentifier id = (SqlIdentifier) node;
          return relation(id.names.get(id.names.size() - 1));
        }
        case JOIN -> {
          SqlJoin join = (SqlJoin) node;
          List<Step> inputs = new ArrayList<>(List.of(query(join.getLeft())));
          inputs.add(query(join.getRight()));
          inputs.addAll(subqueries(join.getCondition()));
          return step("join", "LogicalJoin", inputs, node);
        }
        case VALUES -> {
          return step("constant", "LogicalValues", List.of(), node);
        }
        case UNNEST -> {
          return step("flat_map", "Uncollect", List.of(), node);
        }
        default -> {
          return step(
              node.getKind().name().toLowerCase(Locale.ROOT), "Other", subqueries(node), node);
        }
      }
    }

    private Step select(SqlSelect select) {
      Step last =
          select.getFrom() == null
              ? step("constant", "LogicalValues", List.of(), null)
              : query(select.getFrom());
      last = filtered(last, select.getWhere());
      if (select.getGroup() != null || validator.isAggregate(select)) {
        SqlNode source =
            select.getGroup() == null || select.getGroup().size() == 0
                ? select.getSelectList()
                : select.getGroup();
        last = step("aggregate", "LogicalAggregate", List.of(last), source);
        last = filtered(last, select.getHaving());
      }
      last = over(last, "map", "LogicalProject", select.getSelectList());
      last = filtered(last, select.getQualify());
      if (select.isKeywordPresent(SqlSelectKeyword.DISTINCT)) {
        last = step("distinct", "LogicalAggregate", List.of(last), select.getSelectList());
      }
      return select.getFetch() == null
          ? last
          : step(
              "topk",
              "LogicalSort",
              List.of(last),
              select.getOrderList() == null ? select.getFetch() : select.getOrderList());
    }

    private Step filtered(Step input, SqlNode condition) {
      return condition == null ? input : over(input, "filter", "LogicalFilter", condition);
    }

    private Step over(Step input, String operation, String relOp, SqlNode expressions) {
      List<Step> inputs = new ArrayList<>(List.of(input));
      inputs.addAll(subqueries(expressions));
      return step(operation, relOp, inputs, expressions);
    }

    /** The queries inside an expression. */
    private List<Step> subqueries(SqlNode expression) {
      List<Step> found = new ArrayList<>();
      if (expression != null) {
        expression.accept(
            new SqlBasicVisitor<Void>() {
              @Override
              public Void visit(SqlCall call) {
                if (call.getKind().belongsTo(SqlKind.QUERY)) {
                  found.add(query(call));
                  return null;
                }
                return super.visit(call);
              }
            });
      }
      return found;
    }
  }
}
