"""Stopping, restarting and killing the server itself."""

import hmac
import random
import threading
from contextlib import closing
from dataclasses import dataclass, field

import pg8000.native
import pytest
import requests
from feldera import Pipeline, PipelineBuilder
from feldera.enums import PipelineStatus
from feldera.runtime_config import RuntimeConfig
from weirkeeper_server import PIPELINE, PROJECT, SPARE, Server, eventually, launch

SQL = "CREATE TABLE t (x INT) WITH ('materialized' = 'true');"
STOP_LIMIT_S = 10.0


def started_pipeline(server: Server, name: str) -> Pipeline:
    """A running pipeline."""
    pipeline = PipelineBuilder(server.client(), name=name, sql=SQL).create()
    pipeline.start()
    return pipeline


def await_status(server: Server, name: str, status: str, deadline_s: float = 60.0) -> dict:
    """Waits until a pipeline shows ``status``; returns the pipeline."""

    def probe():
        pipeline = server.pipeline(name)
        return pipeline if pipeline["deployment_status"] == status else None

    return eventually(probe, f"{name} to be {status}", deadline_s)


def test_the_last_lines_printed_say_where_it_is_and_how_to_stop(own_server: Server):
    own_server.start()
    last = eventually(
        lambda: own_server.output().splitlines()[-6:] if own_server.url in own_server.output() else None,
        "the start-up lines",
    )
    text = "\n".join(last)
    assert own_server.url in text
    assert str(own_server.data_dir) in text
    assert "Ctrl-C" in text and "stop" in text


def test_ctrl_c_ends_every_process_and_the_next_run_brings_back_what_should_run(own_server: Server):
    first_start = own_server.start()
    started_pipeline(own_server, "running")
    PipelineBuilder(own_server.client(), name="stopped", sql=SQL).create()
    family = own_server.processes()
    assert len(family) > 2, f"expected server, database and pipeline, found {family}"
    seconds = own_server.interrupt()
    left = [process for process in family if process.alive()] + own_server.processes()
    assert not left, f"still alive after Ctrl-C: {left}"
    assert seconds <= STOP_LIMIT_S
    later_start = own_server.start()
    print(f"ready after {first_start:.1f} s, later {later_start:.1f} s; stopped in {seconds:.1f} s")
    await_status(own_server, "running", "Running")
    pipeline = Pipeline.get("running", own_server.client())
    pipeline.input_json("t", {"x": 1})
    assert list(pipeline.query("SELECT * FROM t")) == [{"x": 1}]
    assert own_server.pipeline("stopped")["deployment_status"] == "Stopped"


def test_the_stop_command_ends_every_process(own_server: Server):
    own_server.start()
    started_pipeline(own_server, "running")
    running = launch("status", "--data-dir", str(own_server.data_dir))
    assert running.returncode == 0 and own_server.url in running.stdout, running
    stopped = launch("stop", "--data-dir", str(own_server.data_dir))
    assert stopped.returncode == 0, stopped
    own_server.wait_for_exit()
    assert not own_server.processes()
    assert launch("status", "--data-dir", str(own_server.data_dir)).returncode != 0


def test_a_second_start_on_the_same_data_directory_is_refused(own_server: Server, tmp_path):
    own_server.start()
    second = Server(own_server.data_dir)
    try:
        refused = launch("run", "--port", str(second.port), "--data-dir", str(own_server.data_dir))
    finally:
        assert own_server.request("GET", "/v0/config").status_code == 200
    assert refused.returncode != 0
    assert str(own_server.data_dir) in refused.stdout + refused.stderr


def test_keep_pipelines_leaves_them_for_the_next_run_to_adopt(own_server: Server):
    own_server.start("--keep-pipelines")
    pipeline = started_pipeline(own_server, "kept")
    pipeline.input_json("t", [{"x": 1}, {"x": 2}])
    before = own_server.pipeline("kept")
    processes = own_server.processes(PIPELINE)
    assert processes
    own_server.interrupt()
    assert all(process.alive() for process in processes)
    own_server.start()
    after = await_status(own_server, "kept", "Running")
    assert after["deployment_id"] == before["deployment_id"]
    kept = Pipeline.get("kept", own_server.client())
    assert list(kept.query("SELECT * FROM t ORDER BY x")) == [{"x": 1}, {"x": 2}]
    own_server.interrupt()
    assert not own_server.processes()


