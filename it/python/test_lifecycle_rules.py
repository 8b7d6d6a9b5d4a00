"""The rules of pipelines on a running server, in the order of the specification: each test names its section."""

import uuid

import pytest
import requests
from weirkeeper_server import PIPELINE, Server, eventually

SQL = "CREATE TABLE t (x INT) WITH ('materialized' = 'true'); CREATE MATERIALIZED VIEW v AS SELECT x + 1 AS y FROM t;"
NEW = "/v0/pipelines/rules"

ALL = {*"""id name description tags created_at version platform_version runtime_config program_code udf_rust udf_toml
program_config program_version program_status program_status_since program_error program_info deployment_error
refresh_version storage_status storage_status_details deployment_id deployment_initial deployment_status
deployment_status_since deployment_desired_status deployment_desired_status_since deployment_resources_status
deployment_resources_status_details deployment_resources_status_since deployment_resources_desired_status
deployment_resources_desired_status_since deployment_runtime_status deployment_runtime_status_details
deployment_runtime_status_since deployment_runtime_desired_status deployment_runtime_desired_status_since
bootstrap_policy silent_bootstrap concurrent_bootstrap""".split()}
LARGE = {"runtime_config", "program_code", "udf_rust", "udf_toml", "program_error", "program_info"}
LARGE.add("deployment_resources_status_details")
BOOTSTRAP = {"bootstrap_policy", "silent_bootstrap", "concurrent_bootstrap"}


@pytest.fixture
def ask(server: Server):
    """Sends a request and returns (status, error code or body); removes the pipelines that it made."""
    names = set()

    def send(method: str, path: str, body: dict | None = None, **options) -> tuple[int, object]:
        if method in ("POST", "PUT") and body and "name" in body:
            names.add(body["name"])
        answer = server.request(method, path, **({} if body is None else {"json": body}), **options)
        if answer.status_code < 400:
            return answer.status_code, answer.json() if answer.content else None
        kind = answer.headers.get("Content-Type", "")
        if kind != "application/json":
            return answer.status_code, answer.text
        error = answer.json()
        assert set(error) == {"message", "error_code", "details"}, error
        return answer.status_code, error["error_code"]

    yield send
    for name in names - {""}:
        if server.request("GET", f"/v0/pipelines/{name}").status_code == 200:
            server.client().stop_pipeline(name, force=True)
            server.client().clear_storage(name)
            server.client().delete_pipeline(name)


def compiled(server: Server, ask, **fields) -> dict:
    """A compiled pipeline named rules."""
    assert ask("PUT", NEW, {"name": "rules", "program_code": SQL, **fields})[0] in (200, 201)
    eventually(lambda: server.pipeline("rules")["program_status"] == "Success", "the compilation", 60)
    return server.pipeline("rules")


def await_status(server: Server, *wanted: str) -> dict:
    """Waits until the pipeline shows one of the statuses."""
    eventually(lambda: server.pipeline("rules")["deployment_status"] in wanted, f"status {wanted}", 60)
    return server.pipeline("rules")


def test_1_framework_errors_are_plain_text_in_their_order(server: Server, ask):
    url = server.url + "/v0/pipelines"
    for body, kind, status, text in (
        ("{", "application/json", 400, "Json deserialize error: "),
        ('{"name":"a"}', "application/json", 400, "Json deserialize error: "),
        ('{"name":"a","program_code":1}', "application/json", 400, "Json deserialize error: "),
        ('{"name":"a","program_code":"","description":null}', "application/json", 400, "Json deserialize error: "),
        ("{}", "text/plain", 400, "Content type error"),
        ("{}", None, 400, "Content type error"),
        ('"' + "x" * 2_097_152 + '"', "application/json", 413, ""),
    ):
        answer = requests.post(url, data=body, headers={"Content-Type": kind} if kind else {}, timeout=30)
        assert answer.status_code == status and answer.text.startswith(text), (body[:40], answer.text[:200])
        assert answer.headers["Content-Type"].startswith("text/plain")
    for query in ("selector=everything", "selector="):
        status, text = ask("GET", f"/v0/pipelines?{query}")
        assert status == 400 and text.startswith("Query deserialize error: ")
    # Routing and roles come before the body, and the pipeline before the rules.
    assert ask("GET", "/v0/nothing") == (404, "")
    missing = server.request("PUT", "/v0/pipelines", data="{")
    assert missing.status_code == 403 and set(missing.json()) == {"message", "error_code"}
    assert ask("POST", "/v0/pipelines/nobody/start?initial=running") == (404, "UnknownPipelineName")
    assert ask("POST", "/v0/pipelines/nobody/start?dismiss_error=maybe")[0] == 400


