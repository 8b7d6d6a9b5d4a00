"""State that survives: checkpoints, stops that save it, fault tolerance, and its removal."""

from feldera import Pipeline
from feldera.enums import PipelineStatus, StorageStatus
from weirkeeper_server import Server, eventually

SPENT = """
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer VARCHAR NOT NULL, cents BIGINT);
CREATE MATERIALIZED VIEW spent AS SELECT customer, SUM(cents) AS cents FROM orders GROUP BY customer;
"""


def spent(pipeline: Pipeline) -> list[dict]:
    """The view, in order."""
    return list(pipeline.query("SELECT * FROM spent ORDER BY customer"))


def order(number: int, customer: str, cents: int) -> dict:
    """A row."""
    return {"id": number, "customer": customer, "cents": cents}


def checkpoints(server: Server, pipeline: Pipeline) -> list[dict] | None:
    """The checkpoints that the pipeline itself shows, whether it runs or not."""
    details = server.pipeline(pipeline.name)["storage_status_details"]
    return None if details is None else details["checkpoints"]


def test_a_stop_without_force_saves_the_state_and_a_clear_removes_it(server: Server, create):
    pipeline = create(SPENT)
    assert checkpoints(server, pipeline) is None
    pipeline.start()
    pipeline.input_json("orders", [order(1, "Ann", 3), order(2, "Bob", 5)])
    assert eventually(lambda: checkpoints(server, pipeline) == [], "a pipeline that runs to show that it has none")
    pipeline.stop(force=False)
    stopped = server.pipeline(pipeline.name)
    assert (stopped["deployment_error"], stopped["storage_status"]) == (None, "InUse")
    [saved] = checkpoints(server, pipeline)
    assert saved["processed_records"] == 2 and saved["size"] > 0 and saved["uuid"]
    runtime = [event["deployment_runtime_status"] for event in pipeline.events()]
    assert "Suspended" in runtime

    pipeline.start()
    assert spent(pipeline) == [{"customer": "Ann", "cents": 3}, {"customer": "Bob", "cents": 5}]
    pipeline.input_json("orders", [order(1, "Ann", 4), {"id": 3, "customer": "Bob", "cents": 1}])
    assert spent(pipeline) == [{"customer": "Ann", "cents": 4}, {"customer": "Bob", "cents": 6}]
    pipeline.checkpoint(wait=True)
    assert len(server.request("GET", f"/v0/pipelines/{pipeline.name}/checkpoints").json()) == 2
    pipeline.input_json("orders", order(4, "Cyd", 9))
    pipeline.stop(force=True)
    assert checkpoints(server, pipeline), "what was shown is kept"

    # Without fault tolerance, what came after the last checkpoint is gone with the process.
    pipeline.start_paused()
    assert pipeline.status() == PipelineStatus.PAUSED
    assert spent(pipeline) == [{"customer": "Ann", "cents": 4}, {"customer": "Bob", "cents": 6}]
    pipeline.stop(force=True)
    pipeline.clear_storage()
    assert pipeline.storage_status() == StorageStatus.CLEARED and checkpoints(server, pipeline) is None
    pipeline.start()
    assert spent(pipeline) == []
    assert server.request("GET", f"/v0/pipelines/{pipeline.name}/checkpoints").json() == []