TICKING = """
CREATE TABLE ticks (n BIGINT) WITH ('connectors' = '[{"name": "gen", "transport": {"name": "datagen",
    "config": {"plan": [{"rate": 50}]}}}]');
CREATE MATERIALIZED VIEW ticked AS SELECT COUNT(*) AS c FROM ticks;
"""
FAULT_TOLERANT = {"workers": 1, "fault_tolerance": {"model": "exactly_once"}}


class OwnPort:
    """A pipeline's process, spoken to without a controller, with what its row and its secret say."""

    def __init__(self, server: Server, pipeline: str):
        home = server.data_dir / "postgres"
        password = (home / "password").read_text().strip()
        port = int((home / "port").read_text())
        columns = "deployment_secret, id, deployment_number, process_instance, process_address, process_port"
        with closing(pg8000.native.Connection("weirkeeper", "127.0.0.1", "postgres", port, password)) as database:
            [row] = database.run(f"SELECT {columns} FROM pipeline WHERE name = :name", name=pipeline)
        secret, identifier, number, instance, address, port = row
        text = f"bearer|{identifier}|{number}|{instance}"
        token = hmac.new(bytes.fromhex(secret), text.encode(), "sha256").hexdigest()
        self._url = f"http://{address}:{port}"
        self._headers = {"Authorization": f"Bearer {token}"}

    def request(self, method: str, path: str, **arguments) -> requests.Response:
        """A request to the process itself."""
        return requests.request(method, self._url + path, headers=self._headers, timeout=30, **arguments)

    def metrics(self) -> dict:
        """What /stats says of the whole."""
        return self.request("GET", "/stats").json()["global_metrics"]


def test_pipelines_outlive_a_killed_server_and_are_adopted_or_go_on_from_their_journal(own_server: Server):
    own_server.start()
    client = own_server.client()
    orphan = PipelineBuilder(client, name="orphan", sql=SQL + TICKING).create()
    orphan.start()
    orphan.input_json("t", {"x": 1})
    dead = PipelineBuilder(client, name="dead", sql=SQL, runtime_config=RuntimeConfig.from_dict(FAULT_TOLERANT)).create()
    dead.start()
    dead.input_json("t", [{"x": 7}, {"x": 8}])
    before = {name: own_server.pipeline(name) for name in ("orphan", "dead")}
    process = OwnPort(own_server, "orphan")
    [doomed] = own_server.processes(f"{PIPELINE}{dead.id()}")
    own_server.kill()

    # Nobody is there to ask, and the process works on: its own input, and ours.
    alone = process.metrics()
    pushed = process.request("POST", "/ingress/t?format=json&update_format=raw", data='{"x": 2}')
    assert pushed.status_code == 200, pushed.text
    doomed.kill()
    eventually(lambda: process.metrics()["total_completed_steps"] > alone["total_completed_steps"] + 5, "steps")
    later = process.metrics()
    assert later["total_input_records"] > alone["total_input_records"] + 1
    assert requests.get(process._url + "/stats", timeout=5).status_code == 401, "without its token"

    own_server.start()
    after = await_status(own_server, "orphan", "Running")
    assert after["deployment_id"] == before["orphan"]["deployment_id"]
    adopted = own_server.request("GET", "/v0/pipelines/orphan/stats").json()["global_metrics"]
    assert adopted["incarnation_uuid"] == alone["incarnation_uuid"]
    assert adopted["total_completed_steps"] >= later["total_completed_steps"]
    orphan = Pipeline.get("orphan", own_server.client())
    assert list(orphan.query("SELECT * FROM t ORDER BY x")) == [{"x": 1}, {"x": 2}]
    [ticked] = orphan.query("SELECT * FROM ticked")
    assert ticked["c"] >= later["total_input_records"] - 2

    again = await_status(own_server, "dead", "Running")
    assert again["deployment_id"] != before["dead"]["deployment_id"]
    assert list(Pipeline.get("dead", own_server.client()).query("SELECT * FROM t ORDER BY x")) == [{"x": 7}, {"x": 8}]
    orphan.stop(force=True)
    assert orphan.status() == PipelineStatus.STOPPED
    assert not own_server.processes(f"{PIPELINE}{orphan.id()}")


