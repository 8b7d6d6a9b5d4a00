package io.weirkeeper.core.auth;

import io.weirkeeper.core.api.ApiErrors;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** How API keys, trusts and tenants may be called (spec: api-semantics §2). */
public final class AccessNames {
  private static final int MAX_BYTES = 100;
  private static final String PATTERN = "^[a-zA-Z0-9_-]+$";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");

  /** The specification has no limit; an index of the database has one. */
  private static final int MAX_TENANT_BYTES = 1_000;

  private AccessNames() {}

  /**
   * Checks the name of an API key or a trust.
   *
   * @throws io.weirkeeper.core.api.ApiException with {@code EmptyName}, {@code TooLongName} or
   *     {@code NameDoesNotMatchPattern}, checked in this order
   */
  public static void check(String name) {
    checkLength(name, MAX_BYTES);
    if (!NAME.matcher(name).matches()) {
      throw ApiErrors.nameDoesNotMatchPattern(
              name, PATTERN, "only letters, digits, underscores and hyphens")
          .exception();
    }
  }

  /**
   * Checks the name of a tenant, which may be anything that can be named in a header.
   *
   * @throws io.weirkeeper.core.api.ApiException with {@code EmptyName} or {@code TooLongName}
   */
  public static void checkTenant(String name) {
    checkLength(name, MAX_TENANT_BYTES);
  }

  private static void checkLength(String name, int maximum) {
    if (name.isEmpty()) {
      throw ApiErrors.emptyName().exception();
    }
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    if (length > maximum) {
      throw ApiErrors.tooLongName(name, length, maximum).exception();
    }
  }
}