def test_1_3_headers_say_what_may_be_cached_and_who_may_ask(server: Server, ask):
    compiled(server, ask)
    for path, cached in (
        ("/v0/pipelines", False),
        (NEW, False),
        ("/v0/config", True),
        ("/config/authentication", True),
        (f"{NEW}/dataflow_graph", True),
        ("/v0/cluster_healthz", True),
    ):
        answer = server.request("GET", path)
        assert ("Cache-Control" not in answer.headers) == cached, path
        assert cached or answer.headers["Cache-Control"] == "no-cache"
    origin = {"Origin": "http://elsewhere.example"}
    for method, path, status in (("GET", "/v0/pipelines/nobody", 404), ("PUT", "/v0/pipelines", 403)):
        answer = server.request(method, path, headers=origin)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", origin["Origin"])
    assert "Access-Control-Allow-Origin" not in server.request("GET", "/healthz", headers=origin).headers
    with server.request("GET", f"{NEW}/logs", headers={"Accept-Encoding": "gzip"}, stream=True) as logs:
        assert logs.headers["Content-Encoding"] == "identity" and logs.headers["Transfer-Encoding"] == "chunked"
        assert logs.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert logs.headers["X-Content-Type-Options"] == "nosniff"
    assert server.request("GET", "/robots.txt").headers["Content-Type"] == "text/plain; charset=utf-8"
    assert server.request("GET", "/healthz").json() == {"status": "healthy"}


def test_2_values_are_validated_in_the_order_of_the_rules(server: Server, ask):
    def put(**fields):
        return ask("PUT", NEW, {"name": "rules", "program_code": SQL, **fields})

    assert put(name="") == (400, "EmptyName")
    for fields, code in (
        ({"description": "x" * 301}, "TooLongDescription"),
        ({"tags": [f"t{n}" for n in range(51)]}, "TooManyTags"),
        ({"tags": ["ä"]}, "InvalidTag"),
        ({"tags": [""]}, "InvalidTag"),
        ({"runtime_config": {"workers": "many"}}, "InvalidRuntimeConfig"),
        ({"runtime_config": {"env": {"FELDERA_X": "1"}}}, "InvalidRuntimeConfig"),
        ({"runtime_config": {"fault_tolerance": {"model": "twice"}}}, "InvalidRuntimeConfig"),
        ({"program_config": {"profile": "fast"}}, "InvalidProgramConfig"),
        ({"runtime_config": {"workers": "many"}, "description": "x" * 301}, "InvalidRuntimeConfig"),
    ):
        assert put(**fields) == (400, code), fields
    details = server.request("PUT", NEW, json={"name": "rules", "program_code": "", "tags": [""] * 51}).json()
    assert details["details"] == {"count": 51, "maximum": 50}
    refused = {"name": "rules", "program_code": "", "runtime_config": {"env": {"HOSTNAME": "1"}}}
    error = server.request("PUT", NEW, json=refused).json()
    assert "reserved and cannot be overridden" in error["message"]
    assert error["details"]["value"] == {"env": {"HOSTNAME": "1"}}
    assert list(error["details"]["error"]) == ["InvalidPipelineEnv"]
    assert ask("PUT", NEW, {"name": "other", "program_code": SQL}) == (400, "CannotRenameNonExistingPipeline")
    assert server.request("GET", NEW).status_code == 404