def test_a_start_takes_the_warm_spare_process_which_never_outlives_its_server(own_server: Server):
    own_server.start()
    [spare] = eventually(own_server.warm_spares, "a warm spare process", 60)
    started_pipeline(own_server, "warm")
    assert [process.pid for process in own_server.processes(PIPELINE)] == [spare.pid]
    assert own_server.pipeline("warm")["deployment_status"] == "Running"
    [successor] = eventually(lambda: own_server.processes(SPARE), "the next spare process", 60)
    own_server.kill()
    eventually(lambda: not successor.alive(), "the spare process to end with its server")
    assert spare.alive(), "a pipeline outlives the server"


# --- settings ---------------------------------------------------------------------------


def test_an_etag_means_the_same_bytes_before_and_after_a_restart(own_server: Server):
    own_server.start("--keep-pipelines")
    plain = {"Accept-Encoding": "identity"}
    path = "/v0/pipelines/tagged"
    body = {"name": "tagged", "program_code": SQL, "runtime_config": {"workers": 1, "env": {"zz": "1", "a": "2"}}}
    own_server.request("POST", "/v0/pipelines", json=body)
    eventually(lambda: own_server.pipeline("tagged")["program_status"] == "Success", "the compilation", 60)
    seen = {}

    def look():
        for selector in ("all", "status"):
            answer = own_server.request("GET", f"{path}?selector={selector}", headers=plain)
            tag = answer.headers["ETag"]
            assert seen.setdefault(tag, answer.content) == answer.content, f"{tag} means two answers"
        return tag

    before = look()
    own_server.interrupt()
    own_server.start("--keep-pipelines")
    look()
    # What was seen before the restart is still a condition afterwards; an edit makes another state.
    for expected in (200, 412):
        edit = {"description": "x"}
        edited = own_server.request("PATCH", path, json=edit, headers={"If-Match": before})
        assert edited.status_code == expected
    look()


def test_the_example_configuration_is_taken_and_health_and_metrics_are_served(own_server: Server):
    own_server.start("--config", str(PROJECT / "conf" / "weirkeeper.example.json"))
    for path in ("/healthz", "/livez", "/readyz"):
        assert requests.get(own_server.management_url + path, timeout=5).status_code == 200, path
    assert own_server.request("GET", "/healthz").json() == {"status": "healthy"}
    metrics = requests.get(own_server.management_url + "/metrics", timeout=5)
    assert metrics.status_code == 200
    assert "# TYPE " in metrics.text


def test_an_unknown_option_is_refused_with_the_nearest_known_one(tmp_path):
    refused = launch("run", "--prot", "1", "--data-dir", str(tmp_path / "data"))
    assert refused.returncode != 0
    assert "--port" in refused.stdout + refused.stderr


def test_binding_beyond_loopback_without_authentication_is_refused(tmp_path):
    refused = launch("run", "--bind", "0.0.0.0", "--data-dir", str(tmp_path / "data"))
    assert refused.returncode != 0
    assert "--allow-unauthenticated" in refused.stdout + refused.stderr


# --- kill -9 under load -----------------------------------------------------------------------


@dataclass
class Expected:
    """What is known of one pipeline: the last acknowledged state, or several possible ones.

    :param states: each state that the pipeline may be in; None stands for "does not exist". More
        than one only while the outcome of the last request is not known.
    """

    states: list[dict | None] = field(default_factory=lambda: [None])


