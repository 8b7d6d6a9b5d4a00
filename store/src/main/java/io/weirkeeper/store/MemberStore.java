package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.auth.Membership;
import io.weirkeeper.core.auth.ProvisionPlan;
import io.weirkeeper.core.auth.Role;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Rows of users and of their memberships (spec: auth §6). */
public interface MemberStore {
  /**
   * What a token says about a user.
   *
   * @param provider issuer of the login
   * @param subject of the login
   * @param email or null when the token does not say
   * @param displayName or null when the token does not say
   */
  record Login(
      String provider, String subject, String email, boolean emailVerified, String displayName) {}

  /**
   * Memberships of a login, oldest first; empty when the user has not been seen yet, which is
   * another thing than no membership.
   */
  Future<Optional<List<Membership>>> memberships(String provider, String subject);

  /**
   * Records a login and carries out what it is to make and join, in one statement. A membership
   * that exists stays as it is.
   *
   * @param newUserId id of the user if they are new
   * @param newTenantId id of the tenant if it is made
   * @param firstRole for the tenant that this makes
   * @param defaultRole for tenants that exist
   */
  Future<Void> provision(
      Login login,
      UUID newUserId,
      ProvisionPlan plan,
      UUID newTenantId,
      Role firstRole,
      Role defaultRole);

  /** Stores what is newly known of a user; absent parts stay as they are. */
  Future<Void> profile(Login login);

  /** Members of a tenant, oldest first. */
  Future<List<Member>> members(UUID tenantId);

  /**
   * Makes a user a member, or gives a member another role. Raises the access generation.
   *
   * @return id of the user
   */
  Future<UUID> add(UUID newUserId, UUID tenantId, Login login, Role role);

  /** Gives a member another role; false when there is none. Raises the access generation. */
  Future<Boolean> setRole(UUID tenantId, UUID userId, Role role);

  /** Ends a membership; false when there is none. Raises the access generation. */
  Future<Boolean> remove(UUID tenantId, UUID userId);
}
