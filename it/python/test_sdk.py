"""The calls of the published Python SDK, each against a real pipeline."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pandas
import pytest
from feldera import Pipeline, PipelineBuilder
from feldera.enums import CompletionTokenStatus, PipelineStatus, ProgramStatus, StorageStatus
from feldera.rest.errors import FelderaAPIError
from weirkeeper_server import Server, eventually

ORDERS = """
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer VARCHAR NOT NULL, cents BIGINT);
CREATE MATERIALIZED VIEW spent AS
    SELECT customer, COUNT(*) AS n, SUM(cents) AS cents FROM orders GROUP BY customer;
"""


def rows(pipeline: Pipeline, query: str) -> list[dict]:
    """The result of an ad-hoc query."""
    return list(pipeline.query(query))


def test_a_created_pipeline_is_compiled_and_stopped(create):
    pipeline = create(ORDERS, description="orders of a shop", tags=["shop"])
    assert pipeline.status() == PipelineStatus.STOPPED
    assert pipeline.program_status() == ProgramStatus.Success
    assert pipeline.storage_status() == StorageStatus.CLEARED
    assert pipeline.description() == "orders of a shop"
    assert pipeline.tags() == ["shop"]
    assert [table.name for table in pipeline.tables()] == ["orders"]
    assert "spent" in [view.name for view in pipeline.views()]


def test_a_name_is_given_once(server: Server, create):
    name = create(ORDERS).name
    with pytest.raises(RuntimeError):
        PipelineBuilder(server.client(), name=name, sql=ORDERS).create()


def test_a_pipeline_starts_pauses_resumes_stops_clears_and_is_deleted(server: Server, create):
    pipeline = create(ORDERS)
    pipeline.start()
    assert pipeline.status() == PipelineStatus.RUNNING
    pipeline.pause()
    assert pipeline.status() == PipelineStatus.PAUSED
    pipeline.resume()
    assert pipeline.status() == PipelineStatus.RUNNING
    pipeline.stop(force=True)
    assert pipeline.status() == PipelineStatus.STOPPED
    assert pipeline.storage_status() == StorageStatus.INUSE
    with pytest.raises(FelderaAPIError) as refused:
        pipeline.delete()
    assert refused.value.error_code == "DeleteRestrictedToClearedStorage"
    pipeline.clear_storage()
    assert pipeline.storage_status() == StorageStatus.CLEARED
    pipeline.delete()
    with pytest.raises(FelderaAPIError) as gone:
        Pipeline.get(pipeline.name, server.client())
    assert gone.value.error_code == "UnknownPipelineName"


def test_rows_pushed_are_counted_by_the_view_once_their_token_is_complete(create):
    pipeline = create(ORDERS)
    pipeline.start()
    pipeline.input_json(
        "orders",
        [
            {"id": 1, "customer": "Ann", "cents": 250},
            {"id": 2, "customer": "Bob", "cents": None},
            {"id": 3, "customer": "Ann", "cents": 9_007_199_254_740_993},
        ],
    )
    assert rows(pipeline, "SELECT * FROM spent ORDER BY customer") == [
        {"customer": "Ann", "n": 2, "cents": 9_007_199_254_741_243},
        {"customer": "Bob", "n": 1, "cents": None},
    ]
    pipeline.input_json(
        "orders",
        [
            {"delete": {"id": 1}},
            {"insert": {"id": 3, "customer": "Bob", "cents": 5}},
            {"update": {"id": 2, "cents": 7}},
            {"update": {"id": 99, "cents": 7}},
            {"delete": {"id": 98}},
        ],
        update_format="insert_delete",
    )
    assert rows(pipeline, "SELECT * FROM spent") == [{"customer": "Bob", "n": 2, "cents": 12}]


def test_a_data_frame_is_pushed_with_its_times_and_missing_values(create):
    pipeline = create(
        """CREATE TABLE seen (id INT NOT NULL, n INT, moment TIMESTAMP, label VARCHAR)
            WITH ('materialized' = 'true');
        CREATE MATERIALIZED VIEW counted AS SELECT label, COUNT(*) AS c FROM seen GROUP BY label;"""
    )
    pipeline.start()
    frame = pandas.DataFrame(
        {
            "id": [1, 2],
            "n": [7, None],
            "moment": pandas.to_datetime(["2024-02-29 12:00:00.123", None]),
            "label": ["a", "a"],
        }
    )
    pipeline.input_pandas("seen", frame)
    assert rows(pipeline, "SELECT id, n, CAST(moment AS VARCHAR) AS moment FROM seen ORDER BY id") == [
        {"id": 1, "n": 7, "moment": "2024-02-29 12:00:00.123"},
        {"id": 2, "n": None, "moment": None},
    ]
    assert rows(pipeline, "SELECT * FROM counted") == [{"label": "a", "c": 2}]


def test_rows_forced_into_a_paused_pipeline_are_processed(create):
    pipeline = create(ORDERS)
    pipeline.start_paused()
    assert pipeline.status() == PipelineStatus.PAUSED
    token = pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1}, force=True, wait=False)
    pipeline.wait_for_token(token)
    assert pipeline.completion_token_status(token) == CompletionTokenStatus.COMPLETE
    assert rows(pipeline, "SELECT n FROM spent") == [{"n": 1}]
    assert pipeline.status() == PipelineStatus.PAUSED


def test_rows_pushed_while_paused_wait_for_resume(server: Server, create):
    pipeline = create(ORDERS)
    pipeline.start_paused()
    with pytest.raises(RuntimeError, match="paused"):  # the SDK itself refuses, so the push below is without it
        pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1})
    with ThreadPoolExecutor(1) as sender:
        path = f"/v0/pipelines/{pipeline.name}/ingress/orders?format=json&update_format=raw"
        pushed = sender.submit(server.request, "POST", path, data='{"id": 1, "customer": "Ann", "cents": 1}')
        with pytest.raises(TimeoutError):
            pushed.result(timeout=1)
        assert rows(pipeline, "SELECT * FROM spent") == []
        pipeline.resume()
        answer = pushed.result(timeout=30)
    assert answer.status_code == 200, answer.text
    pipeline.wait_for_token(answer.json()["token"])
    assert rows(pipeline, "SELECT n FROM spent") == [{"n": 1}]


def test_a_listener_receives_every_change_and_nothing_else(create):
    pipeline = create(ORDERS)
    pipeline.start()
    listener = pipeline.listen("spent")
    pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1})
    pipeline.input_json("orders", {"id": 2, "customer": "Ann", "cents": 2})

    # The SDK marks each change with insert_delete: 1 for an insert, -1 for a delete.
    changes = []

    def three_changes():
        changes.extend(listener.to_dict(clear_buffer=True))
        return len(changes) >= 3

    eventually(three_changes, "three changes of the view")
    assert changes == [
        {"customer": "Ann", "n": 1, "cents": 1, "insert_delete": 1},
        {"customer": "Ann", "n": 1, "cents": 1, "insert_delete": -1},
        {"customer": "Ann", "n": 2, "cents": 3, "insert_delete": 1},
    ]


def test_chunks_of_a_view_reach_a_callback(create):
    pipeline = create(ORDERS)
    pipeline.start()
    arrived = threading.Event()
    pipeline.foreach_chunk("spent", lambda frame, number: arrived.set() if len(frame) else None)
    pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1})
    assert arrived.wait(30)


def test_a_query_as_text_is_a_table(create):
    pipeline = create(ORDERS)
    pipeline.start()
    pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1})
    text = "\n".join(pipeline.query_tabular("SELECT customer, n FROM spent"))
    assert text.split() == "+----------+---+ | customer | n | +----------+---+ | Ann | 1 | +----------+---+".split()


def test_a_plain_view_cannot_be_queried(create):
    pipeline = create("CREATE TABLE t (x INT); CREATE VIEW v AS SELECT x FROM t;")
    pipeline.start()
    with pytest.raises(FelderaAPIError, match="materialized"):
        rows(pipeline, "SELECT * FROM v")


def test_statistics_count_what_went_through(create):
    pipeline = create(ORDERS)
    pipeline.start()
    pipeline.input_json("orders", [{"id": n, "customer": "Ann", "cents": n} for n in range(1000)])
    metrics = pipeline.stats().global_metrics
    assert metrics.total_input_records == 1000
    assert metrics.total_processed_records == 1000
    assert metrics.rss_bytes > 10_000_000


def test_an_edited_program_runs_after_the_next_start(create):
    pipeline = create(ORDERS)
    pipeline.start()
    with pytest.raises(FelderaAPIError) as refused:
        pipeline.modify(sql="CREATE TABLE t (x INT);")
    assert refused.value.error_code == "UpdateRestrictedToStopped"
    pipeline.stop(force=True)
    pipeline.clear_storage()
    pipeline.modify(sql=ORDERS + "CREATE MATERIALIZED VIEW customers AS SELECT DISTINCT customer FROM orders;")
    pipeline.start()
    pipeline.input_json("orders", {"id": 1, "customer": "Ann", "cents": 1})
    assert rows(pipeline, "SELECT * FROM customers") == [{"customer": "Ann"}]


def test_create_or_replace_replaces_a_running_pipeline(server: Server, create):
    pipeline = create(ORDERS)
    pipeline.start()
    replaced = PipelineBuilder(
        server.client(), name=pipeline.name, sql="CREATE TABLE t (x INT) WITH ('materialized' = 'true');"
    ).create_or_replace()
    assert replaced.status() == PipelineStatus.STOPPED
    assert [table.name for table in replaced.tables()] == ["t"]
    replaced.start()
    replaced.input_json("t", [{"x": 1}, {"x": 1}])
    assert rows(replaced, "SELECT * FROM t") == [{"x": 1}, {"x": 1}]


def test_events_and_logs_tell_what_happened(create):
    pipeline = create(ORDERS)
    pipeline.start()
    statuses = [event["deployment_resources_status"] for event in reversed(pipeline.events())]
    assert [s for s, before in zip(statuses, [None, *statuses]) if s != before] == [
        "Stopped",
        "Provisioning",
        "Provisioned",
    ]
    first_line = next(pipeline.logs())
    assert "Fresh start of pipeline log" in first_line


def generated(tmp_path, more: str = "") -> str:
    """A program that makes its own rows and writes its view to a file."""
    return f"""
    CREATE TABLE numbers (n BIGINT NOT NULL, name VARCHAR) WITH ('connectors' = '[{{
        "name": "gen", {more}
        "transport": {{"name": "datagen", "config": {{"plan": [{{"limit": 25000, "fields": {{
            "name": {{"values": ["a", "b", "c"]}}}}}}]}}}}
    }}]');
    CREATE MATERIALIZED VIEW sums WITH ('connectors' = '[{{
        "name": "file",
        "transport": {{"name": "file_output", "config": {{"path": "{tmp_path}/sums.csv"}}}},
        "format": {{"name": "csv"}}
    }}]') AS SELECT name, COUNT(*) AS c, SUM(n) AS s FROM numbers GROUP BY name;
    """


def accumulated(path) -> dict[str, int]:
    """The rows of a CSV change log with their weights added up."""
    weights: dict[str, int] = {}
    for line in path.read_text().splitlines():
        row, weight = line.rsplit(",", 1)
        weights[row] = weights.get(row, 0) + int(weight)
    return {row: weight for row, weight in weights.items() if weight}


def test_a_pipeline_of_finite_inputs_completes_with_all_its_output_written(create, tmp_path):
    pipeline = create(generated(tmp_path))
    pipeline.start()
    pipeline.wait_for_completion(timeout_s=60)
    expected = {
        f"{name},{len(range(i, 25000, 3))},{sum(range(i, 25000, 3))}": 1
        for i, name in enumerate(["a", "b", "c"])
    }
    assert accumulated(tmp_path / "sums.csv") == expected
    stats = pipeline.stats()
    assert [i.endpoint_name for i in stats.inputs] == ["numbers.gen"]
    assert stats.inputs[0].metrics.total_records == 25000
    assert stats.inputs[0].metrics.end_of_input is True
    assert [o.endpoint_name for o in stats.outputs] == ["sums.file"]
    assert stats.outputs[0].metrics.transmitted_bytes == (tmp_path / "sums.csv").stat().st_size


def test_a_connector_is_started_and_paused_by_hand(server: Server, create, tmp_path):
    pipeline = create(generated(tmp_path, '"paused": true,'))
    pipeline.start()
    assert pipeline.input_connector_stats("numbers", "gen").paused is True
    assert pipeline.stats().global_metrics.total_input_records == 0
    pipeline.resume_connector("numbers", "gen")
    pipeline.wait_for_completion(timeout_s=60)
    assert rows(pipeline, "SELECT SUM(c) AS c FROM sums") == [{"c": 25000}]
    pipeline.pause_connector("numbers", "gen")
    assert pipeline.input_connector_stats("numbers", "gen").paused is True
    assert pipeline.output_connector_stats("sums", "file").metrics.transmitted_records >= 3
    token = pipeline.generate_completion_token("numbers", "gen")
    assert pipeline.completion_token_status(token) == CompletionTokenStatus.COMPLETE
    unknown = server.request("POST", f"/v0/pipelines/{pipeline.name}/tables/numbers/connectors/x/start")
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, "UnknownInputEndpoint")
    bad = server.request("POST", f"/v0/pipelines/{pipeline.name}/tables/numbers/connectors/gen/stop")
    assert (bad.status_code, bad.json()["error_code"]) == (400, "InvalidConnectorAction")


def test_a_connector_that_is_not_built_is_named_when_the_pipeline_starts(create):
    pipeline = create(
        """CREATE TABLE t (a INT) WITH ('connectors' = '[{"name": "k", "transport": {
               "name": "kafka_input", "config": {"topic": "x"}}, "format": {"name": "json"}}]');"""
    )
    with pytest.raises(RuntimeError) as refused:
        pipeline.start()
    assert "'kafka_input' is not built yet" in str(refused.value)
    assert pipeline.deployment_error()["error_code"] == "ConfigError.UnknownInputTransport"
