"""Ad-hoc queries over a WebSocket, with a client that knows nothing of the server."""

import json

import pytest
from weirkeeper_server import Server, eventually
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

SQL = """
CREATE TABLE t (x INT NOT NULL PRIMARY KEY) WITH ('materialized' = 'true');
CREATE MATERIALIZED VIEW v AS SELECT x, x * 2 AS y FROM t;
CREATE VIEW plain AS SELECT x FROM t;
"""


def socket(server: Server, name: str, **options) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/v0/pipelines/{name}/query", **options)


def answer(server: Server, name: str, sql: str, form: str = "json") -> tuple[list[str], int]:
    """The messages and the close code."""
    messages = []
    with socket(server, name) as connection:
        connection.send(json.dumps({"sql": sql, "format": form}))
        try:
            while True:
                messages.append(connection.recv(timeout=30))
        except ConnectionClosed as closed:
            return messages, closed.rcvd.code


def test_a_query_over_a_websocket_answers_what_it_answers_over_http(server: Server, create):
    pipeline = create(SQL)
    with pytest.raises(InvalidStatus) as stopped:
        socket(server, pipeline.name)
    assert stopped.value.response.status_code == 503
    assert json.loads(stopped.value.response.body)["error_code"] == "PipelineInteractionNotDeployed"
    pipeline.start()
    pipeline.input_json("t", [{"x": n} for n in range(20_000)])
    query = "SELECT * FROM v ORDER BY x"
    for form in ("json", "text"):
        messages, code = answer(server, pipeline.name, query, form)
        assert code == 1000
        http = server.request("GET", f"/v0/pipelines/{pipeline.name}/query", params={"sql": query, "format": form})
        assert "".join(messages) == http.text
        assert len(messages) > 1
    for sql, text in (("SELECT * FROM plain", "materialized"), ("SELECT nonsense", "nonsense"), ("SELECT", "")):
        messages, code = answer(server, pipeline.name, sql)
        assert code == 1011
        error = json.loads(messages[-1])
        assert error["error_code"] == "AdHocQueryError" and text in error["message"] and "details" in error
    with socket(server, pipeline.name, subprotocols=["feldera-ws-v1"]) as connection:
        assert connection.subprotocol == "feldera-ws-v1"
        connection.send("this is no query")
        assert json.loads(connection.recv(timeout=30))["error_code"] == "InvalidParam"
    with pytest.raises(InvalidStatus) as unknown:
        socket(server, "nobody")
    assert unknown.value.response.status_code == 404


def test_a_query_ends_when_its_websocket_does(server: Server, create):
    pipeline = create(SQL)
    pipeline.start()
    endless = "SELECT COUNT(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7"
    for _ in range(4):  # as many as run at once
        with socket(server, pipeline.name) as connection:
            connection.send(json.dumps({"sql": endless, "format": "json"}))
    messages, code = answer(server, pipeline.name, "SELECT 1 AS a")
    assert (messages, code) == (['{"a":1}\n'], 1000)


def test_a_stop_of_the_pipeline_closes_its_websockets(server: Server, create):
    pipeline = create(SQL)
    pipeline.start()
    with socket(server, pipeline.name) as connection:
        server.request("POST", f"/v0/pipelines/{pipeline.name}/stop?force=true")
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=30)
        assert closed.value.rcvd.code == 1011
    eventually(lambda: server.pipeline(pipeline.name)["deployment_status"] == "Stopped", "the stop")
