package io.weirkeeper.verticles.http;

import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PATCH;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.auth.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The table of operations: every one of the contract, the two hidden ones and our own, with the
 * least role that may use it (spec: auth §10). A test holds it against the contract.
 */
final class Api {
  private static final String PIPELINE = "/v0/pipelines/{pipeline_name}";
  private static final String INPUT = PIPELINE + "/tables/{table_name}/connectors/{connector_name}";
  private static final String OUTPUT = PIPELINE + "/views/{view_name}/connectors/{connector_name}";

  /** Operations whose answer is a stream or is made at some cost; they are not for HEAD. */
  static final Set<String> STREAMS =
      Set.of(
          "get_pipeline_logs",
          "pipeline_adhoc_sql",
          "get_pipeline_time_series_stream",
          "get_pipeline_circuit_profile",
          "get_pipeline_circuit_json_profile",
          "get_pipeline_heap_profile",
          "get_pipeline_samply_profile",
          "get_pipeline_support_bundle");

  private final ServerHandlers server;
  private final PipelineHandlers pipelines;
  private final ProcessHandlers processes;
  private final ProgramHandlers programs;
  private final SupportHandler support;
  private final LogHandler logs;
  private final ApiKeyHandlers apiKeys;
  private final TenantHandlers tenants;
  private final MemberHandlers members;
  private final TrustHandlers trusts;
  private final AuditHandler audit;
  private final DocumentHandlers documents = new DocumentHandlers();
  private final FrontTimeouts timeouts;
  private final List<Operation> operations = new ArrayList<>();

  private Api(Front front) {
    PipelineBus bus = new PipelineBus(front.vertx(), front.settings().timeouts());
    ProcessProxy proxy = new ProcessProxy(front, bus);
    this.timeouts = front.settings().timeouts();
    this.server = new ServerHandlers(front, bus, proxy);
    this.pipelines = new PipelineHandlers(front, bus, new ConnectorErrors(front, bus, proxy));
    this.processes = new ProcessHandlers(front, proxy, new SocketProxy(front, bus));
    this.programs = new ProgramHandlers(front);
    this.support = new SupportHandler(front);
    this.logs = new LogHandler(front, bus);
    this.apiKeys = new ApiKeyHandlers(front);
    this.tenants = new TenantHandlers(front);
    this.members = new MemberHandlers(front);
    this.trusts = new TrustHandlers(front);
    this.audit = new AuditHandler(front);
  }

  static List<Operation> operations(Front front) {
    Api api = new Api(front);
    api.addPublic();
    api.addServer();
    api.addPipelines();
    api.addLifeCycle();
    api.addDataPlane();
    api.addConnectors();
    api.addMaintenance();
    api.addAccess();
    api.addAudit();
    api.documents.describe(api.operations);
    return api.operations;
  }

  private void addPublic() {
    open("healthz", "/healthz", server::healthz);
    open("robots", "/robots.txt", server::robots);
    open("get_config_authentication", "/config/authentication", server::authentication);
    open("openapi", "/openapi.json", documents::openapi);
    open("docs", "/docs", documents::page);
    open("docs_file", "/docs/{file}", documents::file);
  }

  private void addServer() {
    plain("get_config", GET, "/v0/config", Role.READ, server::config);
    plain("get_config_demos", GET, "/v0/config/demos", Role.READ, server::demos);
    plain(ServerHandlers.SESSION, GET, "/v0/config/session", Role.READ, server::session);
    plain("get_config_owners", GET, "/v0/config/owners", Role.OWNER, server::owners);
    plain("get_metrics", GET, "/v0/metrics", Role.READ, server::metrics);
    plain("get_cluster_health", GET, "/v0/cluster_healthz", Role.READ, server::clusterHealth);
    plain("list_cluster_events", GET, "/v0/cluster/events", Role.READ, server::clusterEvents);
    plain(
        "get_cluster_event", GET, "/v0/cluster/events/{event_id}", Role.READ, server::clusterEvent);
    plain(
        "post_validate_program",
        POST,
        "/v0/validate_program",
        Role.WRITE,
        programs::validateProgram);
  }

