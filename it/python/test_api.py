"""The API as its specification has it, on a running server: what clients count, order and compare."""

import io
import json
import resource
import socket
import time
import zipfile

import pytest
import requests
from weirkeeper_server import Server, eventually

SQL = "CREATE TABLE t (x INT) WITH ('materialized' = 'true'); CREATE MATERIALIZED VIEW v AS SELECT x + 1 AS y FROM t;"


def statuses(server: Server, name: str) -> list[tuple]:
    """The history of a pipeline, oldest first, without repetitions, as clients compare it."""
    history = []
    for event in reversed(server.request("GET", f"/v0/pipelines/{name}/events").json()):
        entry = (
            event["deployment_resources_status"],
            event["deployment_resources_desired_status"],
            event["deployment_runtime_status"],
            event["deployment_runtime_desired_status"],
            event["deployment_has_error"],
            event["program_status"],
            event["storage_status"],
        )
        if "Unavailable" not in entry and (not history or history[-1] != entry):
            history.append(entry)
    return history


def await_storage(server: Server, name: str, status: str) -> None:
    """Waits for a storage status."""
    eventually(lambda: server.pipeline(name)["storage_status"] == status, f"storage of {name} to be {status}")


def test_versions_and_history_are_exactly_what_clients_count(server: Server, create):
    pipeline = create(SQL)
    name = pipeline.name
    assert server.pipeline(name)["refresh_version"] == 3
    assert server.pipeline(name)["storage_status_details"] is None
    server.request("PATCH", f"/v0/pipelines/{name}", json={"description": "no version moves"})
    assert server.pipeline(name)["refresh_version"] == 3
    edited = server.request("PATCH", f"/v0/pipelines/{name}", json={"program_code": SQL + " -- edited"}).json()
    assert edited["refresh_version"] == 4
    eventually(lambda: server.pipeline(name)["program_status"] == "Success", "the edited program to compile")
    assert server.pipeline(name)["refresh_version"] == 6
    before = len(statuses(server, name))
    pipeline.start()
    eventually(
        lambda: server.pipeline(name)["storage_status_details"] == {"checkpoints": []}, "the details of storage"
    )
    pipeline.pause()
    pipeline.resume()
    assert server.pipeline(name)["refresh_version"] <= 15
    pipeline.stop(force=True)
    assert server.pipeline(name)["storage_status_details"] == {"checkpoints": []}
    pipeline.clear_storage()
    cleared = server.pipeline(name)
    assert cleared["refresh_version"] <= 25 and cleared["storage_status_details"] is None
    stopped = ("Stopped", "Stopped", None, None, False)
    wanted = ("Stopped", "Provisioned", None, None, False)
    run = [
        (*wanted, "Success", "Cleared"),
        (*wanted, "Success", "InUse"),
        ("Provisioning", "Provisioned", None, None, False, "Success", "InUse"),
        ("Provisioned", "Provisioned", "Initializing", "Running", False, "Success", "InUse"),
        ("Provisioned", "Provisioned", "Running", "Running", False, "Success", "InUse"),
        ("Provisioned", "Provisioned", "Paused", "Paused", False, "Success", "InUse"),
        ("Provisioned", "Provisioned", "Running", "Running", False, "Success", "InUse"),
        ("Provisioned", "Stopped", "Running", "Running", False, "Success", "InUse"),
        ("Stopping", "Stopped", None, None, False, "Success", "InUse"),
        (*stopped, "Success", "InUse"),
        (*stopped, "Success", "Clearing"),
        (*stopped, "Success", "Cleared"),
    ]
    compiled = [
        (*stopped, status, "Cleared") for status in ("Pending", "CompilingSql", "SqlCompiled", "CompilingRust", "Success")
    ]
    history = statuses(server, name)
    assert history[:before] == compiled + compiled
    assert history[before:] == run


