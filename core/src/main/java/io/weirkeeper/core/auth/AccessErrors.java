package io.weirkeeper.core.auth;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ErrorCode;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Makes the errors of tenants, members, API keys and trusts (spec: auth §3–§8, api-semantics §7).
 */
public final class AccessErrors {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private AccessErrors() {}

  private static ApiError error(
      int status, String code, String message, String field, String value) {
    ObjectNode details = JSON.objectNode();
    details.put(field, value);
    return new ApiError(status, code, message, details);
  }

  // ---- 400

  /** A token that several tenants trust, without a choice. */
  public static ApiError ambiguousOidcTenant(List<Membership> choices) {
    return ApiError.of(
        400,
        ErrorCode.AMBIGUOUS_OIDC_TENANT,
        "The token may act in several tenants ("
            + names(choices)
            + "); name one in the header"
            + " Feldera-Tenant");
  }

  /** A login with several tenants, without a choice. */
  public static ApiError ambiguousTenantMembership(List<Membership> choices) {
    return ApiError.of(
        400,
        ErrorCode.AMBIGUOUS_TENANT_MEMBERSHIP,
        "You are a member of several tenants ("
            + names(choices)
            + "); name one in the header"
            + " Feldera-Tenant");
  }

  private static String names(List<Membership> choices) {
    return choices.stream().map(Membership::tenantName).collect(Collectors.joining(", "));
  }

  /** A field of a trust without characters. */
  public static ApiError emptyOidcTrustField(String field) {
    return error(
        400,
        ErrorCode.EMPTY_OIDC_TRUST_FIELD,
        "The field '" + field + "' of a trust must not be empty",
        "field",
        field);
  }

  /** An issuer whose keys this server will not fetch. */
  public static ApiError invalidOidcIssuerUrl(String issuer, String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("issuer", issuer).put("reason", reason);
    return new ApiError(
        400,
        ErrorCode.INVALID_OIDC_ISSUER_URL,
        "The issuer '" + issuer + "' can't be trusted: " + reason,
        details);
  }

  /** A name in a path that can't be decoded. */
  public static ApiError invalidNameParam(String value, String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("value", value).put("error", reason);
    return new ApiError(
        400,
        ErrorCode.INVALID_NAME_PARAM,
        "The name '" + value + "' in the path can't be read: " + reason,
        details);
  }

  // ---- 403

  /** A role above that of whoever gives it. */
  public static ApiError roleExceedsCreator(Role requested, Role creator) {
    ObjectNode details = JSON.objectNode();
    details.put("requested", requested.label()).put("creator", creator.label());
    return new ApiError(
        403,
        ErrorCode.ROLE_EXCEEDS_CREATOR,
        "The role '"
            + requested.label()
            + "' is above your own, '"
            + creator.label()
            + "'; nobody can give more than they have",
        details);
  }

  /** An API key with a role that keys don't have. */
  public static ApiError ownerAdminNotMintableAsApiKey() {
    return ApiError.of(
        403,
        ErrorCode.OWNER_ADMIN_NOT_MINTABLE_AS_API_KEY,
        "API keys have the role 'read' or 'write'; what needs more is done with a login");
  }

  /** A member who is to be owner. */
  public static ApiError ownerRoleNotAssignable() {
    return ApiError.of(
        403,
        ErrorCode.OWNER_ROLE_NOT_ASSIGNABLE,
        "The role 'owner' is given by the deployment's settings alone");
  }

  /** A token that is trusted, but not in the tenant of the header. */
  public static ApiError oidcTenantNotTrusted(String tenant) {
    return error(
        403,
        ErrorCode.OIDC_TENANT_NOT_TRUSTED,
        "No trust of the tenant '" + tenant + "' admits the token",
        "tenant",
        tenant);
  }

