package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.auth.Membership;
import io.weirkeeper.core.auth.Origin;
import io.weirkeeper.core.auth.ProvisionPlan;
import io.weirkeeper.core.auth.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** {@link MemberStore} on PostgreSQL. */
final class PgMemberStore implements MemberStore {
  /** One row with nulls for a user without memberships, none for an unknown user. */
  private static final String MEMBERSHIPS =
      "SELECT t.id, t.name, m.role FROM app_user u LEFT JOIN membership m ON m.user_id = u.id"
          + " LEFT JOIN tenant t ON t.id = m.tenant_id"
          + " WHERE u.provider = $1 AND u.subject = $2 ORDER BY m.created_at, t.id";

  private static final String USER =
      "u AS (INSERT INTO app_user (id, provider, subject, email, email_verified, display_name)"
          + " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider, subject) DO UPDATE SET"
          + " email = coalesce(EXCLUDED.email, app_user.email),"
          + " email_verified = CASE WHEN EXCLUDED.email IS NULL THEN app_user.email_verified"
          + " ELSE EXCLUDED.email_verified END,"
          + " display_name = coalesce(EXCLUDED.display_name, app_user.display_name)"
          + " RETURNING id)";

  /**
   * The tenant that this makes is not among those that the statement sees, so its maker gets the
   * one role or the other, never both.
   */
  private static final String PROVISION =
      "WITH "
          + USER
          + ", made AS (INSERT INTO tenant (id, name, initial_provider)"
          + " SELECT $7, $8::text, $2 WHERE $8::text IS NOT NULL"
          + " ON CONFLICT (name) DO NOTHING RETURNING id)"
          + " INSERT INTO membership (tenant_id, user_id, role, origin)"
          + " SELECT made.id, u.id, $10, $12 FROM made, u UNION ALL"
          + " SELECT t.id, u.id, $11, $12 FROM tenant t, u WHERE t.name = $8 OR t.name = ANY ($9)"
          + " ON CONFLICT DO NOTHING";

  private static final String PROFILE =
      "UPDATE app_user SET email = coalesce($3, email),"
          + " email_verified = CASE WHEN $3::text IS NULL THEN email_verified ELSE $4 END,"
          + " display_name = coalesce($5, display_name) WHERE provider = $1 AND subject = $2";

  private static final String MEMBERS =
      "SELECT u.id, u.provider, u.subject, u.email, u.email_verified, u.display_name, m.role,"
          + " m.origin FROM membership m JOIN app_user u ON u.id = m.user_id"
          + " WHERE m.tenant_id = $1 ORDER BY m.created_at, u.id";

  private static final String ADD =
      "WITH "
          + USER
          + ", joined AS (INSERT INTO membership (tenant_id, user_id, role, origin)"
          + " SELECT $7, u.id, $8, 'api' FROM u ON CONFLICT (user_id, tenant_id)"
          + " DO UPDATE SET role = EXCLUDED.role), "
          + AccessGeneration.RAISED
          + " SELECT id FROM u";

  private static final String SET_ROLE =
      "WITH changed AS (UPDATE membership SET role = $3 WHERE tenant_id = $1 AND user_id = $2"
          + " RETURNING user_id), "
          + AccessGeneration.RAISED
          + " SELECT count(*) FROM changed";

  private static final String REMOVE =
      "WITH gone AS (DELETE FROM membership WHERE tenant_id = $1 AND user_id = $2"
          + " RETURNING user_id), "
          + AccessGeneration.RAISED
          + " SELECT count(*) FROM gone";

  private final SqlClient client;
  private final Statements statements;

  PgMemberStore(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<Optional<List<Membership>>> memberships(String provider, String subject) {
    return statements.read(
        client,
        "memberships",
        MEMBERSHIPS,
        Tuple.of(provider, subject),
        rows -> rows.size() == 0 ? Optional.empty() : Optional.of(memberships(rows)));
  }

  private static List<Membership> memberships(RowSet<Row> rows) {
    List<Membership> memberships = new ArrayList<>(rows.size());
    for (Row row : rows) {
      if (row.getUUID(0) != null) {
        memberships.add(new Membership(row.getUUID(0), row.getString(1), role(row.getString(2))));
      }
    }
    return memberships;
  }

  private static Role role(String label) {
    return Role.of(label).orElseThrow();
  }

  private static Tuple user(UUID newUserId, Login login) {
    return Tuple.tuple()
        .addValue(newUserId)
        .addValue(login.provider())
        .addValue(login.subject())
        .addValue(login.email())
        .addValue(login.emailVerified())
        .addValue(login.displayName());
  }

  @Override
  public Future<Void> provision(
      Login login,
      UUID newUserId,
      ProvisionPlan plan,
      UUID newTenantId,
      Role firstRole,
      Role defaultRole) {
    Tuple values =
        user(newUserId, login)
            .addValue(newTenantId)
            .addValue(plan.makeAndJoin())
            .addValue(plan.joinIfThere().toArray(String[]::new))
            .addValue(firstRole.label())
            .addValue(defaultRole.label())
            .addValue(plan.origin().label());
    return statements.write(client, "provision", PROVISION, values, rows -> null, none -> false);
  }

  @Override
  public Future<Void> profile(Login login) {
    Tuple values =
        Tuple.tuple()
            .addValue(login.provider())
            .addValue(login.subject())
            .addValue(login.email())
            .addValue(login.emailVerified())
            .addValue(login.displayName());
    return statements.write(client, "profile", PROFILE, values, rows -> null, none -> false);
  }

  @Override
  public Future<List<Member>> members(UUID tenantId) {
    return statements.read(
        client,
        "members",
        MEMBERS,
        Tuple.of(tenantId),
        rows -> {
          List<Member> members = new ArrayList<>(rows.size());
          for (Row row : rows) {
            String origin = row.getString("origin");
            members.add(
                new Member(
                    row.getUUID("id"),
                    row.getString("provider"),
                    row.getString("subject"),
                    row.getString("email"),
                    row.getBoolean("email_verified"),
                    row.getString("display_name"),
                    role(row.getString("role")),
                    origin == null ? null : Origin.of(origin).orElseThrow()));
          }
          return members;
        });
  }

  @Override
  public Future<UUID> add(UUID newUserId, UUID tenantId, Login login, Role role) {
    return statements.write(
        client,
        "add_member",
        ADD,
        user(newUserId, login).addValue(tenantId).addValue(role.label()),
        rows -> rows.iterator().next().getUUID(0),
        done -> false);
  }

  @Override
  public Future<Boolean> setRole(UUID tenantId, UUID userId, Role role) {
    return one("set_member_role", SET_ROLE, Tuple.of(tenantId, userId, role.label()));
  }

  @Override
  public Future<Boolean> remove(UUID tenantId, UUID userId) {
    return one("remove_member", REMOVE, Tuple.of(tenantId, userId));
  }

  private Future<Boolean> one(String kind, String sql, Tuple values) {
    return statements.write(
        client, kind, sql, values, rows -> rows.iterator().next().getLong(0) == 1, done -> !done);
  }
}
