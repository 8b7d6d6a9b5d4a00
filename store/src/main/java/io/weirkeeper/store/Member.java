package io.weirkeeper.store;

import io.weirkeeper.core.auth.Origin;
import io.weirkeeper.core.auth.Role;
import java.util.UUID;

/**
 * A member of a tenant, as its administrators see them.
 *
 * @param userId of the user, the same in all tenants
 * @param provider issuer of the login
 * @param subject of the login
 * @param email or null
 * @param emailVerified whether the issuer has verified it
 * @param displayName or null
 * @param role in this tenant
 * @param origin how the membership came about, or null
 */
public record Member(
    UUID userId,
    String provider,
    String subject,
    String email,
    boolean emailVerified,
    String displayName,
    Role role,
    Origin origin) {}
