package io.weirkeeper.engine.flow;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.transformations.PhysicalTransformation;
import org.apache.flink.streaming.api.transformations.SourceTransformation;

/**
 * Gives Flink's operators ids that depend on what an operator computes and on what is upstream of
 * it, and on nothing else: not, as Flink's own, on how many operators there are and in which order.
 * So an operator finds its state again when a view beside it has gone.
 */
final class OperatorIds {

  /** Numbers that Flink's planner gives to its nodes, in an order that means nothing. */
  private static final String NODE_NUMBER = "\\[\\d+]:?";

  private final IntFunction<String> viewNames;
  private final Map<Transformation<?>, String> digests = new IdentityHashMap<>();
  private final Map<String, Integer> uses = new HashMap<>();

  private OperatorIds(IntFunction<String> viewNames) {
    this.viewNames = viewNames;
  }

  /**
   * Names all operators upstream of some, and these.
   *
   * @param viewNames name of an output view by its number
   */
  static void assign(Iterable<Transformation<?>> roots, IntFunction<String> viewNames) {
    OperatorIds ids = new OperatorIds(viewNames);
    roots.forEach(ids::name);
  }

  private String name(Transformation<?> node) {
    String known = digests.get(node);
    if (known != null) {
      return known;
    }
    StringBuilder text = new StringBuilder(node.getClass().getSimpleName());
    text.append('\n').append(own(node)).append('\n').append(node.getOutputType());
    node.getInputs().forEach(input -> text.append('\n').append(name(input)));
    String digest = Digest.of(text.toString());
    digests.put(node, digest);
    if (node instanceof PhysicalTransformation) {
      // Two operators that do the same with the same rows have the same state.
      int use = uses.merge(digest, 1, Integer::sum);
      node.setUid(use == 1 ? digest : digest + "-" + use);
    }
    return digest;
  }

  private String own(Transformation<?> node) {
    int view = FlinkPlan.viewInName(node.getName());
    if (view >= 0 && node.getInputs().size() == 1) {
      return "output " + viewNames.apply(view);
    }
    if (node instanceof SourceTransformation<?, ?, ?> source
        && source.getSource() instanceof StepSource ours) {
      return "input " + ours.table();
    }
    String description = node.getDescription();
    return (node.getName() + "\n" + description).replaceAll(NODE_NUMBER, "");
  }
}
