"""Fixtures: one server shared by tests that leave it well, and servers of their own for the rest."""

import itertools
import sys
from pathlib import Path

import pytest
from api_validation import Watch, install
from feldera import PipelineBuilder
from weirkeeper_server import PROJECT, Server

sys.path.insert(0, str(PROJECT / "examples" / "flights"))

_numbers = itertools.count(1)
_watch = Watch()


@pytest.fixture(scope="session", autouse=True)
def watched_answers():
    """Every answer to a test is held against the served OpenAPI document."""
    Server.on_start = _watch.add
    undo = install(_watch)
    yield _watch
    undo()


@pytest.fixture(autouse=True)
def documented_answers(watched_answers: Watch):
    """Fails a test in which the server answered what its document does not say."""
    watched_answers.violations.clear()
    yield
    assert watched_answers.violations == []


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory):
    """A running server; a test must leave no pipeline behind that others could stumble over."""
    shared = Server(tmp_path_factory.mktemp("shared") / "data")
    try:
        shared.start()
        yield shared
    finally:
        shared.close()


@pytest.fixture
def own_server(tmp_path: Path):
    """A server that is not started yet and that the test may kill."""
    own = Server(tmp_path / "data")
    try:
        yield own
    finally:
        own.close()


@pytest.fixture
def create(server: Server):
    """Makes a pipeline with the SDK on the shared server; it is removed after the test."""
    made = []

    def make(sql: str, **options):
        pipeline = PipelineBuilder(server.client(), name=f"p{next(_numbers)}", sql=sql, **options).create()
        made.append(pipeline)
        return pipeline

    yield make
    for pipeline in made:
        remove(server, pipeline.name)


def remove(server: Server, name: str) -> None:
    """Stops, clears and deletes a pipeline, if it is still there."""
    client = server.client()
    if server.request("GET", f"/v0/pipelines/{name}?selector=status").status_code == 404:
        return
    client.stop_pipeline(name, force=True)
    client.clear_storage(name)
    client.delete_pipeline(name)
