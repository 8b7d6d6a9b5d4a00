package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.auth.Role;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** {@link ApiKeyStore} on PostgreSQL. */
final class PgApiKeyStore implements ApiKeyStore {
  private static final String SELECT =
      "SELECT k.id, k.tenant_id, t.name AS tenant_name, k.name, k.role, k.hash, k.created_at,"
          + " k.expires_at, k.last_used_at FROM api_key k JOIN tenant t ON t.id = k.tenant_id";
  private static final String LIST = SELECT + " WHERE k.tenant_id = $1 ORDER BY k.created_at, k.id";
  private static final String FIND = SELECT + " WHERE k.tenant_id = $1 AND k.name = $2";
  private static final String WITH_HASH = SELECT + " WHERE k.hash = $1";

  private static final String CREATE =
      "INSERT INTO api_key (id, tenant_id, name, hash, role, expires_at)"
          + " VALUES ($1, $2, $3, $4, $5, $6)"
          + " ON CONFLICT ON CONSTRAINT api_key_name_is_unique DO NOTHING";

  private static final String DELETE =
      "WITH gone AS (DELETE FROM api_key WHERE tenant_id = $1 AND name = $2 RETURNING id), "
          + AccessGeneration.RAISED
          + " SELECT count(*) FROM gone";

  private static final String USED =
      "UPDATE api_key SET last_used_at = $2 WHERE id = ANY ($1)"
          + " AND (last_used_at IS NULL OR last_used_at < $2)";

  private final SqlClient client;
  private final Statements statements;

  PgApiKeyStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<List<ApiKeyRow>> list(UUID tenantId) {
    return statements.read(client, "list_api_keys", LIST, Tuple.of(tenantId), PgApiKeyStore::keys);
  }

  @Override
  public Future<Optional<ApiKeyRow>> find(UUID tenantId, String name) {
    return statements.read(
        client,
        "find_api_key",
        FIND,
        Tuple.of(tenantId, name),
        rows -> keys(rows).stream().findFirst());
  }

  @Override
  public Future<Optional<ApiKeyRow>> withHash(String hash) {
    return statements.read(
        client,
        "validate_api_key",
        WITH_HASH,
        Tuple.of(hash),
        rows -> keys(rows).stream().findFirst());
  }

  @Override
  public Future<Boolean> create(
      UUID id, UUID tenantId, String name, String hash, Role role, Instant expiresAt) {
    Tuple values =
        Tuple.tuple()
            .addValue(id)
            .addValue(tenantId)
            .addValue(name)
            .addValue(hash)
            .addValue(role.label())
            .addValue(expiresAt == null ? null : expiresAt.atOffset(ZoneOffset.UTC));
    return statements.write(
        client, "create_api_key", CREATE, values, rows -> rows.rowCount() == 1, done -> !done);
  }

  @Override
  public Future<Boolean> delete(UUID tenantId, String name) {
    return statements.write(
        client,
        "delete_api_key",
        DELETE,
        Tuple.of(tenantId, name),
        rows -> rows.iterator().next().getLong(0) == 1,
        done -> !done);
  }

  @Override
  public Future<Void> used(Collection<UUID> ids, Instant at) {
    return statements.write(
        client,
        "use_api_keys",
        USED,
        Tuple.of(ids.toArray(UUID[]::new), at.atOffset(ZoneOffset.UTC)),
        rows -> null,
        none -> false);
  }

  private static List<ApiKeyRow> keys(RowSet<Row> rows) {
    List<ApiKeyRow> keys = new ArrayList<>(rows.size());
    for (Row row : rows) {
      keys.add(
          new ApiKeyRow(
              row.getUUID("id"),
              row.getUUID("tenant_id"),
              row.getString("tenant_name"),
              row.getString("name"),
              Role.of(row.getString("role")).orElseThrow(),
              row.getString("hash"),
              time(row, "created_at"),
              time(row, "expires_at"),
              time(row, "last_used_at")));
    }
    return keys;
  }

  private static Instant time(Row row, String column) {
    OffsetDateTime value = row.getOffsetDateTime(column);
    return value == null ? null : value.toInstant();
  }
}