def test_events_are_read_one_by_one(server: Server, create):
    name = create(SQL).name
    newest = server.request("GET", f"/v0/pipelines/{name}/events").json()[0]
    latest = server.request("GET", f"/v0/pipelines/{name}/events/latest?selector=all").json()
    assert latest["event_id"] == newest["event_id"]
    assert set(latest) - set(newest) == {
        "deployment_resources_status_details",
        "deployment_runtime_status_details",
        "deployment_error",
        "storage_status_details",
    }
    base = f"/v0/pipelines/{name}/events"
    for path, status, code in (
        (f"{base}/nonsense", 400, "InvalidUuidParam"),
        (f"{base}/00000000-0000-7000-8000-000000000000", 404, "UnknownPipelineMonitorEvent"),
        ("/v0/pipelines/nobody/events", 404, "UnknownPipelineName"),
    ):
        answer = server.request("GET", path)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), path
    assert server.request("GET", f"{base}?selector=x").status_code == 400


def test_an_etag_spares_what_is_known_and_guards_what_has_changed(server: Server, create):
    name = create(SQL).name
    path = f"/v0/pipelines/{name}"
    first = server.request("GET", path)
    tag = first.headers["ETag"]
    assert server.request("GET", path, headers={"If-None-Match": tag}).status_code in (200, 304)
    plain = {"Accept-Encoding": "identity"}
    tag = server.request("GET", path, headers=plain).headers["ETag"]
    same = server.request("GET", path, headers={**plain, "If-None-Match": tag})
    assert same.status_code == 304 and same.content == b""
    changed = server.request("PATCH", path, json={"description": "a"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    late = server.request("PATCH", path, json={"description": "b"}, headers={"If-Match": tag})
    assert late.status_code == 412 and late.json()["error_code"] == "PreconditionFailed"
    assert server.pipeline(name)["description"] == "a"
    body = {"name": name, "program_code": SQL}
    assert server.request("PUT", path, json=body, headers={"If-Match": tag}).status_code == 412
    assert server.request("DELETE", path, headers={"If-Match": tag}).status_code == 412
    chained = server.request(
        "PATCH", path, json={"description": "c"}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert chained.status_code == 200
    absent = {"name": "absent", "program_code": SQL}
    assert server.request("PUT", "/v0/pipelines/absent", json=absent, headers={"If-Match": "*"}).status_code == 412


def test_a_diff_tells_what_a_new_program_would_change(server: Server, create):
    name = create(SQL + " CREATE VIEW w AS SELECT y FROM v; CREATE TABLE gone (z INT);").name
    client = server.client()
    nothing = client.pipeline_diff(name)
    assert nothing["program_diff_error"] is None
    assert all(value == [] for value in nothing["program_diff"].values())
    new = (
        "CREATE TABLE t (x INT) WITH ('materialized' = 'true'); CREATE TABLE added (z INT);"
        " CREATE MATERIALIZED VIEW v AS SELECT x + 2 AS y FROM t; CREATE VIEW w AS SELECT y FROM v;"
    )
    assert client.pipeline_diff(name, program_code=new)["program_diff"] == {
        "added_tables": ["added"],
        "removed_tables": ["gone"],
        "modified_tables": [],
        "added_views": [],
        "removed_views": [],
        "modified_views": ["v", "w"],
    }
    for body, status, code in (
        ({"program_code": "CREATE VIEW v AS SELECT * FROM nowhere;"}, 400, "InvalidNewProgramSql"),
        ({"runtime_version": "latest"}, 400, "InvalidRuntimeVersion"),
    ):
        answer = server.request("POST", f"/v0/pipelines/{name}/diff", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    unknown = server.request("POST", "/v0/pipelines/nobody/diff", json={})
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, "UnknownPipelineName")
    assert server.pipeline(name)["refresh_version"] == 3


def test_the_dataflow_is_there_and_validation_shows_it_only_on_demand(server: Server, create):
    name = create(SQL).name
    graph = server.request("GET", f"/v0/pipelines/{name}/dataflow_graph").json()
    assert {node.get("view") or node.get("table") for node in graph["mir"].values()} - {None} == {"t", "v"}
    client = server.client()
    assert client.validate_program(SQL)["Success"]["program_info"]["dataflow"] is None
    assert client.validate_program(SQL, ir=True)["Success"]["program_info"]["dataflow"] == graph
    wrong = client.validate_program("CREATE VIEW v AS SELECT * FROM nowhere;")["SqlError"]["info"]
    assert wrong["exit_code"] != 0 and "nowhere" in wrong["messages"][0]["message"]


def test_every_demo_compiles(server: Server):
    demos = server.request("GET", "/v0/config/demos").json()
    assert len(demos) >= 3
    for demo in demos:
        assert set(demo) == {"name", "title", "description", "program_code", "udf_rust", "udf_toml"}
        assert "Success" in server.client().validate_program(demo["program_code"]), demo["name"]


def bundle(server: Server, name: str, query: str = "") -> zipfile.ZipFile:
    """Fetches a support bundle."""
    answer = server.request("GET", f"/v0/pipelines/{name}/support_bundle{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-support-bundle.zip"'
    assert answer.headers["Content-Encoding"] == "identity"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def directories(archive: zipfile.ZipFile) -> set[str]:
    """The collections of a bundle."""
    return {entry.split("/")[0] for entry in archive.namelist() if "/" in entry}


def test_a_support_bundle_holds_what_was_asked_for_and_no_secret(server: Server, create):
    secret = "hunter2-never-show-this"
    pipeline = create(SQL)
    name = pipeline.name
    server.request(
        "PATCH",
        f"/v0/pipelines/{name}",
        json={
            "program_code": SQL + f"\n-- password={secret}",
            "runtime_config": {"env": {"API_KEY": secret}},
        },
    ).raise_for_status()
    eventually(lambda: server.pipeline(name)["program_status"] == "Success", "compilation")
    pipeline.start()
    running = bundle(server, name)
    assert len(directories(running)) == 1
    files = {entry.split("/")[1] for entry in running.namelist() if "/" in entry}
    assert files >= {
        "circuit_profile.zip",
        "circuit_profile.json",
        "metrics.txt",
        "logs.txt",
        "stats.json",
        "pipeline_config.json",
        "system_config.json",
        "dataflow_graph.json",
        "pipeline_events.json",
    }
    for entry in running.namelist():
        assert secret.encode() not in running.read(entry), entry
    metadata = json.loads(running.read("metadata.json"))
    assert metadata["pipeline"]["name"] == name and metadata["pipeline"]["status"] == "Running"
    assert [item["directory"] for item in metadata["collections"]] == list(directories(running))
    profile = json.loads(running.read(next(e for e in running.namelist() if e.endswith("circuit_profile.json"))))
    assert {relation["name"] for relation in profile["relations"]} >= {"t", "v"}
    for _ in range(3):
        bundle(server, name, "?circuit_profile=false")
    assert len(directories(bundle(server, name, "?collect=false"))) == 3
    assert len(directories(bundle(server, name, "?limit=1"))) == 1
    flags = "circuit_profile heap_profile metrics logs stats pipeline_config system_config dataflow_graph pipeline_events"
    nothing = bundle(server, name, "?collect=false&" + "&".join(f"{flag}=false" for flag in flags.split()))
    assert sorted(nothing.namelist()) == ["metadata.json", "metadata.txt"]
    refused = server.request("GET", f"/v0/pipelines/{name}/support_bundle?limit=0")
    assert (refused.status_code, refused.json()["error_code"]) == (400, "InvalidSupportBundleParameter")
    assert server.request("GET", "/v0/pipelines/nobody/support_bundle").status_code == 404


def test_the_clusters_health_has_a_history(server: Server):
    health = server.request("GET", "/v0/cluster_healthz")
    assert health.status_code == 200 and health.json()["all_healthy"], health.text
    for part in ("api", "compiler", "runner"):
        assert set(health.json()[part]) == {"healthy", "message", "unchanged_since", "checked_at"}
    events = server.client().get_cluster_events()
    assert events and events[0]["all_healthy"]
    event = server.client().get_cluster_event(events[0]["id"], selector="all")
    assert "healthy" in event["api_self_info"]
    assert server.client().get_cluster_event("latest")["id"] == events[0]["id"]


def test_a_log_has_its_marks_and_ends_with_the_pipeline(server: Server, create):
    pipeline = create(SQL)
    name = pipeline.name
    pipeline.start()
    pipeline.stop(force=True)
    pipeline.clear_storage()
    with requests.get(f"{server.url}/v0/pipelines/{name}/logs", stream=True, timeout=30) as log:
        assert log.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert log.headers["X-Content-Type-Options"] == "nosniff"
        assert log.headers["Content-Encoding"] == "identity"
        lines = log.iter_lines(decode_unicode=True)
        first = next(lines)
        assert first.startswith("[manager] ") and "Fresh start of pipeline logs" in first
        assert first.endswith(f'pipeline-name="{name}"')
        pipeline.delete()
        rest = list(lines)
    text = "\n".join(rest)
    assert "Resources transition: Stopped -> Provisioning (desired: Provisioned)" in text
    assert "Storage transition: Cleared -> InUse" in text
    assert rest[-1] == "Logs have ended"
    assert server.request("GET", f"/v0/pipelines/{name}/logs").status_code == 404


def test_head_is_get_without_a_body(server: Server, create):
    name = create(SQL).name
    for path in ("/healthz", "/v0/config", "/v0/pipelines", f"/v0/pipelines/{name}", "/v0/pipelines/nobody"):
        got = server.request("GET", path, headers={"Accept-Encoding": "identity"})
        head = server.request("HEAD", path, headers={"Accept-Encoding": "identity"})
        assert head.status_code == got.status_code, path
        assert head.content == b""
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_many_compressed_answers_on_one_connection_come_without_delay(server: Server, create):
    name = create(SQL).name
    session = requests.Session()
    times = []
    for _ in range(40):
        started = time.monotonic()
        answer = session.get(f"{server.url}/v0/pipelines/{name}", timeout=10)
        times.append(time.monotonic() - started)
        assert answer.headers["Content-Encoding"] == "gzip"
    # The delay of a small packet that waits for an acknowledgement would be 40 ms each.
    assert sorted(times)[len(times) // 2] < 0.035, times


def test_five_thousand_idle_connections_keep_nobody_waiting(server: Server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 6_000:
        pytest.skip(f"this user may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 6_000), hard))
    idle = []
    try:
        for _ in range(5_000):
            idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        started = time.monotonic()
        for _ in range(20):
            assert server.request("GET", "/v0/config").status_code == 200
        assert time.monotonic() - started < 10
        # One of the idle ones is still served.
        idle[2_500].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle[2_500].recv(1_000).startswith(b"HTTP/1.1 200")
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_another_platform_version_runs_and_is_replaced_on_request(own_server: Server):
    own_server.start("--unstable-features", "testing")
    assert own_server.request("GET", "/v0/config").json()["unstable_features"] == "testing"
    client = own_server.client()
    own_server.request("POST", "/v0/pipelines", json={"name": "p", "program_code": SQL}).raise_for_status()
    eventually(lambda: own_server.pipeline("p")["program_status"] == "Success", "compilation")
    client.testing_force_update_platform_version("p", "0.1.0")
    old = own_server.pipeline("p")
    assert old["platform_version"] == "0.1.0" and old["program_status"] == "Success"
    assert own_server.request("PATCH", "/v0/pipelines/p", json={"description": "x"}).json()["platform_version"] == "0.1.0"
    started = own_server.request("POST", "/v0/pipelines/p/start")
    assert (started.status_code, started.json()) == (202, "Pipeline is starting")
    eventually(lambda: own_server.pipeline("p")["deployment_status"] == "Running", "the old one to run")
    refused = own_server.request("POST", "/v0/pipelines/p/update_runtime")
    assert (refused.status_code, refused.json()["error_code"]) == (400, "UpdateRestrictedToStopped")
    own_server.request("POST", "/v0/pipelines/p/stop?force=true").raise_for_status()
    eventually(lambda: own_server.pipeline("p")["deployment_status"] == "Stopped", "the stop")
    client.update_pipeline_runtime("p")
    new = own_server.pipeline("p")
    assert new["platform_version"] == own_server.request("GET", "/v0/config").json()["version"]
    assert new["program_version"] == old["program_version"] + 1
    again = own_server.request("POST", "/v0/pipelines/p/update_runtime").json()
    assert again["program_version"] == new["program_version"]
