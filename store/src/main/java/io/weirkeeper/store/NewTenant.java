package io.weirkeeper.store;

import io.weirkeeper.core.auth.Tenant;

/**
 * What became of a request for a tenant.
 *
 * @param tenant the tenant of the name
 * @param isNew whether the request made it
 */
public record NewTenant(Tenant tenant, boolean isNew) {}