  /** A header that names a tenant which the caller is no member of, or which does not exist. */
  public static ApiError notTenantMember(String tenant) {
    return error(
        403,
        ErrorCode.NOT_A_TENANT_MEMBER,
        "You are not a member of the tenant '" + tenant + "'",
        "tenant",
        tenant);
  }

  /** A login that is a member of no tenant. */
  public static ApiError noTenantMemberships() {
    return ApiError.of(
        403,
        ErrorCode.NO_TENANT_MEMBERSHIPS,
        "You are not a member of any tenant; ask an administrator to add you");
  }

  // ---- 404

  /** No tenant of that name or id. */
  public static ApiError unknownTenantName(String name) {
    return error(
        404, ErrorCode.UNKNOWN_TENANT_NAME, "There is no tenant '" + name + "'", "name", name);
  }

  /** No API key of that name. */
  public static ApiError unknownApiKey(String name) {
    return error(
        404, ErrorCode.UNKNOWN_API_KEY, "There is no API key '" + name + "'", "name", name);
  }

  /** No member of that id. */
  public static ApiError unknownUser(String userId) {
    return error(
        404,
        ErrorCode.UNKNOWN_USER,
        "The tenant has no member '" + userId + "'",
        "user_id",
        userId);
  }

  /** No trust of that name. */
  public static ApiError unknownOidcTrust(String name) {
    return error(
        404, ErrorCode.UNKNOWN_OIDC_TRUST, "There is no trust '" + name + "'", "name", name);
  }

  // ---- 409

  /** A tenant that still has something. */
  public static ApiError tenantNotEmpty(UUID tenantId, long pipelines, long keys, long trusts) {
    ObjectNode details = JSON.objectNode();
    details
        .put("tenant_id", tenantId.toString())
        .put("pipelines", pipelines)
        .put("api_keys", keys)
        .put("oidc_trusts", trusts);
    return new ApiError(
        409,
        ErrorCode.TENANT_NOT_EMPTY,
        "The tenant still has "
            + pipelines
            + " pipelines, "
            + keys
            + " API keys and "
            + trusts
            + " trusts; delete them first",
        details);
  }

  // ---- 429

  /** A source that came with too many credentials that prove nothing; our own. */
  public static ApiError tooManyFailedAttempts() {
    return ApiError.of(
        429,
        ErrorCode.TOO_MANY_FAILED_ATTEMPTS,
        "Too many credentials from this address proved nothing; correct yours and try again later");
  }

  /** The tenant has as many pipelines as it may have. */
  public static ApiError pipelineQuotaExceeded(int limit) {
    return quota(
        409,
        ErrorCode.PIPELINE_QUOTA_EXCEEDED,
        limit,
        "The tenant has as many pipelines as it may have ("
            + limit
            + "); delete one, or ask whoever runs the server for more");
  }

  /** As many pipelines of the tenant run as may. */
  public static ApiError runningQuotaExceeded(int limit) {
    return quota(
        409,
        ErrorCode.RUNNING_QUOTA_EXCEEDED,
        limit,
        "As many pipelines of the tenant run as may ("
            + limit
            + "); stop one, or ask whoever runs the server for more");
  }

  /** The tenant sends more requests than it may. */
  public static ApiError requestQuotaExceeded(int perSecond) {
    return quota(
        429,
        ErrorCode.REQUEST_QUOTA_EXCEEDED,
        perSecond,
        "The tenant may send " + perSecond + " requests a second; try again a little later");
  }

  /** The tenant has as many streams as it may have. */
  public static ApiError streamQuotaExceeded(int limit) {
    return quota(
        429,
        ErrorCode.STREAM_QUOTA_EXCEEDED,
        limit,
        "The tenant has as many streams as it may have at once ("
            + limit
            + "); end one, or try again later");
  }

  private static ApiError quota(int status, String code, int limit, String message) {
    ObjectNode details = JSON.objectNode();
    details.put("limit", limit);
    return new ApiError(status, code, message, details);
  }
}