class Load:
    """Creates, edits, starts, stops and deletes pipelines one request at a time, and keeps book.

    Only a request that was under way when the server died has more than one possible outcome.
    """

    def __init__(self, server: Server, seed: int, names: list[str]):
        self._server = server
        self._random = random.Random(seed)
        self.book = {name: Expected() for name in names}
        self.acknowledged = 0

    def run(self) -> None:
        """Works until the server stops answering."""
        while True:
            name = self._random.choice(list(self.book))
            method, path, body, change = self._next(name, self.book[name].states[0])
            before = self.book[name].states[0]
            after = change(before)
            try:
                answer = self._server.request(method, path, json=body)
            except requests.RequestException:
                self.book[name].states = [before, after]
                return
            if answer.status_code in (200, 201, 202):
                self.book[name].states = [after]
                self.acknowledged += 1
            elif answer.status_code == 503:
                self.book[name].states = [before, after]
                return
            else:
                assert answer.status_code == 400, f"{method} {path}: {answer.status_code} {answer.text}"

    def _next(self, name: str, state: dict | None):
        path = f"/v0/pipelines/{name}"
        text = f"text {self._random.randrange(1_000_000)}"
        program = f"CREATE TABLE t{self._random.randrange(1_000_000)} (x INT);"
        if state is None:
            fresh = {"description": text, "program_code": program, "running": False}
            body = {"name": name, "description": text, "program_code": program}
            return "POST", "/v0/pipelines", body, lambda _: fresh
        choices = [
            ("PATCH", path, {"description": text}, lambda s: {**s, "description": text}),
            ("PATCH", path, {"description": text}, lambda s: {**s, "description": text}),
            ("PATCH", path, {"program_code": program}, lambda s: {**s, "program_code": program}),
            ("POST", path + "/stop?force=true", None, lambda s: {**s, "running": False}),
            ("DELETE", path, None, lambda s: None),
        ]
        if name.startswith("started"):
            choices += [("POST", path + "/start", None, lambda s: {**s, "running": True})] * 2
        return self._random.choice(choices)

    def settle(self) -> list[str]:
        """Compares the server with the book, goes on from what it says, and returns differences."""
        wrong = []
        for name, known in self.book.items():
            answer = self._server.request("GET", f"/v0/pipelines/{name}")
            actual = None
            if answer.status_code == 200:
                seen = answer.json()
                actual = {
                    "description": seen["description"],
                    "program_code": seen["program_code"],
                    "running": seen["deployment_desired_status"] != "Stopped",
                }
                if seen["deployment_error"] is not None and not actual["running"]:
                    # A start that failed is undone by the server itself, and it says why. The reason stays
                    # after a later stop too, so the book may say either.
                    actual["running"] = next((s["running"] for s in known.states if s), False)
            if actual not in known.states:
                wrong.append(f"{name}: expected one of {known.states}, found {actual}")
            known.states = [actual]
        return wrong


@pytest.mark.parametrize("seed", [1, 2])
def test_no_acknowledged_change_is_lost_when_the_server_is_killed(own_server: Server, seed: int):
    rounds = 4
    names = [f"quiet{n}" for n in range(6)] + ["started0"]
    moments = random.Random(seed)
    load = Load(own_server, seed, names)
    own_server.start()
    for number in range(rounds):
        killer = threading.Timer(moments.uniform(0.3, 4.0), own_server.kill)
        killer.start()
        load.run()
        killer.join()
        own_server.start()
        wrong = load.settle()
        assert not wrong, f"seed {seed}, round {number}: {wrong}"
    assert load.acknowledged > 20 * rounds, "the load was too light to mean anything"
    print(f"seed {seed}: {load.acknowledged} acknowledged changes, {rounds} kills, none lost")


# --- the database -----------------------------------------------------------------------


def test_a_killed_database_comes_back_by_itself_with_every_acknowledged_change(own_server: Server):
    own_server.start()
    for number in range(5):
        body = {"name": f"p{number}", "program_code": SQL}
        assert own_server.request("POST", "/v0/pipelines", json=body).status_code == 201
    def database():
        return [process for process in own_server.processes("postgres") if "-D" in process.command_line]

    first = database()
    assert len(first) == 1, own_server.processes()
    first[0].kill()
    acknowledged, by_another = [], []

    # What the orphaned backends still commit before they notice the death counts as well: it was acknowledged.
    def answered_by_another() -> bool:
        body = {"description": f"change {len(acknowledged)}"}
        others = [process for process in database() if process.pid != first[0].pid]
        answer = own_server.request("PATCH", f"/v0/pipelines/p{len(acknowledged) % 5}", json=body)
        if answer.status_code == 200:
            acknowledged.append(answer.json())
            if others:  # its forks may look like it for a moment: more than one
                by_another.append(answer.json())
            return len(by_another) >= 5
        error = answer.json()
        assert set(error) == {"message", "error_code", "details"}, error
        assert answer.status_code in (500, 503), error
        return False

    eventually(answered_by_another, "another database to take changes", 60)
    eventually(lambda: own_server.request("GET", "/v0/pipelines").status_code == 200, "reads")
    shown = {pipeline["name"]: pipeline for pipeline in own_server.request("GET", "/v0/pipelines").json()}
    assert len(shown) == 5
    last = {change["name"]: change["description"] for change in acknowledged}
    assert {name: pipeline["description"] for name, pipeline in shown.items()} == last
