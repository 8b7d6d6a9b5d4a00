package io.weirkeeper.core.auth;

import io.weirkeeper.core.api.ApiError;
import java.util.Optional;

/**
 * Nobody gives more than they have, and nobody but the deployment makes owners (spec: auth §10).
 */
public final class GrantCaps {
  private GrantCaps() {}

  /** Why an API key may not have a role; empty when it may. */
  public static Optional<ApiError> onApiKey(Role requested, Role creator) {
    if (!creator.permits(requested)) {
      return Optional.of(AccessErrors.roleExceedsCreator(requested, creator));
    }
    return requested.permits(Role.ADMIN)
        ? Optional.of(AccessErrors.ownerAdminNotMintableAsApiKey())
        : Optional.empty();
  }

  /** Why a member may not be given a role; empty when it may. */
  public static Optional<ApiError> onMember(Role requested, Role caller) {
    if (requested == Role.OWNER) {
      return Optional.of(AccessErrors.ownerRoleNotAssignable());
    }
    return caller.permits(requested)
        ? Optional.empty()
        : Optional.of(AccessErrors.roleExceedsCreator(requested, caller));
  }

  /** Why a trust may not have a role; empty when it may. */
  public static Optional<ApiError> onTrust(Role requested, Role creator) {
    return creator.permits(requested)
        ? Optional.empty()
        : Optional.of(AccessErrors.roleExceedsCreator(requested, creator));
  }
}
