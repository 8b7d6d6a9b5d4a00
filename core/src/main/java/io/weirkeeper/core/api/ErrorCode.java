package io.weirkeeper.core.api;

/**
 * The stable identifiers of errors, in one place (spec: api-semantics §8). Clients branch on them.
 */
public final class ErrorCode {
  // 400: validation.
  /** A runtime_config that can't be read or isn't allowed. */
  public static final String INVALID_RUNTIME_CONFIG = "InvalidRuntimeConfig";

  /** A program_config that can't be read or isn't allowed. */
  public static final String INVALID_PROGRAM_CONFIG = "InvalidProgramConfig";

  /** A name without characters. */
  public static final String EMPTY_NAME = "EmptyName";

  /** A name with too many bytes. */
  public static final String TOO_LONG_NAME = "TooLongName";

  /** A name with characters that names don't have. */
  public static final String NAME_DOES_NOT_MATCH_PATTERN = "NameDoesNotMatchPattern";

  /** A tag that is empty, too long or has a character that tags don't have. */
  public static final String INVALID_TAG = "InvalidTag";

  /** More tags than a pipeline may have. */
  public static final String TOO_MANY_TAGS = "TooManyTags";

  /** A description with too many characters. */
  public static final String TOO_LONG_DESCRIPTION = "TooLongDescription";

  /** A string with a NUL character, which the database can't hold; our own. */
  public static final String NUL_CHARACTER = "NulCharacter";

  /** A diff with a program that has errors. */
  public static final String INVALID_NEW_PROGRAM_SQL = "InvalidNewProgramSql";

  /** A parameter of a support bundle that can't be. */
  public static final String INVALID_SUPPORT_BUNDLE_PARAMETER = "InvalidSupportBundleParameter";

  /** A runtime version that is neither a revision nor a release. */
  public static final String INVALID_RUNTIME_VERSION = "InvalidRuntimeVersion";

  /** Bootstrap options that contradict each other. */
  public static final String INVALID_BOOTSTRAP_CONFIG = "InvalidBootstrapConfig";

  /** A connector action that isn't start or pause. */
  public static final String INVALID_CONNECTOR_ACTION = "InvalidConnectorAction";

  /** A WebSocket that its process does not take. */
  public static final String UNABLE_TO_CONNECT = "UnableToConnect";

  /** A path parameter that isn't a UUID. */
  public static final String INVALID_UUID_PARAM = "InvalidUuidParam";

  // 400: rules of the life cycle.
  /** An edit that needs a stopped pipeline. */
  public static final String UPDATE_RESTRICTED_TO_STOPPED = "UpdateRestrictedToStopped";

  /** An edit that needs cleared storage. */
  public static final String EDIT_RESTRICTED_TO_CLEARED_STORAGE = "EditRestrictedToClearedStorage";

  /** A delete that needs a stopped pipeline. */
  public static final String DELETE_RESTRICTED_TO_FULLY_STOPPED = "DeleteRestrictedToFullyStopped";

  /** A delete that needs cleared storage. */
  public static final String DELETE_RESTRICTED_TO_CLEARED_STORAGE =
      "DeleteRestrictedToClearedStorage";

  /** A PUT of an unknown pipeline under another name. */
  public static final String CANNOT_RENAME_NON_EXISTING_PIPELINE =
      "CannotRenameNonExistingPipeline";

  /** A start while the pipeline is stopping. */
  public static final String ILLEGAL_PIPELINE_ACTION = "IllegalPipelineAction";

  /** A start with a deployment error that was to be kept. */
  public static final String CANNOT_START_WITH_UNDISMISSED_ERROR =
      "CannotStartWithUndismissedError";

  /** A start while storage is being cleared. */
  public static final String CANNOT_START_WHILE_CLEARING_STORAGE =
      "CannotStartWhileClearingStorage";

  /** A start of a program that didn't compile. */
  public static final String CANNOT_START_WITH_COMPILATION_ERROR =
      "CannotStartWithCompilationError";

  /** A second start with another initial status. */
  public static final String INITIAL_IMMUTABLE_UNLESS_STOPPED = "InitialImmutableUnlessStopped";

  /** A second start with another bootstrap configuration. */
  public static final String BOOTSTRAP_POLICY_IMMUTABLE_UNLESS_STOPPED =
      "BootstrapPolicyImmutableUnlessStopped";

  /** A start as standby without the storage that it needs. */
  public static final String INITIAL_STANDBY_NOT_ALLOWED = "InitialStandbyNotAllowed";

