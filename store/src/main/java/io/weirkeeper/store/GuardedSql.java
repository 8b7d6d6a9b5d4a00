package io.weirkeeper.store;

import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Column.Part;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Texts of the guarded statements. Every one has the same shape: lock the shard row {@code FOR
 * SHARE} while comparing the guard, write, add the event, and select what tells the outcomes apart:
 * {@code owned}, {@code committed} (the new revision) and {@code current} (the row's revision when
 * the statement began).
 *
 * <p>{@code FOR SHARE} and not less: with {@code FOR KEY SHARE}, or with a plain condition, a claim
 * does not wait for the write, and a write that was decided before the claim could land after it.
 */
final class GuardedSql {
  private static final String GUARD =
      "WITH s AS (SELECT id FROM shard WHERE id = $1 AND epoch = $2 AND owner = $3 FOR SHARE), ";

  /** Both shard rows, locked in order of id; alike when a name moves within its shard. */
  private static final String TWO_GUARDS =
      "WITH two AS (SELECT id FROM shard"
          + " WHERE (id = $1 AND epoch = $2 AND owner = $3)"
          + " OR (id = $4 AND epoch = $5 AND owner = $6) ORDER BY id FOR SHARE),"
          + " s AS (SELECT $1::integer AS id WHERE (SELECT count(*) FROM two)"
          + " = CASE WHEN $1::integer = $4::integer THEN 1 ELSE 2 END), ";

  private static final String OUTCOME =
      " SELECT EXISTS (SELECT 1 FROM s) AS owned, w.revision AS committed, p.revision AS current,"
          + " %s AS taken FROM (SELECT 1) AS one LEFT JOIN w ON true"
          + " LEFT JOIN pipeline p ON p.tenant_id = $%d AND p.id = $%d AND p.shard = $1";

  private static final String FREE =
      "p.process_instance IS NULL AND p.deployment_number = $%d AND p.deployment_id = $%d";

  /** Which text: the variant, the parts that are written, and whether there is an event. */
  private record Shape(Variant variant, EnumSet<Part> parts, boolean event) {}

  /** Kinds of update. */
  enum Variant {
    UPDATE,
    RENAME,
    RECORD_PROCESS
  }

  private static final Map<Shape, String> TEXTS = new ConcurrentHashMap<>();

  /** Guard 3, then the record's columns, then the event. */
  static final String INSERT = insert();

  /** Guard 3, tenant, id, revision. */
  static final String DELETE =
      GUARD
          + "w AS (DELETE FROM pipeline p USING s WHERE p.tenant_id = $4 AND p.id = $5"
          + " AND p.shard = s.id AND p.revision = $6 RETURNING p.revision)"
          + String.format(OUTCOME, "false", 4, 5);

  /** Guard 3, tenant, id. Selects {@code owned}, then the row. */
  static final String RELOAD =
      GUARD
          + "w AS (UPDATE pipeline p SET revision = p.revision + 1 FROM s WHERE p.tenant_id = $4"
          + " AND p.id = $5 AND p.shard = s.id RETURNING p.*)"
          + " SELECT EXISTS (SELECT 1 FROM s) AS owned, "
          + PipelineTable.selected("w")
          + " FROM (SELECT 1) AS one LEFT JOIN w ON true";

  private GuardedSql() {}

  /** Parts that differ between two records. */
  static EnumSet<Part> changes(PipelineRecord before, PipelineRecord after) {
    EnumSet<Part> parts = EnumSet.noneOf(Part.class);
    for (Part part : Part.values()) {
      if (part.differs(before, after)) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** Columns of the changed parts, in the order of the parameters of {@link #update}. */
  static List<Column> columns(EnumSet<Part> parts) {
    return PipelineTable.columns().stream().filter(c -> parts.contains(c.part())).toList();
  }

  /**
   * An update. Parameters: guard 3 (rename: 6), tenant, id, revision, (recording a process:
   * deployment number, id), changed columns, event.
   */
  static String update(Variant variant, EnumSet<Part> parts, boolean event) {
    return TEXTS.computeIfAbsent(new Shape(variant, parts, event), GuardedSql::text);
  }

  private static String text(Shape shape) {
    int key = shape.variant() == Variant.RENAME ? 7 : 4;
    boolean process = shape.variant() == Variant.RECORD_PROCESS;
    String free = String.format(FREE, key + 3, key + 4);
    int next = key + (process ? 5 : 3);
    StringBuilder text =
        new StringBuilder(shape.variant() == Variant.RENAME ? TWO_GUARDS : GUARD)
            .append("w AS (UPDATE pipeline p SET revision = p.revision + 1");
    for (Column column : columns(shape.parts())) {
      text.append(", ").append(column.name()).append(" = ").append(column.placeholder(next++));
    }
    text.append(" FROM s WHERE p.tenant_id = $")
        .append(key)
        .append(" AND p.id = $")
        .append(key + 1)
        .append(" AND p.shard = s.id AND p.revision = $")
        .append(key + 2);
    if (process) {
      text.append(" AND ").append(free);
    }
    text.append(" RETURNING p.revision)");
    if (shape.event()) {
      text.append(event(key, next));
    }
    String taken = process ? "p.id IS NOT NULL AND NOT coalesce(" + free + ", false)" : "false";
    return text.append(String.format(OUTCOME, taken, key, key + 1)).toString();
  }

  private static String insert() {
    StringBuilder values = new StringBuilder();
    int next = 4;
    int key = next;
    for (Column column : PipelineTable.columns()) {
      values.append(", ").append(column.placeholder(next++));
    }
    return GUARD
        + "w AS (INSERT INTO pipeline (revision, "
        + PipelineTable.names()
        + ") SELECT 1"
        + values
        + " FROM s RETURNING revision)"
        + event(key, next)
        + " SELECT EXISTS (SELECT 1 FROM s) AS owned, w.revision AS committed,"
        + " NULL::bigint AS current, false AS taken FROM (SELECT 1) AS one LEFT JOIN w ON true";
  }

  private static String event(int key, int next) {
    return ", e AS (INSERT INTO pipeline_event (tenant_id, pipeline_id, revision, "
        + EventTable.NAMES
        + ") SELECT $"
        + key
        + "::uuid, $"
        + (key + 1)
        + "::uuid, w.revision, "
        + EventTable.placeholders(next)
        + " FROM w)";
  }
}