  private void addPipelines() {
    add("list_pipelines", GET, "/v0/pipelines", Role.READ, pipelines::list);
    add("post_pipeline", POST, "/v0/pipelines", Role.WRITE, pipelines::create);
    add("get_pipeline", GET, PIPELINE, Role.READ, pipelines::get);
    add("put_pipeline", PUT, PIPELINE, Role.WRITE, pipelines::replace);
    add("patch_pipeline", PATCH, PIPELINE, Role.WRITE, pipelines::patch);
    add("delete_pipeline", DELETE, PIPELINE, Role.WRITE, pipelines::delete);
    read("list_pipeline_events", "/events", pipelines::events);
    read("get_pipeline_event", "/events/{event_id}", pipelines::event);
    read("get_pipeline_logs", "/logs", logs::handle);
    plain(
        "get_pipeline_dataflow_graph",
        GET,
        PIPELINE + "/dataflow_graph",
        Role.READ,
        pipelines::dataflowGraph);
  }

  private void addLifeCycle() {
    post("post_pipeline_start", "/start", pipelines::start);
    post("post_pipeline_stop", "/stop", pipelines::stop);
    post("post_pipeline_pause", "/pause", pipelines::pause);
    post("post_pipeline_resume", "/resume", pipelines::resume);
    post("post_pipeline_clear", "/clear", pipelines::clear);
    post("post_pipeline_dismiss_error", "/dismiss_error", pipelines::dismissError);
    post("post_update_runtime", "/update_runtime", pipelines::updateRuntime);
    post("post_pipeline_activate", "/activate", processes::activate);
    post("post_pipeline_approve", "/approve", processes::approve);
    post("post_pipeline_diff", "/diff", programs::diff);
    post("post_pipeline_testing", "/testing", pipelines::testing);
  }

  private void addDataPlane() {
    post("http_input", "/ingress/{table_name}", processes::ingress);
    post("http_output", "/egress/{table_name}", processes::egress);
    add("pipeline_adhoc_sql", GET, PIPELINE + "/query", Role.WRITE, processes::query);
    read("completion_status", "/completion_status", processes::completionStatus);
    post("start_transaction", "/start_transaction", processes.whole(POST, "/start_transaction"));
    post("commit_transaction", "/commit_transaction", processes.whole(POST, "/commit_transaction"));
    post("clock_advance", "/clock/advance", processes.withBody(POST, "/clock/advance"));
    read("get_pipeline_stats", "/stats", processes.whole(GET, "/stats"));
    read("get_pipeline_metrics", "/metrics", processes::metrics);
    read("get_pipeline_time_series", "/time_series", processes.whole(GET, "/time_series"));
    read(
        "get_pipeline_time_series_stream",
        "/time_series_stream",
        processes.streamed(GET, "/time_series_stream", null));
  }

  private void addConnectors() {
    add(
        "completion_token",
        GET,
        INPUT + "/completion_token",
        Role.WRITE,
        processes.input("completion_token"));
    add(
        "get_pipeline_input_connector_status",
        GET,
        INPUT + "/stats",
        Role.READ,
        processes.input("stats"));
    add(
        "post_pipeline_input_connector_action",
        POST,
        INPUT + "/{action}",
        Role.WRITE,
        processes::inputAction);
    add(
        "get_pipeline_output_connector_status",
        GET,
        OUTPUT + "/stats",
        Role.READ,
        processes.output("stats"));
    add(
        "post_pipeline_output_connector_command",
        POST,
        OUTPUT + "/command",
        Role.WRITE,
        processes::outputCommand);
  }