def test_3_bodies_and_field_sets(server: Server, ask):
    status, created = ask("POST", "/v0/pipelines", {"name": "rules", "program_code": SQL, "runtime_config": None})
    assert status == 201 and set(created) == ALL - BOOTSTRAP
    assert (created["version"], created["program_version"], created["refresh_version"]) == (1, 1, 1)
    assert (created["program_status"], created["storage_status"]) == ("Pending", "Cleared")
    assert created["description"] == "" and created["tags"] == [] and created["udf_rust"] == ""
    assert ask("POST", "/v0/pipelines", {"name": "rules", "program_code": SQL}) == (409, "DuplicateName")
    eventually(lambda: server.pipeline("rules")["program_status"] == "Success", "the compilation", 60)
    assert set(server.pipeline("rules")) == ALL
    shown = server.request("GET", f"{NEW}?selector=status").json()
    assert set(shown) == ALL - LARGE
    listed = server.request("GET", "/v0/pipelines?selector=status_with_connectors").json()
    assert [p["id"] for p in listed] == sorted(p["id"] for p in listed)
    [mine] = [p for p in listed if p["name"] == "rules"]
    assert set(mine) == set(shown), "the number of errors of a stopped pipeline cannot be told"
    assert uuid.UUID(created["id"]).version == 7
    # A configuration is replaced as a whole; metadata and no-ops move no version.
    status, patched = ask("PATCH", NEW, {"runtime_config": {"workers": 3, "unknown": 1}})
    assert patched["runtime_config"]["workers"] == 3 and "unknown" not in patched["runtime_config"]
    status, patched = ask("PATCH", NEW, {"runtime_config": {"max_rss_mb": 900}, "description": None})
    assert patched["runtime_config"]["workers"] == 8 and patched["version"] == 3 and patched["program_version"] == 1
    assert patched["refresh_version"] == 5
    for body in ({}, {"runtime_config": {"max_rss_mb": 900}}, {"tags": ["b", "a"]}, {"description": "d"}, {"tags": []}):
        status, same = ask("PATCH", NEW, body)
        assert (same["version"], same["refresh_version"]) == (3, 5), body
    assert same["tags"] == [] and same["description"] == "d"
    assert set(ask("PUT", NEW, {"name": "rules", "program_code": SQL})[1]) == ALL - BOOTSTRAP


