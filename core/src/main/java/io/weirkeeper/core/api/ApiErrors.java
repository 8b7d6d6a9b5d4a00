package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * Makes every error of the API (spec: api-semantics §2, §4, §5.1, §8). One method an error, so that
 * code, status, message and details are written once.
 */
public final class ApiErrors {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ApiErrors() {}

  // ---- 400: validation

  /**
   * A runtime_config that can't be used.
   *
   * @param value the JSON that was sent
   * @param reason one key that names the reason
   * @param text what is wrong, for people
   */
  public static ApiError invalidRuntimeConfig(JsonNode value, String reason, String text) {
    return invalidConfig(ErrorCode.INVALID_RUNTIME_CONFIG, "runtime_config", value, reason, text);
  }

  /** A program_config that can't be used; see {@link #invalidRuntimeConfig}. */
  public static ApiError invalidProgramConfig(JsonNode value, String reason, String text) {
    return invalidConfig(ErrorCode.INVALID_PROGRAM_CONFIG, "program_config", value, reason, text);
  }

  private static ApiError invalidConfig(
      String code, String field, JsonNode value, String reason, String text) {
    ObjectNode details = JSON.objectNode();
    details.set("value", value);
    details.putObject("error").put(reason, text);
    return new ApiError(
        400, code, "The " + field + " is not valid: " + text + " (" + reason + ")", details);
  }

  /** A name without characters. */
  public static ApiError emptyName() {
    return ApiError.of(
        400, ErrorCode.EMPTY_NAME, "The name is empty; give it at least one character");
  }

  /** A name that is too long; lengths in bytes of UTF-8. */
  public static ApiError tooLongName(String name, int length, int maximum) {
    ObjectNode details = JSON.objectNode();
    details.put("name", name).put("length", length).put("maximum", maximum);
    return new ApiError(
        400,
        ErrorCode.TOO_LONG_NAME,
        "The name '"
            + name
            + "' has "
            + length
            + " bytes, at most "
            + maximum
            + " are allowed; choose a shorter one",
        details);
  }

  /** A name with characters that names don't have. */
  public static ApiError nameDoesNotMatchPattern(
      String name, String pattern, String patternDescription) {
    ObjectNode details = JSON.objectNode();
    details
        .put("name", name)
        .put("pattern", pattern)
        .put("pattern_description", patternDescription);
    return new ApiError(
        400,
        ErrorCode.NAME_DOES_NOT_MATCH_PATTERN,
        "The name '"
            + name
            + "' does not match the pattern '"
            + pattern
            + "': "
            + patternDescription,
        details);
  }

  /** A tag that can't be used. */
  public static ApiError invalidTag(String tag, String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("tag", tag).put("reason", reason);
    return new ApiError(
        400, ErrorCode.INVALID_TAG, "The tag '" + tag + "' is not valid: " + reason, details);
  }

  /** More tags than a pipeline may have. */
  public static ApiError tooManyTags(int count, int maximum) {
    ObjectNode details = JSON.objectNode();
    details.put("count", count).put("maximum", maximum);
    return new ApiError(
        400,
        ErrorCode.TOO_MANY_TAGS,
        "The pipeline has " + count + " tags, at most " + maximum + " are allowed",
        details);
  }

  /** A description that is too long; lengths in characters. */
  public static ApiError tooLongDescription(int length, int maximum) {
    ObjectNode details = JSON.objectNode();
    details.put("length", length).put("maximum", maximum);
    return new ApiError(
        400,
        ErrorCode.TOO_LONG_DESCRIPTION,
        "The description has " + length + " characters, at most " + maximum + " are allowed",
        details);
  }

  /**
   * A string with a NUL character, which the database can't hold.
   *
   * @param field path of the string in the body, for example {@code runtime_config.env.A}
   * @param position of the character in the string, from 0
   */
  public static ApiError nulCharacter(String field, int position) {
    ObjectNode details = JSON.objectNode();
    details.put("field", field).put("position", position);
    return new ApiError(
        400,
        ErrorCode.NUL_CHARACTER,
        "The field '"
            + field
            + "' holds a NUL character (\\u0000) at position "
            + position
            + ", which can't be stored; remove it",
        details);
  }