  private void addMaintenance() {
    post("checkpoint_pipeline", "/checkpoint", processes.slow(POST, "/checkpoint"));
    post("sync_checkpoint", "/checkpoint/sync", processes.slow(POST, "/checkpoint/sync"));
    read(
        "get_checkpoint_sync_status",
        "/checkpoint/sync_status",
        processes.whole(GET, "/checkpoint/sync_status"));
    read("get_checkpoint_status", "/checkpoint_status", processes.whole(GET, "/checkpoint_status"));
    read("get_checkpoints", "/checkpoints", processes.whole(GET, "/checkpoints"));
    read(
        "get_remote_checkpoints",
        "/checkpoints/remote",
        processes.whole(GET, "/checkpoints/remote"));
    post("post_pipeline_rebalance", "/rebalance", processes.slow(POST, "/rebalance"));
    post(
        "post_pipeline_start_compaction",
        "/start_compaction",
        processes.slow(POST, "/start_compaction"));
    read("get_pipeline_support_bundle", "/support_bundle", support::handle);
    read("get_pipeline_heap_profile", "/heap_profile", processes.whole(GET, "/heap_profile"));
    read(
        "get_pipeline_circuit_profile",
        "/circuit_profile",
        processes.streamed(GET, "/dump_profile", timeouts.slowProcess()));
    read(
        "get_pipeline_circuit_json_profile",
        "/circuit_json_profile",
        processes.streamed(GET, "/dump_json_profile", timeouts.slowProcess()));
    read(
        "get_pipeline_samply_profile",
        "/samply_profile",
        processes.streamed(GET, "/samply_profile", null));
    add(
        "start_samply_profile",
        POST,
        PIPELINE + "/samply_profile",
        Role.READ,
        processes.whole(POST, "/samply_profile"));
  }

  private void addAccess() {
    add("list_api_keys", GET, "/v0/api_keys", Role.WRITE, apiKeys::list);
    add("post_api_key", POST, "/v0/api_keys", Role.WRITE, apiKeys::create);
    add("get_api_key", GET, "/v0/api_keys/{api_key_name}", Role.WRITE, apiKeys::get);
    add("delete_api_key", DELETE, "/v0/api_keys/{api_key_name}", Role.WRITE, apiKeys::delete);
    add("list_oidc_trust", GET, "/v0/oidc_trust", Role.ADMIN, trusts::list);
    add("post_oidc_trust", POST, "/v0/oidc_trust", Role.ADMIN, trusts::create);
    add("get_oidc_trust", GET, "/v0/oidc_trust/{name}", Role.ADMIN, trusts::get);
    add("delete_oidc_trust", DELETE, "/v0/oidc_trust/{name}", Role.ADMIN, trusts::delete);
    add("list_tenant_users", GET, "/v0/tenant/users", Role.ADMIN, members::list);
    add("add_tenant_user", POST, "/v0/tenant/users", Role.ADMIN, members::add);
    add("put_tenant_user", PUT, "/v0/tenant/users/{user_id}", Role.ADMIN, members::setRole);
    add("delete_tenant_user", DELETE, "/v0/tenant/users/{user_id}", Role.ADMIN, members::remove);
    add("list_tenants", GET, "/v0/tenants", Role.OWNER, tenants::list);
    add("create_tenant", POST, "/v0/tenants", Role.OWNER, tenants::create);
    add("get_tenant", GET, "/v0/tenants/{tenant_id}", Role.OWNER, tenants::get);
    add("delete_tenant", DELETE, "/v0/tenants/{tenant_id}", Role.OWNER, tenants::delete);
    add("patch_tenant", PATCH, "/v0/tenants/{tenant_id}", Role.OWNER, tenants::rename);
  }

  private void addAudit() {
    add("list_audit", GET, "/v0/audit", Role.ADMIN, audit::list);
  }

  private void open(String id, String path, Operation.Handler handler) {
    operations.add(new Operation(id, GET, path, null, false, handler));
  }

  private void read(String id, String below, Operation.Handler handler) {
    add(id, GET, PIPELINE + below, Role.READ, handler);
  }

  private void post(String id, String below, Operation.Handler handler) {
    add(id, POST, PIPELINE + below, Role.WRITE, handler);
  }

  private void add(
      String id, HttpMethod method, String path, Role role, Operation.Handler handler) {
    operations.add(new Operation(id, method, path, role, true, handler));
  }

  /** Without {@code Cache-Control}. */
  private void plain(
      String id, HttpMethod method, String path, Role role, Operation.Handler handler) {
    operations.add(new Operation(id, method, path, role, false, handler));
  }
}
