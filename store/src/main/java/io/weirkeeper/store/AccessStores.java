package io.weirkeeper.store;

import io.vertx.sqlclient.SqlClient;

/**
 * All that says who may do what.
 *
 * @param tenants tenants
 * @param members users and their memberships
 * @param apiKeys API keys
 * @param trusts trusts in other issuers
 * @param generation tells when to forget what was read of them
 */
public record AccessStores(
    TenantStore tenants,
    MemberStore members,
    ApiKeyStore apiKeys,
    TrustStore trusts,
    AccessGenerationStore generation) {

  static AccessStores on(SqlClient client, Statements statements) {
    return new AccessStores(
        new PgTenantStore(client, statements),
        new PgMemberStore(client, statements),
        new PgApiKeyStore(client, statements),
        new PgTrustStore(client, statements),
        new AccessGeneration(client, statements));
  }
}