  /** A dismissal of an error of a pipeline that isn't stopped. */
  public static final String DISMISS_ERROR_RESTRICTED_TO_FULLY_STOPPED =
      "DismissErrorRestrictedToFullyStopped";

  /** A clear of a pipeline that isn't stopped. */
  public static final String STORAGE_STATUS_IMMUTABLE_UNLESS_STOPPED =
      "StorageStatusImmutableUnlessStopped";

  // 400: stored as the deployment error.
  /** A started pipeline whose program then didn't compile. */
  public static final String START_FAILED_DUE_TO_FAILED_COMPILATION =
      "StartFailedDueToFailedCompilation";

  // 400: who may do what.
  /** A token that several tenants trust, without a choice. */
  public static final String AMBIGUOUS_OIDC_TENANT = "AmbiguousOidcTenant";

  /** A login with several tenants, without a choice. */
  public static final String AMBIGUOUS_TENANT_MEMBERSHIP = "AmbiguousTenantMembership";

  /** A field of a trust without characters. */
  public static final String EMPTY_OIDC_TRUST_FIELD = "EmptyOidcTrustField";

  /** An issuer that can't be trusted. */
  public static final String INVALID_OIDC_ISSUER_URL = "InvalidOidcIssuerUrl";

  /** A name in a path that can't be decoded. */
  public static final String INVALID_NAME_PARAM = "InvalidNameParam";

  // 401.
  /** A credential that is not accepted. */
  public static final String AUTHENTICATION_FAILED = "AuthenticationFailed";

  // 403.
  /** A role above that of whoever gives it. */
  public static final String ROLE_EXCEEDS_CREATOR = "RoleExceedsCreator";

  /** An API key with a role that keys don't have. */
  public static final String OWNER_ADMIN_NOT_MINTABLE_AS_API_KEY = "OwnerAdminNotMintableAsApiKey";

  /** A member who is to be owner. */
  public static final String OWNER_ROLE_NOT_ASSIGNABLE = "OwnerRoleNotAssignable";

  /** A token that the tenant does not trust. */
  public static final String OIDC_TENANT_NOT_TRUSTED = "OidcTenantNotTrusted";

  /** A tenant that the caller is no member of. */
  public static final String NOT_A_TENANT_MEMBER = "NotATenantMember";

  /** A caller without tenants. */
  public static final String NO_TENANT_MEMBERSHIPS = "NoTenantMemberships";

  /** A method that no role may use on a path, or a role that is too low. */
  public static final String INSUFFICIENT_PERMISSIONS = "InsufficientPermissions";

  // 404.
  /** No tenant of that name or id. */
  public static final String UNKNOWN_TENANT_NAME = "UnknownTenantName";

  /** No API key of that name. */
  public static final String UNKNOWN_API_KEY = "UnknownApiKey";

  /** No member of that id. */
  public static final String UNKNOWN_USER = "UnknownUser";

  /** No trust of that name. */
  public static final String UNKNOWN_OIDC_TRUST = "UnknownOidcTrust";

  /** No pipeline of that name. */
  public static final String UNKNOWN_PIPELINE_NAME = "UnknownPipelineName";

  /** No event of that id. */
  public static final String UNKNOWN_PIPELINE_MONITOR_EVENT = "UnknownPipelineMonitorEvent";

  /** No event at all. */
  public static final String NO_PIPELINE_MONITOR_EVENTS_AVAILABLE =
      "NoPipelineMonitorEventsAvailable";

  /** No event of the cluster with that id. */
  public static final String UNKNOWN_CLUSTER_MONITOR_EVENT = "UnknownClusterMonitorEvent";

  /** No event of the cluster at all. */
  public static final String NO_CLUSTER_MONITOR_EVENTS_AVAILABLE =
      "NoClusterMonitorEventsAvailable";

  /** A dataflow graph of a program that isn't compiled. */
  public static final String PROGRAM_NOT_COMPILED = "ProgramNotCompiled";

  /** A compiled program without a dataflow graph. */
  public static final String PROGRAM_INFO_MISSES_DATAFLOW = "ProgramInfoMissesDataflow";

  // 405.
  /** An action that exists in another form only. */
  public static final String UNSUPPORTED_PIPELINE_ACTION = "UnsupportedPipelineAction";

  // 409.
  /** A tenant that still has something. */
  public static final String TENANT_NOT_EMPTY = "TenantNotEmpty";

  /** A name that is taken. */
  public static final String DUPLICATE_NAME = "DuplicateName";

  // 412.
  /** The pipeline is not as the client saw it; our own. */
  public static final String PRECONDITION_FAILED = "PreconditionFailed";

