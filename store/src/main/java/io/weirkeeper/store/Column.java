package io.weirkeeper.store;

import io.weirkeeper.core.pipeline.PipelineRecord;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A column of the table {@code pipeline}.
 *
 * @param name in the table
 * @param type in SQL
 * @param part what it is written together with
 * @param value its value in a record, as the client sends it
 */
record Column(String name, String type, Part part, Function<PipelineRecord, Object> value) {

  /**
   * Columns that are written together: an update sends only the parts that changed, so that a
   * status change does not carry the program along, and the number of different statements stays
   * small.
   */
  enum Part {
    /** Written once. */
    IDENTITY(record -> null),
    LABELS(
        record -> {
          var definition = record.definition();
          return List.of(
              definition.name(), definition.description(), definition.tags(), record.shard());
        }),
    RUNTIME_CONFIG(record -> record.definition().runtimeConfig()),
    PROGRAM_CONFIG(record -> record.definition().programConfig()),
    CODE(
        record -> {
          var definition = record.definition();
          return List.of(definition.programCode(), definition.udfRust(), definition.udfToml());
        }),
    VERSIONS(PipelineRecord::versions),
    PROGRAM_STATUS(record -> List.of(record.program().status(), stored(record.program().since()))),
    PROGRAM_OUTPUT(
        record ->
            Arrays.asList(
                record.program().sqlCompilation(),
                record.program().rustCompilation(),
                record.program().systemError(),
                record.program().info(),
                record.program().plan())),
    STORAGE(PipelineRecord::storage),
    RESOURCES(PipelineRecord::resources),
    RUNTIME(PipelineRecord::runtime),
    LAUNCH(PipelineRecord::launch),
    DEPLOYMENT(
        record ->
            Arrays.asList(
                record.deployment().number(),
                record.deployment().id(),
                record.deployment().secret(),
                record.deployment().host())),
    DEPLOYMENT_CONFIG(record -> record.deployment().config()),
    PROCESS(record -> record.deployment().process()),
    LEASE(record -> record.deployment().leaseUntil()),
    ERROR(PipelineRecord::deploymentError);

    private final Function<PipelineRecord, Object> content;

    Part(Function<PipelineRecord, Object> content) {
      this.content = content;
    }

    /**
     * Whether this part of two records differs. Documents that are the same object cost nothing.
     */
    boolean differs(PipelineRecord before, PipelineRecord after) {
      return !Objects.equals(content.apply(before), content.apply(after));
    }

    private static Object stored(Instant time) {
      return PipelineStore.stored(time);
    }
  }

  /** The n-th parameter as this column's value. */
  String placeholder(int n) {
    // A document is sent as text: the client would build its own JSON tree otherwise.
    return type.equals("jsonb") ? "$" + n + "::text::jsonb" : "$" + n + "::" + type;
  }

  /** How it is selected: documents as text, for the same reason. */
  String selected(String alias) {
    return alias + "." + name + (type.equals("jsonb") ? "::text" : "");
  }
}