  /** A runtime version in no known form. */
  public static ApiError invalidRuntimeVersion(String error) {
    ObjectNode details = JSON.objectNode();
    details.put("error", error);
    return new ApiError(
        400,
        ErrorCode.INVALID_RUNTIME_VERSION,
        "The runtime version is not valid: " + error,
        details);
  }

  /** Bootstrap options that contradict each other. */
  public static ApiError invalidBootstrapConfig(String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("reason", reason);
    return new ApiError(
        400,
        ErrorCode.INVALID_BOOTSTRAP_CONFIG,
        "The bootstrap options are not valid: " + reason,
        details);
  }

  /** A connector action that isn't known. */
  public static ApiError invalidConnectorAction(String action) {
    ObjectNode details = JSON.objectNode();
    details.put("action", action);
    return new ApiError(
        400,
        ErrorCode.INVALID_CONNECTOR_ACTION,
        "The connector action '" + action + "' is not known; expected 'start' or 'pause'",
        details);
  }

  /** A path parameter that isn't a UUID. */
  public static ApiError invalidUuidParam(String value, String error) {
    ObjectNode details = JSON.objectNode();
    details.put("value", value).put("error", error);
    return new ApiError(
        400,
        ErrorCode.INVALID_UUID_PARAM,
        "The path holds '" + value + "' where a UUID is expected: " + error,
        details);
  }

  // ---- 400: rules of the life cycle

  /** An edit that needs a stopped pipeline. */
  public static ApiError updateRestrictedToStopped() {
    return ApiError.of(
        400,
        ErrorCode.UPDATE_RESTRICTED_TO_STOPPED,
        "Only description and tags can be changed while the pipeline is not stopped; stop it first"
            + " and wait until it is stopped");
  }

  /**
   * An edit that needs cleared storage.
   *
   * @param notAllowed paths of the fields, without back-ticks
   */
  public static ApiError editRestrictedToClearedStorage(List<String> notAllowed) {
    List<String> quoted = notAllowed.stream().map(field -> "`" + field + "`").toList();
    ObjectNode details = JSON.objectNode();
    ArrayNode fields = details.putArray("not_allowed");
    quoted.forEach(fields::add);
    return new ApiError(
        400,
        ErrorCode.EDIT_RESTRICTED_TO_CLEARED_STORAGE,
        "These fields can't be changed while the pipeline's storage is not cleared: "
            + String.join(", ", quoted)
            + "; clear the storage first, or leave the fields as they are",
        details);
  }

  /** A delete that needs a stopped pipeline. */
  public static ApiError deleteRestrictedToFullyStopped() {
    return ApiError.of(
        400,
        ErrorCode.DELETE_RESTRICTED_TO_FULLY_STOPPED,
        "The pipeline can't be deleted while it is not fully stopped; stop it first (force=true)");
  }

  /** A delete that needs cleared storage. */
  public static ApiError deleteRestrictedToClearedStorage() {
    return ApiError.of(
        400,
        ErrorCode.DELETE_RESTRICTED_TO_CLEARED_STORAGE,
        "The pipeline can't be deleted while its storage is not cleared; clear it first");
  }

  /** A PUT of an unknown pipeline under another name. */
  public static ApiError cannotRenameNonExistingPipeline() {
    return ApiError.of(
        400,
        ErrorCode.CANNOT_RENAME_NON_EXISTING_PIPELINE,
        "There is no pipeline of the name in the path, so it can't get the other name of the body;"
            + " make both names the same to create it");
  }

