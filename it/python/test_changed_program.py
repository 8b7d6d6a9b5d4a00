"""A program that is edited while its state is in storage."""

from feldera import Pipeline
from feldera.enums import BootstrapPolicy, FaultToleranceModel, PipelineStatus
from feldera.rest.errors import FelderaAPIError
from feldera.runtime_config import RuntimeConfig
from weirkeeper_server import Server, eventually

import pytest

TABLES = """
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer VARCHAR NOT NULL, cents BIGINT);
CREATE TABLE clicks (customer VARCHAR NOT NULL);
"""
CLICKED = "CREATE MATERIALIZED VIEW clicked AS SELECT customer, COUNT(*) AS n FROM clicks GROUP BY customer;"
SPENT = "CREATE MATERIALIZED VIEW spent AS SELECT customer, SUM(cents) AS cents FROM orders GROUP BY customer;"
LAST = "CREATE MATERIALIZED VIEW last AS SELECT MAX(customer) AS customer FROM clicks;"


def contents(pipeline: Pipeline, view: str) -> list[dict]:
    """A view, in order."""
    return list(pipeline.query(f"SELECT * FROM {view} ORDER BY customer"))


def edit(pipeline: Pipeline, sql: str) -> None:
    """Changes the program and waits until it is compiled."""
    pipeline.modify(sql=sql)
    eventually(lambda: pipeline.program_status().name == "Success", "the changed program to be compiled", 60)


def test_an_edit_keeps_what_did_not_change_and_asks_first(server: Server, create):
    durable = RuntimeConfig(
        fault_tolerance_model=FaultToleranceModel.ExactlyOnce, checkpoint_interval_secs=1
    )
    pipeline = create(TABLES + CLICKED, runtime_config=durable)
    pipeline.start()
    path = f"/v0/pipelines/{pipeline.name}"
    pipeline.input_json("clicks", [{"customer": "Ann"}] * 10)
    pipeline.input_json("orders", [{"id": 1, "customer": "Ann", "cents": 3}, {"id": 2, "customer": "Bob", "cents": 5}])
    eventually(lambda: server.request("GET", path + "/checkpoints").json(), "a checkpoint")
    pipeline.input_json("clicks", [{"customer": "Bob"}])
    pipeline.stop(force=True)

    # What can't be filled is refused, what is to be approved waits; both leave the state alone.
    edit(pipeline, TABLES + LAST + CLICKED)
    with pytest.raises((FelderaAPIError, RuntimeError), match="not materialized"):
        pipeline.start(bootstrap_policy=BootstrapPolicy.ALLOW)
    assert server.pipeline(pipeline.name)["deployment_error"]["error_code"] == "BootstrapRejected"
    edit(pipeline, TABLES + SPENT + CLICKED)
    with pytest.raises((FelderaAPIError, RuntimeError), match="bootstrap_policy"):
        pipeline.start(bootstrap_policy=BootstrapPolicy.REJECT)

    pipeline.start(bootstrap_policy=BootstrapPolicy.AWAIT_APPROVAL)
    assert pipeline.status() == PipelineStatus.AWAITINGAPPROVAL
    details = server.pipeline(pipeline.name)["deployment_runtime_status_details"]
    assert details["approval_diff"]["program_diff"]["added_views"] == ["spent"]
    refused = server.request("GET", path + "/query?sql=SELECT+1")
    assert (refused.status_code, refused.json()["error_code"]) == (503, "AwaitingApproval")
    both = server.request("POST", path + "/approve?silent_bootstrap=true&concurrent_bootstrap=true")
    assert both.json()["error_code"] == "InvalidBootstrapConfig"
    pipeline.approve()
    pipeline.wait_for_status(PipelineStatus.RUNNING, timeout=60)
    assert contents(pipeline, "spent") == [{"customer": "Ann", "cents": 3}, {"customer": "Bob", "cents": 5}]
    pipeline.input_json("clicks", [{"customer": "Ann"}])
    assert contents(pipeline, "clicked") == [{"customer": "Ann", "n": 11}, {"customer": "Bob", "n": 1}]

    # Killed from then on, it comes back as the changed program and asks nobody.
    pipeline.stop(force=True)
    pipeline.start()
    assert pipeline.status() == PipelineStatus.RUNNING
    pipeline.input_json("orders", [{"id": 2, "customer": "Bob", "cents": 6}])
    assert contents(pipeline, "spent")[1] == {"customer": "Bob", "cents": 6}