  // 429.
  /** Too many failed attempts to come in; our own. */
  public static final String TOO_MANY_FAILED_ATTEMPTS = "TooManyFailedAttempts";

  /** More requests a second than the tenant may send; our own. */
  public static final String REQUEST_QUOTA_EXCEEDED = "RequestQuotaExceeded";

  /** More streams at once than the tenant may have; our own. */
  public static final String STREAM_QUOTA_EXCEEDED = "StreamQuotaExceeded";

  // 409.
  /** More pipelines than the tenant may have; our own. */
  public static final String PIPELINE_QUOTA_EXCEEDED = "PipelineQuotaExceeded";

  /** More running pipelines than the tenant may have; our own. */
  public static final String RUNNING_QUOTA_EXCEEDED = "RunningQuotaExceeded";

  // 500.
  /** Stored program information that can't be read. */
  public static final String INVALID_PROGRAM_INFO = "InvalidProgramInfo";

  /** An answer of the process that can't be read. */
  public static final String PIPELINE_INTERACTION_INVALID_RESPONSE =
      "PipelineInteractionInvalidResponse";

  /** A support bundle that can't be made. */
  public static final String UNABLE_TO_CREATE_SUPPORT_BUNDLE = "UnableToCreateSupportBundle";

  /** A diff with a program that the compiler failed at. */
  public static final String NEW_PROGRAM_COMPILATION_FAILED = "NewProgramCompilationFailed";

  /** A fault of this program; our own. */
  public static final String INTERNAL_ERROR = "InternalError";

  // 500: stored as the deployment error.
  /** The process wasn't ready in time. */
  public static final String AUTOMATON_PROVISIONING_TIMEOUT = "AutomatonProvisioningTimeout";

  /** The stored runtime_config can't be used. */
  public static final String AUTOMATON_INVALID_RUNTIME_CONFIG = "AutomatonInvalidRuntimeConfig";

  /** A compiled pipeline without program information. */
  public static final String AUTOMATON_MISSING_PROGRAM_INFO = "AutomatonMissingProgramInfo";

  /** A compiled pipeline with unreadable program information. */
  public static final String AUTOMATON_INVALID_PROGRAM_INFO = "AutomatonInvalidProgramInfo";

  /** The process is gone. */
  public static final String RUNNER_CHECK_ERROR = "RunnerCheckError";

  /** The process couldn't be started. */
  public static final String RUNNER_PROVISION_ERROR = "RunnerProvisionError";

  // 501.
  /** Not built yet; our own. */
  public static final String NOT_IMPLEMENTED = "NotImplemented";

  // 503.
  /** The pipeline has no process. */
  public static final String PIPELINE_INTERACTION_NOT_DEPLOYED = "PipelineInteractionNotDeployed";

  /** The process gives no usable status. */
  public static final String PIPELINE_UNAVAILABLE = "PipelineUnavailable";

  /** The process didn't answer a request. */
  public static final String PIPELINE_INTERACTION_UNREACHABLE = "PipelineInteractionUnreachable";

  /** The log of a pipeline can't be reached. */
  public static final String RUNNER_INTERACTION_UNREACHABLE = "RunnerInteractionUnreachable";

  /** The compiler can't take a program. */
  public static final String COMPILER_UNAVAILABLE = "CompilerUnavailable";

  /** Nobody can tell whether the request had its effect; our own. */
  public static final String OUTCOME_UNKNOWN = "OutcomeUnknown";

  /** The database is out of reach; nothing was changed; our own. */
  public static final String DATABASE_UNAVAILABLE = "DatabaseUnavailable";

  /** Another node owns the pipeline; our own. */
  public static final String NOT_OWNER = "NotOwner";

  /** A bounded queue has no room; our own. */
  public static final String QUEUE_FULL = "QueueFull";

  /** This node can't vouch for what it would show; our own. */
  public static final String READ_NOT_CURRENT = "ReadNotCurrent";

  /** The stored state of a pipeline is on another host; our own. */
  public static final String STORAGE_ON_ANOTHER_HOST = "StorageOnAnotherHost";

  /** More streams than one node carries at once; our own. */
  public static final String TOO_MANY_STREAMS = "TooManyStreams";

  /** A part of the server isn't running yet; nothing was changed; our own. */
  public static final String NOT_READY = "NotReady";

  /** A question to the owner of a pipeline got no answer; our own. */
  public static final String NO_ANSWER = "NoAnswer";

  // 504.
  /** The compiler took too long. */
  public static final String COMPILER_TIMEOUT = "CompilerTimeout";

  private ErrorCode() {}
}