  /** A start while the pipeline is stopping. */
  public static ApiError illegalPipelineAction(
      ResourcesStatus status,
      ResourcesDesiredStatus currentDesiredStatus,
      ResourcesDesiredStatus newDesiredStatus,
      String hint) {
    ObjectNode details = JSON.objectNode();
    details
        .put("status", status.json())
        .put("current_desired_status", currentDesiredStatus.json())
        .put("new_desired_status", newDesiredStatus.json())
        .put("hint", hint);
    return new ApiError(
        400,
        ErrorCode.ILLEGAL_PIPELINE_ACTION,
        "The pipeline is "
            + status.json()
            + " and shall become "
            + currentDesiredStatus.json()
            + "; it can't now be told to become "
            + newDesiredStatus.json()
            + ": "
            + hint,
        details);
  }

  /** A start with a deployment error that was to be kept. */
  public static ApiError cannotStartWithUndismissedError() {
    return ApiError.of(
        400,
        ErrorCode.CANNOT_START_WITH_UNDISMISSED_ERROR,
        "The last deployment ended with an error (see deployment_error) that is not dismissed;"
            + " dismiss it first, or start with dismiss_error=true");
  }

  /** A start while storage is being cleared. */
  public static ApiError cannotStartWhileClearingStorage() {
    return ApiError.of(
        400,
        ErrorCode.CANNOT_START_WHILE_CLEARING_STORAGE,
        "The pipeline's storage is being cleared; wait until it is cleared, then start");
  }

  /** A start of a program that didn't compile. */
  public static ApiError cannotStartWithCompilationError() {
    return ApiError.of(
        400,
        ErrorCode.CANNOT_START_WITH_COMPILATION_ERROR,
        "The program did not compile (see program_error); correct it, then start");
  }

  /** A second start with another initial status. */
  public static ApiError initialImmutableUnlessStopped() {
    return ApiError.of(
        400,
        ErrorCode.INITIAL_IMMUTABLE_UNLESS_STOPPED,
        "The pipeline was already started with another 'initial'; stop it first, or use pause,"
            + " resume or activate");
  }

  /** A second start with another bootstrap configuration. */
  public static ApiError bootstrapPolicyImmutableUnlessStopped() {
    return ApiError.of(
        400,
        ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE_UNLESS_STOPPED,
        "The pipeline was already started with other bootstrap options; stop it first to change"
            + " them");
  }

  /** A start as standby without the storage that it needs. */
  public static ApiError initialStandbyNotAllowed() {
    return ApiError.of(
        400,
        ErrorCode.INITIAL_STANDBY_NOT_ALLOWED,
        "initial=standby needs runtime_config.storage.backend.name to be 'file' with 'sync'"
            + " configured");
  }

  /** A dismissal of an error of a pipeline that isn't stopped. */
  public static ApiError dismissErrorRestrictedToFullyStopped() {
    return ApiError.of(
        400,
        ErrorCode.DISMISS_ERROR_RESTRICTED_TO_FULLY_STOPPED,
        "The deployment error can only be dismissed once the pipeline is fully stopped; wait until"
            + " it is stopped");
  }

  /** A clear of a pipeline that isn't stopped. */
  public static ApiError storageStatusImmutableUnlessStopped(
      ResourcesStatus resourcesStatus,
      ResourcesDesiredStatus resourcesDesiredStatus,
      StorageStatus currentStatus,
      StorageStatus newStatus) {
    ObjectNode details = JSON.objectNode();
    details
        .put("resources_status", resourcesStatus.json())
        .put("resources_desired_status", resourcesDesiredStatus.json())
        .put("current_status", currentStatus.json())
        .put("new_status", newStatus.json());
    return new ApiError(
        400,
        ErrorCode.STORAGE_STATUS_IMMUTABLE_UNLESS_STOPPED,
        "The storage can't go from "
            + currentStatus.json()
            + " to "
            + newStatus.json()
            + " while the pipeline is "
            + resourcesStatus.json()
            + " (desired: "
            + resourcesDesiredStatus.json()
            + "); stop it first and wait until it is stopped",
        details);
  }

  /** Deployment error: a started pipeline whose program then didn't compile. */
  public static ApiError startFailedDueToFailedCompilation(String compilerError) {
    ObjectNode details = JSON.objectNode();
    details.put("compiler_error", compilerError);
    return new ApiError(
        400,
        ErrorCode.START_FAILED_DUE_TO_FAILED_COMPILATION,
        "The pipeline was not started because its program did not compile: " + compilerError,
        details);
  }