def test_4_starting_editing_and_clearing_are_refused_in_the_order_of_the_checks(server: Server, ask):
    compiled(server, ask)
    assert ask("POST", f"{NEW}/start?initial=suspended") == (405, "UnsupportedPipelineAction")
    assert ask("POST", f"{NEW}/start?initial=standby") == (400, "InitialStandbyNotAllowed")
    both = "silent_bootstrap=true&concurrent_bootstrap=true"
    assert ask("POST", f"{NEW}/start?{both}") == (400, "InvalidBootstrapConfig")
    assert ask("POST", f"{NEW}/stop") == (202, "Pipeline is forcefully stopping"), "there is nothing to suspend"
    assert ask("POST", f"{NEW}/stop?force=true") == (202, "Pipeline is forcefully stopping")
    assert ask("POST", f"{NEW}/pause") == (503, "PipelineInteractionNotDeployed")
    assert ask("POST", f"{NEW}/clear") == (202, "Pipeline storage is being cleared")
    assert ask("POST", f"{NEW}/dismiss_error")[0] == 200
    assert ask("POST", f"{NEW}/start?initial=paused&bootstrap_policy=reject") == (202, "Pipeline is starting")
    assert ask("POST", f"{NEW}/start?initial=running") == (400, "InitialImmutableUnlessStopped")
    assert ask("POST", f"{NEW}/start?initial=paused") == (400, "BootstrapPolicyImmutableUnlessStopped")
    assert ask("POST", f"{NEW}/start?initial=paused&bootstrap_policy=reject")[0] == 202
    running = await_status(server, "Paused")
    assert running["bootstrap_policy"] == "reject" and running["deployment_initial"] == "Paused"
    assert running["deployment_resources_status_details"] == {"process": "has not exited", "working_dir": "exists"}
    assert running["deployment_id"] and running["storage_status"] == "InUse"
    for body, code in (
        ({"program_code": SQL + " "}, "UpdateRestrictedToStopped"),
        ({"name": "other"}, "UpdateRestrictedToStopped"),
        ({"description": "x", "program_code": SQL + " "}, "UpdateRestrictedToStopped"),
        ({"description": "x" * 301, "program_code": SQL + " "}, "TooLongDescription"),
    ):
        assert ask("PATCH", NEW, body) == (400, code)
    assert server.pipeline("rules")["description"] == "", "a mixed edit is all or nothing"
    assert ask("PATCH", NEW, {"description": "while it runs", "tags": ["t"]})[0] == 200
    assert ask("POST", f"{NEW}/update_runtime")[0] == 200, "nothing to do is no edit"
    assert ask("POST", f"{NEW}/clear") == (400, "StorageStatusImmutableUnlessStopped")
    assert ask("DELETE", NEW) == (400, "DeleteRestrictedToFullyStopped")
    assert ask("POST", f"{NEW}/pause") == (202, "Pipeline transitioning from Paused to Paused")
    assert ask("POST", f"{NEW}/resume") == (202, "Pipeline transitioning from Paused to Running")
    assert ask("POST", f"{NEW}/resume") == (202, "Pipeline transitioning from Running to Running")
    [process] = server.processes(f"{PIPELINE}{running['id']}")
    process.kill()
    failed = await_status(server, "Stopped")
    assert failed["deployment_error"]["error_code"] == "RunnerCheckError" and failed["deployment_id"] is None
    assert failed["deployment_runtime_status"] is None and failed["deployment_runtime_status_since"] is None
    assert failed["bootstrap_policy"] is None and failed["deployment_initial"] is None
    assert ask("POST", f"{NEW}/start?dismiss_error=false") == (400, "CannotStartWithUndismissedError")
    assert ask("DELETE", NEW) == (400, "DeleteRestrictedToClearedStorage")
    edit = {"name": "other", "runtime_config": {"workers": 2, "resources": {"storage_mb_max": 5}}}
    restricted = server.request("PATCH", NEW, json=edit).json()
    assert restricted["error_code"] == "EditRestrictedToClearedStorage"
    assert restricted["details"]["not_allowed"] == [
        "`name`",
        "`runtime_config.workers`",
        "`runtime_config.resources.storage_mb_max`",
    ]
    zone = server.request("PATCH", NEW, json={"runtime_config": {"clock_timezone_offset": "+05:30"}}).json()
    assert "clock_timezone_offset" in zone["message"]
    assert ask("POST", f"{NEW}/dismiss_error")[0] == 200
    assert server.pipeline("rules")["deployment_error"] is None
    assert ask("POST", f"{NEW}/clear")[0] == 202
    eventually(lambda: server.pipeline("rules")["storage_status"] == "Cleared", "the storage to be cleared")
    assert ask("PATCH", NEW, edit)[0] == 200
    assert ask("GET", NEW) == (404, "UnknownPipelineName")
    assert ask("DELETE", "/v0/pipelines/other") == (200, None)


def test_4_7_a_program_with_errors_does_not_start_early_or_late(server: Server, ask):
    wrong = {"name": "rules", "program_code": "CREATE VIEW v AS SELECT * FROM nothing;"}
    assert ask("PUT", NEW, wrong)[0] == 201
    early, answer = ask("POST", f"{NEW}/start")
    if early == 202:
        failed = await_status(server, "Stopped")
        eventually(lambda: server.pipeline("rules")["deployment_error"], "the error of the early start")
        failed = server.pipeline("rules")
        assert failed["deployment_error"]["error_code"] == "StartFailedDueToFailedCompilation"
        assert failed["deployment_desired_status"] == "Stopped"
    else:
        assert answer == "CannotStartWithCompilationError"
    eventually(lambda: server.pipeline("rules")["program_status"] == "SqlError", "the compilation to fail", 60)
    assert ask("POST", f"{NEW}/start") == (400, "CannotStartWithCompilationError")
    assert ask("GET", f"{NEW}/dataflow_graph") == (404, "ProgramNotCompiled")
    assert ask("POST", f"{NEW}/diff", {}) == (404, "ProgramNotCompiled")
    status, result = ask("POST", "/v0/validate_program", {"program_code": wrong["program_code"]})
    assert status == 200 and result["SqlError"]["info"]["exit_code"] != 0
    version = {"program_code": "", "runtime_version": "latest"}
    assert ask("POST", "/v0/validate_program", version) == (400, "InvalidRuntimeVersion")


