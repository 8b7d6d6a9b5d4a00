package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Trust;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** {@link TrustStore} on PostgreSQL. */
final class PgTrustStore implements TrustStore {
  private static final String SELECT =
      "SELECT t.id AS tenant_id, t.name AS tenant_name, t.initial_provider, o.id, o.name,"
          + " o.description, o.issuer, o.subject, o.audience, o.role"
          + " FROM oidc_trust o JOIN tenant t ON t.id = o.tenant_id";
  private static final String LIST = SELECT + " WHERE o.tenant_id = $1 ORDER BY o.created_at, o.id";
  private static final String FIND = SELECT + " WHERE o.tenant_id = $1 AND o.name = $2";
  private static final String IN_ISSUER = SELECT + " WHERE o.issuer = $1 ORDER BY o.id";

  private static final String CREATE =
      "WITH made AS (INSERT INTO oidc_trust (id, tenant_id, name, description, issuer, subject,"
          + " audience, role) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
          + " ON CONFLICT ON CONSTRAINT oidc_trust_name_is_unique DO NOTHING RETURNING id), "
          + AccessGeneration.RAISED
          + " SELECT count(*) FROM made";

  private static final String DELETE =
      "WITH gone AS (DELETE FROM oidc_trust WHERE tenant_id = $1 AND name = $2 RETURNING id), "
          + AccessGeneration.RAISED
          + " SELECT count(*) FROM gone";

  private final SqlClient client;
  private final Statements statements;

  PgTrustStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<List<Trust>> list(UUID tenantId) {
    return statements.read(client, "list_trusts", LIST, Tuple.of(tenantId), PgTrustStore::trusts);
  }

  @Override
  public Future<Optional<Trust>> find(UUID tenantId, String name) {
    return statements.read(
        client,
        "find_trust",
        FIND,
        Tuple.of(tenantId, name),
        rows -> trusts(rows).stream().findFirst());
  }

  @Override
  public Future<List<Trust>> inIssuer(String issuer) {
    return statements.read(
        client, "trusts_in_issuer", IN_ISSUER, Tuple.of(issuer), PgTrustStore::trusts);
  }

  @Override
  public Future<Boolean> create(NewTrust trust) {
    Tuple values =
        Tuple.tuple()
            .addValue(trust.id())
            .addValue(trust.tenantId())
            .addValue(trust.name())
            .addValue(trust.description())
            .addValue(trust.issuer())
            .addValue(trust.subject())
            .addValue(trust.audience())
            .addValue(trust.role().label());
    return one("create_trust", CREATE, values);
  }

  @Override
  public Future<Boolean> delete(UUID tenantId, String name) {
    return one("delete_trust", DELETE, Tuple.of(tenantId, name));
  }

  private Future<Boolean> one(String kind, String sql, Tuple values) {
    return statements.write(
        client, kind, sql, values, rows -> rows.iterator().next().getLong(0) == 1, done -> !done);
  }

  private static List<Trust> trusts(RowSet<Row> rows) {
    List<Trust> trusts = new ArrayList<>(rows.size());
    for (Row row : rows) {
      trusts.add(
          new Trust(
              PgTenantStore.tenant(row, "tenant_id", "tenant_name"),
              row.getUUID("id"),
              row.getString("name"),
              row.getString("description"),
              row.getString("issuer"),
              row.getString("subject"),
              row.getString("audience"),
              Role.of(row.getString("role")).orElseThrow()));
    }
    return trusts;
  }
}
