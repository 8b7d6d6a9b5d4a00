package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.AuditEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** {@link AuditStore} on PostgreSQL. */
final class PgAuditStore implements AuditStore {
  private static final String COLUMNS =
      "id, recorded_at, tenant_id, tenant_name, actor_kind, actor_issuer, actor_name, source,"
          + " operation, pipeline, object, status, occurrences";

  private static final String ADD =
      "INSERT INTO audit_entry ("
          + COLUMNS
          + ") SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[],"
          + " $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],"
          + " $11::text[], $12::integer[], $13::bigint[]) ON CONFLICT (id) DO NOTHING";

  /** A text of its own for one tenant: a plan that suits both would read all entries. */
  private static final String OF_ALL = newest("$1::uuid IS NULL");

  private static final String OF_TENANT = newest("tenant_id = $1");

  private static final String TRIM_OLD =
      "DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry WHERE recorded_at <"
          + " now() - $1::bigint * interval '1 second' LIMIT "
          + TRIM
          + ")";

  private static final String TRIM_MANY =
      "DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry ORDER BY id DESC OFFSET $1"
          + " LIMIT "
          + TRIM
          + ")";

  private final SqlClient client;
  private final Statements statements;

  PgAuditStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  private static String newest(String ofTenant) {
    return "SELECT "
        + COLUMNS
        + " FROM audit_entry WHERE "
        + ofTenant
        + " AND ($2::uuid IS NULL OR id < $2)"
        + " AND ($3::timestamptz IS NULL OR recorded_at >= $3)"
        + " AND ($4::timestamptz IS NULL OR recorded_at < $4)"
        + " AND ($5::text IS NULL OR actor_name = $5)"
        + " AND ($6::text IS NULL OR operation = $6)"
        + " AND ($7::text IS NULL OR pipeline = $7)"
        + " ORDER BY id DESC LIMIT $8";
  }

  @Override
  public Future<Void> add(List<AuditEntry> entries) {
    Tuple values =
        Tuple.tuple()
            .addValue(column(entries, UUID[]::new, AuditEntry::id))
            .addValue(column(entries, OffsetDateTime[]::new, entry -> utc(entry.at())))
            .addValue(column(entries, UUID[]::new, AuditEntry::tenantId))
            .addValue(column(entries, String[]::new, AuditEntry::tenantName))
            .addValue(column(entries, String[]::new, entry -> label(entry.actor().kind())))
            .addValue(column(entries, String[]::new, entry -> entry.actor().issuer()))
            .addValue(column(entries, String[]::new, entry -> entry.actor().name()))
            .addValue(column(entries, String[]::new, AuditEntry::source))
            .addValue(column(entries, String[]::new, AuditEntry::operation))
            .addValue(column(entries, String[]::new, AuditEntry::pipeline))
            .addValue(column(entries, String[]::new, AuditEntry::object))
            .addValue(column(entries, Integer[]::new, AuditEntry::status))
            .addValue(column(entries, Long[]::new, AuditEntry::occurrences));
    return statements.write(client, "add_audit", ADD, values, rows -> null, none -> false);
  }

  private static <T> T[] column(
      List<AuditEntry> entries, IntFunction<T[]> array, Function<AuditEntry, T> value) {
    return entries.stream().map(value).toArray(array);
  }

  @Override
  public Future<List<AuditEntry>> newestFirst(Query query) {
    Tuple values =
        Tuple.tuple()
            .addValue(query.tenantId())
            .addValue(query.before())
            .addValue(utc(query.since()))
            .addValue(utc(query.until()))
            .addValue(query.actor())
            .addValue(query.operation())
            .addValue(query.pipeline())
            .addValue((long) query.limit());
    return statements.read(
        client,
        "list_audit",
        query.tenantId() == null ? OF_ALL : OF_TENANT,
        values,
        PgAuditStore::entries);
  }

  @Override
  public Future<Integer> trim(Duration retention, long most) {
    return delete(TRIM_OLD, Tuple.of(retention.toSeconds()))
        .compose(old -> old >= TRIM ? Future.succeededFuture(old) : trimMany(old, most));
  }

  private Future<Integer> trimMany(int old, long most) {
    return delete(TRIM_MANY, Tuple.of(most)).map(many -> Math.max(old, many));
  }

  private Future<Integer> delete(String sql, Tuple values) {
    return statements.write(
        client, "trim_audit", sql, values, rows -> rows.rowCount(), none -> false);
  }

  private static List<AuditEntry> entries(RowSet<Row> rows) {
    List<AuditEntry> entries = new ArrayList<>(rows.size());
    for (Row row : rows) {
      entries.add(
          new AuditEntry(
              row.getUUID("id"),
              row.getOffsetDateTime("recorded_at").toInstant(),
              row.getUUID("tenant_id"),
              row.getString("tenant_name"),
              new Actor(
                  Actor.Kind.valueOf(row.getString("actor_kind").toUpperCase(Locale.ROOT)),
                  row.getString("actor_issuer"),
                  row.getString("actor_name")),
              row.getString("source"),
              row.getString("operation"),
              row.getString("pipeline"),
              row.getString("object"),
              row.getInteger("status"),
              row.getLong("occurrences")));
    }
    return entries;
  }

  private static String label(Actor.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static OffsetDateTime utc(Instant time) {
    return time == null ? null : time.atOffset(ZoneOffset.UTC);
  }
}
