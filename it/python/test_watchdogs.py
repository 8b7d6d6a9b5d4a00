"""Processes that hang rather than die: what is waited for has a limit, and something happens then."""

import os
import signal
from contextlib import contextmanager

from weirkeeper_server import COMPILER, PIPELINE, Process, Server, eventually

SQL = "CREATE TABLE t (x INT) WITH ('materialized' = 'true'); CREATE MATERIALIZED VIEW v AS SELECT x + 1 AS y FROM t;"


@contextmanager
def stopped(process: Process):
    """A process that takes no step for a while."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if process.alive():
            os.kill(process.pid, signal.SIGCONT)


def compiler(server: Server) -> Process:
    """The compiler, which answers."""
    [found] = eventually(lambda: server.processes(COMPILER), "a compiler")
    return found


def is_status(server: Server, name: str, *wanted: str) -> bool:
    return server.pipeline(name)["program_status"] in wanted


def test_a_delete_preempts_a_hung_compilation_and_an_edit_withdraws_one_that_waits(server: Server, create):
    create(SQL)  # the compiler is warm now
    running, waiting, other = names = [f"hung{n}" for n in range(3)]
    with stopped(compiler(server)):
        for name in names:
            body = {"name": name, "program_code": f"{SQL} -- {name}"}
            assert server.request("POST", "/v0/pipelines", json=body).status_code == 201
        eventually(lambda: is_status(server, running, "CompilingSql"), "the compilation to begin")
        assert is_status(server, waiting, "Pending")
        edited = server.request("PATCH", f"/v0/pipelines/{waiting}", json={"program_code": SQL})
        assert edited.json()["program_version"] == 2
        assert server.request("DELETE", f"/v0/pipelines/{running}").status_code == 200
        # The compiler is still stopped: only a new one can answer.
        for name in (waiting, other):
            eventually(lambda name=name: is_status(server, name, "Success"), f"{name} to compile", 60)
    assert server.pipeline(waiting)["program_version"] == 2
    for name in (waiting, other):
        assert server.request("DELETE", f"/v0/pipelines/{name}").status_code == 200


def test_a_hung_compiler_costs_its_program_a_system_error(own_server: Server):
    own_server.start("--sql-compilation-timeout", "5s")
    warm = {"name": "warm", "program_code": SQL}
    own_server.request("POST", "/v0/pipelines", json=warm)
    eventually(lambda: is_status(own_server, "warm", "Success"), "the first program to compile", 60)
    body = {"name": "victim", "program_code": SQL + " -- victim"}
    with stopped(compiler(own_server)):
        own_server.request("POST", "/v0/pipelines", json=body)
        eventually(lambda: is_status(own_server, "victim", "SystemError"), "the limit to pass", 60)
    assert "5 s" in own_server.pipeline("victim")["program_error"]["system_error"]
    start = own_server.request("POST", "/v0/pipelines/victim/start")
    assert (start.status_code, start.json()["error_code"]) == (400, "CannotStartWithCompilationError")
    own_server.request("PATCH", "/v0/pipelines/victim", json={"program_code": SQL})
    eventually(lambda: is_status(own_server, "victim", "Success"), "the edited program to compile", 60)


def test_a_pipeline_process_that_answers_nothing_is_unavailable_and_comes_back_or_can_be_stopped(
    server: Server, create
):
    pipeline = create(SQL)
    pipeline.start()
    name = pipeline.name
    [process] = server.processes(f"{PIPELINE}{pipeline.id()}")

    def status():
        return server.pipeline(name)["deployment_status"]

    with stopped(process):
        eventually(lambda: status() == "Unavailable", "the status of a process that hangs")
        assert "reason" in server.pipeline(name)["deployment_runtime_status_details"]
        for method, path in (("GET", "stats"), ("POST", "pause"), ("GET", "query?sql=SELECT 1")):
            answer = server.request(method, f"/v0/pipelines/{name}/{path}")
            assert (answer.status_code, answer.json()["error_code"]) == (503, "PipelineUnavailable"), path
            assert answer.headers["Retry-After"] == "5"
    eventually(lambda: status() == "Running", "the process to be seen again")
    assert server.pipeline(name)["deployment_error"] is None
    with stopped(process):
        assert server.request("POST", f"/v0/pipelines/{name}/stop?force=true").status_code == 202
        eventually(lambda: status() == "Stopped", "the end of a process that hangs")
        assert not process.alive()
    assert server.pipeline(name)["deployment_error"] is None
