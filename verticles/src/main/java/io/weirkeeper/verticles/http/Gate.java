package io.weirkeeper.verticles.http;

import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.Principal;

/**
 * Whether a caller may use an operation: the one place where roles are enforced. An operation below
 * {@code /v0} that was given no role is for nobody, so that one which is forgotten is closed.
 */
final class Gate {
  private Gate() {}

  /** Why the caller may not use the operation; null when they may. */
  static ApiError refusal(Operation operation, Principal principal) {
    if (operation.role() == null) {
      return operation.isPublic()
          ? null
          : ApiErrors.methodNotClassified(operation.method().name(), operation.path());
    }
    return principal.role().permits(operation.role())
        ? null
        : ApiErrors.insufficientPermissions(operation.role().label(), principal.role().label());
  }
}
