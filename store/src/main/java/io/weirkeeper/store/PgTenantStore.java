package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.auth.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** {@link TenantStore} on PostgreSQL. */
final class PgTenantStore implements TenantStore {
  private static final String COLUMNS = "id, name, initial_provider";
  private static final String LIST = "SELECT " + COLUMNS + " FROM tenant ORDER BY created_at, id";
  private static final String BY_ID = "SELECT " + COLUMNS + " FROM tenant WHERE id = $1";
  private static final String BY_NAME = "SELECT " + COLUMNS + " FROM tenant WHERE name = $1";

  /** An update that changes nothing makes the row of another's insert visible to this statement. */
  private static final String CREATE =
      "INSERT INTO tenant (id, name, initial_provider) VALUES ($1, $2, $3)"
          + " ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING "
          + COLUMNS;

  /**
   * The new name is written after the other tenant has lost it, because the one update asks for the
   * outcome of the other.
   */
  private static final String RENAME =
      "WITH moved AS (UPDATE tenant SET name = name || ' (' || id || ')'"
          + " WHERE $3 AND name = $2 AND id <> $1 AND EXISTS (SELECT 1 FROM tenant WHERE id = $1)"
          + " RETURNING "
          + COLUMNS
          + "), renamed AS (UPDATE tenant SET name = $2 WHERE id = $1"
          + " AND (SELECT count(*) FROM moved) >= 0 RETURNING id), "
          + AccessGeneration.RAISED
          + " SELECT (SELECT count(*) FROM renamed) AS renamed, moved.*"
          + " FROM (VALUES (1)) AS one (row) LEFT JOIN moved ON true";

  /** The references to the tenant stop what is added between the counts and the deletion. */
  private static final String DELETE =
      "WITH content AS (SELECT (SELECT count(*) FROM pipeline WHERE tenant_id = $1) AS pipelines,"
          + " (SELECT count(*) FROM api_key WHERE tenant_id = $1) AS api_keys,"
          + " (SELECT count(*) FROM oidc_trust WHERE tenant_id = $1) AS trusts),"
          + " gone AS (DELETE FROM tenant USING content WHERE id = $1"
          + " AND pipelines + api_keys + trusts = 0 RETURNING id), "
          + AccessGeneration.RAISED
          + " SELECT pipelines, api_keys, trusts, (SELECT count(*) FROM gone),"
          + " EXISTS (SELECT 1 FROM tenant WHERE id = $1) FROM content";

  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final SqlClient client;
  private final Statements statements;

  PgTenantStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<List<Tenant>> list() {
    return statements.read(client, "list_tenants", LIST, Tuple.tuple(), PgTenantStore::tenants);
  }

  @Override
  public Future<Optional<Tenant>> find(UUID id) {
    return one("find_tenant", BY_ID, Tuple.of(id));
  }

  @Override
  public Future<Optional<Tenant>> findByIdOrName(String text) {
    Future<Optional<Tenant>> byId =
        UUID_FORM.matcher(text).matches()
            ? find(UUID.fromString(text))
            : Future.succeededFuture(Optional.empty());
    return byId.compose(
        found ->
            found.isPresent()
                ? Future.succeededFuture(found)
                : one("find_tenant", BY_NAME, Tuple.of(text)));
  }

  private Future<Optional<Tenant>> one(String kind, String sql, Tuple values) {
    return statements.read(client, kind, sql, values, rows -> tenants(rows).stream().findFirst());
  }

  @Override
  public Future<NewTenant> create(UUID id, String name, String provider) {
    return statements.write(
        client,
        "create_tenant",
        CREATE,
        Tuple.of(id, name, provider),
        rows -> {
          Tenant tenant = tenants(rows).get(0);
          return new NewTenant(tenant, tenant.id().equals(id));
        },
        done -> false);
  }

  @Override
  public Future<Rename> rename(UUID id, String name, boolean displace) {
    return statements
        .<Rename>write(
            client,
            "rename_tenant",
            RENAME,
            Tuple.of(id, name, displace),
            rows -> {
              Row row = rows.iterator().next();
              if (row.getLong("renamed") == 0) {
                return new Rename.Unknown();
              }
              return new Rename.Done(row.getUUID("id") == null ? null : tenant(row, "id", "name"));
            },
            done -> done instanceof Rename.Unknown)
        .recover(
            failure ->
                Constraints.isUniqueness(failure)
                    ? Future.succeededFuture(new Rename.Taken())
                    : Future.failedFuture(failure));
  }

  @Override
  public Future<Removal> delete(UUID id) {
    // What came between the counts and the deletion is counted the second time.
    return deleteOnce(id)
        .recover(
            failure ->
                Constraints.isReference(failure) ? deleteOnce(id) : Future.failedFuture(failure));
  }

  private Future<Removal> deleteOnce(UUID id) {
    return statements.write(
        client,
        "delete_tenant",
        DELETE,
        Tuple.of(id),
        rows -> {
          Row row = rows.iterator().next();
          if (row.getLong(3) == 1) {
            return new Removal.Done();
          }
          return row.getBoolean(4)
              ? new Removal.NotEmpty(row.getLong(0), row.getLong(1), row.getLong(2))
              : new Removal.Unknown();
        },
        done -> !(done instanceof Removal.Done));
  }

  private static List<Tenant> tenants(RowSet<Row> rows) {
    List<Tenant> tenants = new ArrayList<>(rows.size());
    for (Row row : rows) {
      tenants.add(tenant(row, "id", "name"));
    }
    return tenants;
  }

  static Tenant tenant(Row row, String id, String name) {
    return new Tenant(row.getUUID(id), row.getString(name), row.getString("initial_provider"));
  }
}