def test_5_what_needs_the_process_is_refused_without_one(server: Server, ask):
    compiled(server, ask)
    forwarded = [
        ("POST", "pause"), ("POST", "resume"), ("GET", "stats"), ("GET", "metrics"), ("GET", "time_series"),
        ("GET", "time_series_stream"), ("GET", "circuit_profile"), ("GET", "circuit_json_profile"),
        ("GET", "query?sql=SELECT 1"), ("POST", "ingress/t?format=json"), ("POST", "egress/v?format=json"),
        ("GET", "completion_status?token=x"), ("GET", "tables/t/connectors/c/stats"),
        ("GET", "views/v/connectors/c/stats"), ("POST", "tables/t/connectors/c/start"), ("GET", "checkpoints"),
        ("GET", "checkpoint_status"), ("POST", "start_transaction"), ("POST", "commit_transaction"),
        ("POST", "rebalance"), ("POST", "start_compaction"), ("POST", "approve"), ("POST", "activate"),
        ("POST", "checkpoint"), ("POST", "checkpoint/sync"), ("GET", "checkpoint/sync_status"),
        ("GET", "checkpoints/remote"),
    ]  # fmt: skip
    for method, path in forwarded:
        answer = server.request(method, f"{NEW}/{path}")
        error = answer.json()
        assert (answer.status_code, error["error_code"]) == (503, "PipelineInteractionNotDeployed"), path
        assert answer.headers["Retry-After"] == "5"
        assert error["details"] == {"pipeline_name": "rules", "status": "Stopped", "desired_status": "Stopped"}
        assert error["message"].endswith(' pipeline-id=N/A pipeline-name="rules"')
        assert ask(method, f"/v0/pipelines/nobody/{path}") == (404, "UnknownPipelineName"), path
    assert ask("POST", f"{NEW}/tables/t/connectors/c/restart") == (400, "InvalidConnectorAction")
    assert ask("GET", f"{NEW}/metrics?format=xml")[0] == 400
    assert ask("GET", f"{NEW}/support_bundle?limit=0") == (400, "InvalidSupportBundleParameter")


def test_6_the_server_describes_itself(server: Server, ask):
    status, config = ask("GET", "/v0/config")
    assert config["version"] == "0.337.0" and config["edition"] == "Enterprise"
    assert {"posthog", "conceptualhq", "product_fruits", "revision", "runtime_revision", "unstable_features",
            "changelog_url", "license_validity", "update_info", "build_info", "build_source"} <= set(config)  # fmt: skip
    assert {"build_timestamp", "build_cpu", "build_os", "cargo_dependencies", "cargo_features", "cargo_debug",
            "cargo_opt_level", "cargo_target_triple", "rustc_version"} == set(config["build_info"])  # fmt: skip
    status, session = ask("GET", "/v0/config/session")
    assert session["tenant_name"] == "default" and session["role"] == "admin"
    assert session["tenant_id"] == "00000000-0000-0000-0000-000000000000"
    assert ask("GET", "/v0/cluster/events/00000000-0000-7000-8000-000000000000") == (404, "UnknownClusterMonitorEvent")
    assert ask("GET", "/v0/cluster/events/x") == (400, "InvalidUuidParam")
    assert server.request("GET", "/v0/metrics").headers["Content-Type"].startswith("text/plain")
