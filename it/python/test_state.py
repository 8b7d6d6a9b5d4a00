"""State that survives: checkpoints, stops that save it, fault tolerance, and its removal."""

from feldera import Pipeline
from feldera.enums import FaultToleranceModel, PipelineStatus, StorageStatus
from feldera.runtime_config import RuntimeConfig
from weirkeeper_server import PIPELINE, Server, eventually

FAULT_TOLERANT = RuntimeConfig(fault_tolerance_model=FaultToleranceModel.AtLeastOnce, checkpoint_interval_secs=60)

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
    files = [*(server.data_dir / "pipelines" / pipeline.id()).glob("storage/*/checkpoints/*")]
    assert len(files) == 2
    pipeline.clear_storage()
    assert not any(file.exists() for file in files)
    assert pipeline.storage_status() == StorageStatus.CLEARED and checkpoints(server, pipeline) is None
    pipeline.start()
    assert spent(pipeline) == []
    assert server.request("GET", f"/v0/pipelines/{pipeline.name}/checkpoints").json() == []


def test_a_pipeline_without_storage_refuses_to_save_its_state_and_works_on(server: Server, create):
    pipeline = create(SPENT, runtime_config=RuntimeConfig(storage=False))
    path = f"/v0/pipelines/{pipeline.name}"
    pipeline.start()
    refused = server.request("POST", f"{path}/stop")
    assert (refused.status_code, refused.json()["error_code"]) == (500, "SuspendError")
    assert refused.json()["details"] == {"Permanent": ["StorageRequired"]}
    checkpoint = server.request("POST", f"{path}/checkpoint")
    assert (checkpoint.status_code, checkpoint.json()["error_code"]) == (400, "NotSupported")
    stats = server.request("GET", f"{path}/stats").json()
    assert stats["suspend_error"] == {"Permanent": ["StorageRequired"]}
    assert stats["permanent_checkpoint_errors"] == ["StorageRequired"]
    assert stats["checkpoint_activity"] == {"status": "idle"}
    pipeline.input_json("orders", order(1, "Ann", 3))
    assert spent(pipeline) == [{"customer": "Ann", "cents": 3}]
    running = server.pipeline(pipeline.name)
    assert (running["deployment_status"], running["deployment_desired_status"]) == ("Running", "Running")


def test_a_fault_tolerant_pipeline_comes_back_by_itself_with_every_row_but_not_after_an_error_of_its_own(
    server: Server, create
):
    pipeline = create(SPENT, runtime_config=FAULT_TOLERANT)
    pipeline.start()
    pipeline.input_json("orders", order(1, "Ann", 3))
    pipeline.checkpoint(wait=True)
    pipeline.input_json("orders", [order(2, "Bob", 5), order(1, "Ann", 4)])
    pipeline.pause()
    before = server.pipeline(pipeline.name)
    [process] = server.processes(f"{PIPELINE}{pipeline.id()}")
    process.kill()

    def back():
        shown = server.pipeline(pipeline.name)
        return shown["deployment_id"] not in (None, before["deployment_id"]) and shown["deployment_status"] == "Paused"

    eventually(back, "the pipeline to come back as it was", 60)
    shown = server.pipeline(pipeline.name)
    restarts = shown["deployment_resources_status_details"]["restarts"]
    assert restarts["count"] == 1 and "killed from outside" in restarts["reason"]
    assert shown["deployment_error"] is None
    events = server.request("GET", f"/v0/pipelines/{pipeline.name}/events?selector=all").json()
    told = [event["deployment_resources_status_details"] for event in events]
    assert any("killed from outside" in str(details) for details in told)
    assert spent(pipeline) == [{"customer": "Ann", "cents": 4}, {"customer": "Bob", "cents": 5}]
    pipeline.resume()

    # It would come again after every restart.
    path = f"/v0/pipelines/{pipeline.name}/ingress/orders?format=json&update_format=raw&array=true"
    too_much = [order(3, "Cyd", 2**63 - 1), order(4, "Cyd", 1)]
    assert server.request("POST", path, json=too_much).status_code == 200
    eventually(lambda: pipeline.status() == PipelineStatus.STOPPED, "the overflow to end the pipeline")
    failed = server.pipeline(pipeline.name)
    assert failed["deployment_desired_status"] == "Stopped"
    assert failed["deployment_error"]["error_code"] == "RuntimeError.WorkerPanic"