  // ---- 403

  /** A method on a path that no role may use. */
  public static ApiError methodNotClassified(String method, String path) {
    return ApiError.of(
        403,
        ErrorCode.INSUFFICIENT_PERMISSIONS,
        "No role may use " + method + " on '" + path + "'; see the API for the methods it has");
  }

  /** A role that is too low. */
  public static ApiError insufficientPermissions(String required, String actual) {
    ObjectNode details = JSON.objectNode();
    details.put("required", required).put("actual", actual);
    return new ApiError(
        403,
        ErrorCode.INSUFFICIENT_PERMISSIONS,
        "This needs the role '" + required + "', you have '" + actual + "'",
        details);
  }

  // ---- 404

  /** No pipeline of that name. */
  public static ApiError unknownPipelineName(String name) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", name);
    return new ApiError(
        404,
        ErrorCode.UNKNOWN_PIPELINE_NAME,
        "There is no pipeline of the name '" + name + "'",
        details);
  }

  /** No event of that id. */
  public static ApiError unknownPipelineMonitorEvent(String eventId) {
    ObjectNode details = JSON.objectNode();
    details.put("event_id", eventId);
    return new ApiError(
        404,
        ErrorCode.UNKNOWN_PIPELINE_MONITOR_EVENT,
        "The pipeline has no event '" + eventId + "'; only the newest are kept",
        details);
  }

  /** No event at all. */
  public static ApiError noPipelineMonitorEventsAvailable() {
    return ApiError.of(
        404, ErrorCode.NO_PIPELINE_MONITOR_EVENTS_AVAILABLE, "The pipeline has no events yet");
  }

  /** 404. */
  public static ApiError unknownClusterMonitorEvent(String eventId) {
    return new ApiError(
        404,
        ErrorCode.UNKNOWN_CLUSTER_MONITOR_EVENT,
        "There is no event of the cluster with id '" + eventId + "'; it may be too old",
        JSON.objectNode().put("event_id", eventId));
  }

  /** 404. */
  public static ApiError noClusterMonitorEventsAvailable() {
    return ApiError.of(
        404,
        ErrorCode.NO_CLUSTER_MONITOR_EVENTS_AVAILABLE,
        "The health of the cluster has not been checked yet; ask again in some seconds");
  }

  /**
   * 412: the pipeline is in another state than the client named.
   *
   * @param given the {@code If-Match} header
   */
  public static ApiError preconditionFailed(String given, UUID pipelineId, long revision) {
    ObjectNode details = JSON.objectNode();
    details.put("if_match", given);
    details.put("pipeline_id", pipelineId == null ? null : pipelineId.toString());
    details.put("revision", revision);
    return new ApiError(
        412,
        ErrorCode.PRECONDITION_FAILED,
        pipelineId == null
            ? "If-Match names a state, but there is no such pipeline; nothing was changed"
            : "The pipeline has changed since: If-Match is "
                + given
                + ", its row is at revision "
                + revision
                + "; nothing was changed. Read it again and decide anew",
        details);
  }

  /** 400. */
  public static ApiError invalidNewProgramSql(String error) {
    return new ApiError(
        400,
        ErrorCode.INVALID_NEW_PROGRAM_SQL,
        "The new program does not compile: " + error,
        JSON.objectNode().put("error", error));
  }

  /** 500. */
  public static ApiError newProgramCompilationFailed(String error) {
    return new ApiError(
        500,
        ErrorCode.NEW_PROGRAM_COMPILATION_FAILED,
        "The compiler failed at the new program: " + error,
        JSON.objectNode().put("error", error));
  }

  /** 400. */
  public static ApiError invalidSupportBundleParameter(String reason) {
    return new ApiError(
        400,
        ErrorCode.INVALID_SUPPORT_BUNDLE_PARAMETER,
        "The support bundle can't be made like this: " + reason,
        JSON.objectNode().put("reason", reason));
  }

  /** 500. */
  public static ApiError unableToCreateSupportBundle(String reason) {
    return new ApiError(
        500,
        ErrorCode.UNABLE_TO_CREATE_SUPPORT_BUNDLE,
        "The support bundle can't be made: " + reason,
        JSON.objectNode().put("reason", reason));
  }

  /** A dataflow graph of a program that isn't compiled. */
  public static ApiError programNotCompiled(String pipelineName) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName);
    return new ApiError(
        404,
        ErrorCode.PROGRAM_NOT_COMPILED,
        "The program of the pipeline '"
            + pipelineName
            + "' is not compiled; wait for program_status 'Success'",
        details);
  }

  /** A compiled program without a dataflow graph. */
  public static ApiError programInfoMissesDataflow(String pipelineName) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName);
    return new ApiError(
        404,
        ErrorCode.PROGRAM_INFO_MISSES_DATAFLOW,
        "The compiled program of the pipeline '" + pipelineName + "' has no dataflow graph",
        details);
  }

  // ---- 405, 409

  /** An action that exists in another form only. */
  public static ApiError unsupportedPipelineAction(String action, String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("action", action).put("reason", reason);
    return new ApiError(
        405,
        ErrorCode.UNSUPPORTED_PIPELINE_ACTION,
        "The action '" + action + "' is not supported: " + reason,
        details);
  }

  /** A name that is taken. */
  public static ApiError duplicateName() {
    return ApiError.of(
        409,
        ErrorCode.DUPLICATE_NAME,
        "Something of this name exists already; choose another name");
  }

  // ---- 500

  /** Stored program information that can't be read. */
  public static ApiError invalidProgramInfo(JsonNode value, String error) {
    ObjectNode details = JSON.objectNode();
    details.set("value", value);
    details.put("error", error);
    return new ApiError(
        500,
        ErrorCode.INVALID_PROGRAM_INFO,
        "The stored program information can't be read: " + error,
        details);
  }

  /** A fault of this program; the log has more under the reference. */
  public static ApiError internalError(String reference) {
    ObjectNode details = JSON.objectNode();
    details.put("reference", reference);
    return new ApiError(
        500,
        ErrorCode.INTERNAL_ERROR,
        "The request failed because of a fault in the server; its log says more under " + reference,
        details);
  }

  /** Deployment error: the process wasn't ready in time. */
  public static ApiError automatonProvisioningTimeout(Duration timeout) {
    ObjectNode details = JSON.objectNode();
    details.put("timeout", timeout.toSeconds());
    return new ApiError(
        500,
        ErrorCode.AUTOMATON_PROVISIONING_TIMEOUT,
        "The pipeline process was not ready within "
            + timeout.toSeconds()
            + " s; see its log, or raise runtime_config.provisioning_timeout_secs",
        details);
  }

  /** Deployment error: the stored runtime_config can't be used. */
  public static ApiError automatonInvalidRuntimeConfig(JsonNode value, String error) {
    ObjectNode details = JSON.objectNode();
    details.set("value", value);
    details.put("error", error);
    return new ApiError(
        500,
        ErrorCode.AUTOMATON_INVALID_RUNTIME_CONFIG,
        "The stored runtime_config can't be used: " + error + "; set it again, then start",
        details);
  }

  /** Deployment error: a compiled pipeline without program information. */
  public static ApiError automatonMissingProgramInfo() {
    return ApiError.of(
        500,
        ErrorCode.AUTOMATON_MISSING_PROGRAM_INFO,
        "The program is compiled but its program information is missing; edit the program to"
            + " compile it again");
  }

  /** Deployment error: a compiled pipeline with unreadable program information. */
  public static ApiError automatonInvalidProgramInfo(JsonNode value, String error) {
    ObjectNode details = JSON.objectNode();
    details.set("value", value);
    details.put("error", error);
    return new ApiError(
        500,
        ErrorCode.AUTOMATON_INVALID_PROGRAM_INFO,
        "The stored program information can't be used: "
            + error
            + "; edit the program to compile it again",
        details);
  }

  /** Deployment error: the process is gone, or fails a check that it can't recover from. */
  public static ApiError runnerCheckError(String error) {
    ObjectNode details = JSON.objectNode();
    details.put("error", error);
    return new ApiError(
        500,
        ErrorCode.RUNNER_CHECK_ERROR,
        "The pipeline process failed its check: " + error,
        details);
  }

  /** Deployment error: the process couldn't be started, or there is no memory for it. */
  public static ApiError runnerProvisionError(String error) {
    ObjectNode details = JSON.objectNode();
    details.put("error", error);
    return new ApiError(
        500,
        ErrorCode.RUNNER_PROVISION_ERROR,
        "The pipeline process could not be started: " + error,
        details);
  }

  // ---- 501

  /**
   * An operation of the API that isn't built yet.
   *
   * @param operation its id in the contract
   */
  public static ApiError notImplemented(String operation) {
    ObjectNode details = JSON.objectNode();
    details.put("operation", operation);
    return new ApiError(
        501,
        ErrorCode.NOT_IMPLEMENTED,
        "The operation '" + operation + "' is not built yet; the README lists what is",
        details);
  }

  // ---- 503, 504

  /** The pipeline has no process. */
  public static ApiError pipelineInteractionNotDeployed(
      String pipelineName, ResourcesStatus status, ResourcesDesiredStatus desiredStatus) {
    ObjectNode details = JSON.objectNode();
    details
        .put("pipeline_name", pipelineName)
        .put("status", status.json())
        .put("desired_status", desiredStatus.json());
    return new ApiError(
        503,
        ErrorCode.PIPELINE_INTERACTION_NOT_DEPLOYED,
        "The pipeline can't be reached because it is not deployed: it is "
            + status.json()
            + " (desired: "
            + desiredStatus.json()
            + "); start it first and wait until it runs"
            + of(pipelineName),
        details);
  }

  /** The process gives no usable status. */
  public static ApiError pipelineUnavailable(String pipelineName) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName);
    return new ApiError(
        503,
        ErrorCode.PIPELINE_UNAVAILABLE,
        "The pipeline is deployed but its process gives no usable status at the moment; try again"
            + " later"
            + of(pipelineName),
        details);
  }

  /**
   * The process didn't answer a request.
   *
   * @param request method and path of what was asked of it
   */
  public static ApiError pipelineInteractionUnreachable(
      String pipelineName, String request, String error) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName).put("request", request).put("error", error);
    return new ApiError(
        503,
        ErrorCode.PIPELINE_INTERACTION_UNREACHABLE,
        "The pipeline process did not answer '" + request + "': " + error + of(pipelineName),
        details);
  }

  /** The process of a pipeline does not take a WebSocket (spec: api-semantics §5.15). */
  public static ApiError unableToConnect(String pipelineName, String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("reason", reason);
    return new ApiError(
        400,
        ErrorCode.UNABLE_TO_CONNECT,
        "No WebSocket to the pipeline process: " + reason + of(pipelineName),
        details);
  }

  /** An answer of the process that can't be read. */
  public static ApiError pipelineInteractionInvalidResponse(String pipelineName, String error) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName).put("error", error);
    return new ApiError(
        500,
        ErrorCode.PIPELINE_INTERACTION_INVALID_RESPONSE,
        "The pipeline process gave an answer that can't be used: " + error + of(pipelineName),
        details);
  }

  /** The log of a pipeline can't be reached. */
  public static ApiError runnerInteractionUnreachable(String error) {
    ObjectNode details = JSON.objectNode();
    details.put("error", error);
    return new ApiError(
        503,
        ErrorCode.RUNNER_INTERACTION_UNREACHABLE,
        "The pipeline's log can't be reached at the moment: " + error,
        details);
  }

  /** The compiler can't take a program. */
  public static ApiError compilerUnavailable(String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("reason", reason);
    return new ApiError(
        503,
        ErrorCode.COMPILER_UNAVAILABLE,
        "The compiler is not available: " + reason + "; try again later",
        details);
  }

  /** The compiler took too long. */
  public static ApiError compilerTimeout(Duration timeout) {
    ObjectNode details = JSON.objectNode();
    details.put("timeout_secs", timeout.toSeconds());
    return new ApiError(
        504,
        ErrorCode.COMPILER_TIMEOUT,
        "The compiler did not finish within " + timeout.toSeconds() + " s",
        details);
  }

  /** A write whose outcome nobody can tell. */
  public static ApiError outcomeUnknown(String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("reason", reason);
    return new ApiError(
        503,
        ErrorCode.OUTCOME_UNKNOWN,
        "The request may or may not have had its effect ("
            + reason
            + "); read the pipeline before repeating it",
        details);
  }

  /** The database is out of reach and nothing was changed. */
  public static ApiError databaseUnavailable(String reason) {
    ObjectNode details = JSON.objectNode();
    details.put("reason", reason);
    return new ApiError(
        503,
        ErrorCode.DATABASE_UNAVAILABLE,
        "The database can't be reached, nothing was changed: " + reason + "; try again later",
        details);
  }

  /** Another node owns the pipeline; nothing was changed. */
  public static ApiError notOwner() {
    return ApiError.of(
        503,
        ErrorCode.NOT_OWNER,
        "Another node has just taken this pipeline over, nothing was changed; try again");
  }

  /** A bounded queue has no room; nothing was changed. */
  public static ApiError queueFull(String queue, int limit) {
    ObjectNode details = JSON.objectNode();
    details.put("queue", queue).put("limit", limit);
    return new ApiError(
        503,
        ErrorCode.QUEUE_FULL,
        "The queue '" + queue + "' is full (" + limit + "), nothing was changed; try again later",
        details);
  }

  /** This node can't vouch for what it would show (SAFETY rule 7). */
  public static ApiError readNotCurrent() {
    return ApiError.of(
        503,
        ErrorCode.READ_NOT_CURRENT,
        "This node has not reached the database for too long to vouch for its answer; try again");
  }

  /** A part of the server isn't running yet, or not any more; nothing was changed. */
  public static ApiError notReady(String part) {
    ObjectNode details = JSON.objectNode();
    details.put("part", part);
    return new ApiError(
        503,
        ErrorCode.NOT_READY,
        "The server is starting or stopping (no '" + part + "'), nothing was changed; try again",
        details);
  }

  /** A question to the owner of a pipeline got no answer in time. */
  public static ApiError noAnswer(String pipelineName, Duration timeout) {
    ObjectNode details = JSON.objectNode();
    details.put("pipeline_name", pipelineName).put("timeout_millis", timeout.toMillis());
    return new ApiError(
        503,
        ErrorCode.NO_ANSWER,
        "The owner of the pipeline '"
            + pipelineName
            + "' gave no answer within "
            + timeout.toMillis()
            + " ms; try again",
        details);
  }

  /** More streams than one node carries at once. */
  public static ApiError tooManyStreams(int limit) {
    ObjectNode details = JSON.objectNode();
    details.put("limit", limit);
    return new ApiError(
        503,
        ErrorCode.TOO_MANY_STREAMS,
        "This node carries " + limit + " streams already, its limit; try again later",
        details);
  }

  /** The state of a pipeline can't be cleared from here (SAFETY rule 2). */
  public static ApiError storageOnAnotherHost(String home, String here) {
    ObjectNode details = JSON.objectNode();
    details.put("storage_host", home).put("host", here);
    return new ApiError(
        503,
        ErrorCode.STORAGE_ON_ANOTHER_HOST,
        "The stored state of the pipeline is on host "
            + home
            + " and cannot be cleared on host "
            + here
            + "; clear it there",
        details);
  }

  /** Spec: messages of interaction errors end like this (api-semantics §5.1). */
  private static String of(String pipelineName) {
    return " pipeline-id=N/A pipeline-name=\"" + pipelineName + "\"";
  }
}
