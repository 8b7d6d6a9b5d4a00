"""What must not hurt: wrong programs, wrong rows, too much of everything, and killed processes."""

import json
import threading

import pytest
import requests
from conftest import remove
from feldera import PipelineBuilder
from weirkeeper_server import COMPILER, HTTP_TIMEOUT_S, PIPELINE, Server, eventually

TABLE = """
CREATE TABLE t (id INT NOT NULL, s VARCHAR) WITH ('materialized' = 'true');
CREATE MATERIALIZED VIEW c AS SELECT COUNT(*) AS n FROM t;
"""
JSON_LIMIT_BYTES = 2_097_152  # of a request body of the API (spec: api-semantics 1.2)
BUFFERED_RECORDS = 100_000  # of an ingress endpoint, then its sender waits (spec: pipeline-protocol 4)


def ingress(server: Server, name: str, body, table: str = "t", **parameters) -> requests.Response:
    """Pushes a body of newline-separated JSON rows."""
    parameters = {"format": "json", "update_format": "raw", **parameters}
    return server.request("POST", f"/v0/pipelines/{name}/ingress/{table}", params=parameters, data=body)


def count(pipeline) -> int:
    """How many rows the view has counted."""
    return next(iter(pipeline.query("SELECT n FROM c")))["n"]


# --- programs ---------------------------------------------------------------------------------

# Program, its first message or a part of it, and where that points: line, column, end line, end column.
WRONG_PROGRAMS = [
    pytest.param(
        "CREATE TABLE t (\n  x INT\n);\n\nCREATE VIEW s AS SELECT * FROM blah;",
        "From line 5, column 32 to line 5, column 35: Object 'blah' not found",
        (5, 32, 5, 35),
        id="unknown table",
    ),
    pytest.param(
        "CREATE TABLE t (x INT);\nCREATE VIEW v AS\n  SELECT y FROM t;",
        "Column 'y' not found",
        (3, 10, 3, 10),
        id="unknown column",
    ),
    pytest.param("CREATE TABLE t (x INT);\nCREATE VIEW v AS SELEKT x FROM t;", "", (2, 18, 2, 23), id="no query"),
    pytest.param(
        "CREATE TABLE t (x INT);\nCREATE VIEW v AS SELECT x FROM t WHERE;", "", (2, 34, 2, 38), id="broken off"
    ),
    pytest.param("CREATE TABLE t (x FLOAT);", "DOUBLE", (1, 19, 1, 23), id="FLOAT is ambiguous"),
    pytest.param("CREATE TABLE t (x INT);\nCREATE TABLE t (y INT);", "'t'", (2, 14, 2, 14), id="name taken"),
    pytest.param(
        "CREATE TABLE t (x INT, y INT);\nCREATE VIEW v AS\n  SELECT x, SUM(y) AS s\n  FROM t;",
        "Expression 'x' is not being grouped",
        (3, 10, 3, 10),
        id="not grouped",
    ),
]


@pytest.mark.parametrize("sql, message, position", WRONG_PROGRAMS)
def test_an_error_in_the_program_is_reported_where_it_stands(server: Server, sql: str, message: str, position: tuple):
    try:
        with pytest.raises(RuntimeError) as wrong:
            PipelineBuilder(server.client(), name="wrong", sql=sql).create()
        assert message in str(wrong.value)
        pipeline = server.pipeline("wrong")
        assert pipeline["program_status"] == "SqlError"
        first = pipeline["program_error"]["sql_compilation"]["messages"][0]
        found = [first[key] for key in ("start_line_number", "start_column", "end_line_number", "end_column")]
        assert tuple(found) == position, first["message"]
        assert first["snippet"].splitlines()[-1].strip() == "^" * (position[3] - position[1] + 1)
    finally:
        remove(server, "wrong")


def test_the_error_of_an_unknown_table_reads_as_clients_show_it(server: Server):
    try:
        with pytest.raises(RuntimeError) as wrong:
            PipelineBuilder(
                server.client(), name="wrong", sql="CREATE TABLE t (x INT);\nCREATE VIEW v AS SELECT * FROM blah;"
            ).create()
        lines = [line.rstrip() for line in str(wrong.value).splitlines()]
        snippet = lines.index("Code snippet:")
        assert "Compilation error" in lines
        assert lines[snippet + 1 : snippet + 4] == [
            "    1|CREATE TABLE t (x INT);",
            "    2|CREATE VIEW v AS SELECT * FROM blah;",
            " " * 37 + "^^^^",
        ]
    finally:
        remove(server, "wrong")


def test_a_program_with_errors_does_not_start(server: Server):
    try:
        with pytest.raises(RuntimeError):
            PipelineBuilder(server.client(), name="wrong", sql="CREATE VIEW v AS SELECT * FROM blah;").create()
        answer = server.request("POST", "/v0/pipelines/wrong/start")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "CannotStartWithCompilationError")
    finally:
        remove(server, "wrong")


# --- rows -------------------------------------------------------------------------------------


def test_rows_of_the_wrong_type_are_refused_and_the_good_ones_of_the_body_kept(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    answer = ingress(server, pipeline.name, '{"id": 1}\n{"id": "many"}\n{"id": 2, "s": "x"}\n{"s": "no id"}\n')
    assert answer.status_code == 400
    error = answer.json()
    assert error["error_code"] == "ParseErrors"
    assert "Errors parsing input data (2 errors)" in error["message"]
    assert error["details"]["num_errors"] == 2
    eventually(lambda: count(pipeline) == 2, "the two good rows")


def test_a_body_that_is_no_json_is_refused(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    answer = ingress(server, pipeline.name, '{"id": 1,,}')
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "ParseErrors"


def test_a_nul_in_a_string_of_a_row_survives(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    pipeline.input_json("t", {"id": 1, "s": "a\0b"})
    assert list(pipeline.query("SELECT s FROM t")) == [{"s": "a\0b"}]


@pytest.mark.parametrize("field", ["description", "program_code", "udf_toml"])
def test_a_nul_in_a_field_of_a_pipeline_is_the_callers_error(server: Server, field: str):
    body = {"name": "nul", "program_code": "", field: "a\0b"}
    try:
        answer = server.request("POST", "/v0/pipelines", json=body)
        assert answer.status_code == 400, answer.text
        assert set(answer.json()) == {"message", "error_code", "details"}
    finally:
        remove(server, "nul")


def test_an_unknown_table_is_named_in_the_error(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    answer = ingress(server, pipeline.name, "{}", table="nowhere")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ConfigError.UnknownInputStream")
    assert "nowhere" in answer.json()["message"]


# --- too much ---------------------------------------------------------------------------------


def test_a_body_of_100_mb_is_refused_by_the_api(server: Server):
    body = json.dumps({"name": "big", "program_code": "x" * 100_000_000})
    try:
        answer = server.request("POST", "/v0/pipelines", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
    except requests.ConnectionError:
        pass  # the server may close while the body is still being sent
    assert server.request("GET", "/v0/pipelines/big").status_code == 404


def test_a_body_just_above_the_limit_is_refused_and_one_below_it_taken(server: Server):
    def post(size: int) -> int:
        body = json.dumps({"name": "big", "program_code": ""})
        body = body[:-2] + " " * (size - len(body)) + body[-2:]
        return server.request(
            "POST", "/v0/pipelines", data=body, headers={"Content-Type": "application/json"}
        ).status_code

    try:
        assert post(JSON_LIMIT_BYTES + 1) == 413
        assert post(JSON_LIMIT_BYTES) == 201
    finally:
        remove(server, "big")


def test_a_body_of_100_mb_streams_through_ingress(server: Server, create):
    pipeline = create(
        "CREATE TABLE t (id INT NOT NULL, s VARCHAR); CREATE MATERIALIZED VIEW c AS SELECT COUNT(*) AS n FROM t;"
    )
    pipeline.start()
    row = json.dumps({"id": 1, "s": "x" * 980}).encode() + b"\n"
    rows = 100_000_000 // len(row) + 1

    def body():
        for first in range(0, rows, 1000):
            yield row * min(1000, rows - first)

    answer = ingress(server, pipeline.name, body())
    assert answer.status_code == 200, answer.text
    pipeline.wait_for_token(answer.json()["token"])
    assert count(pipeline) == rows


def test_a_full_queue_holds_the_sender_back_and_loses_nothing(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    rows = 1_000_000
    chunk = b"".join(b'{"id": %d}\n' % n for n in range(10_000))
    buffered = []

    def body():
        for _ in range(rows // 10_000):
            buffered.append(pipeline.stats().global_metrics.buffered_input_records)
            yield chunk

    answer = ingress(server, pipeline.name, body())
    assert answer.status_code == 200, answer.text
    pipeline.wait_for_token(answer.json()["token"])
    assert count(pipeline) == rows
    assert max(buffered) <= BUFFERED_RECORDS
    print(f"at most {max(buffered):,} of {rows:,} rows were buffered at once")


def test_a_push_into_a_paused_pipeline_is_given_up_without_a_trace(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start_paused()
    answer = ingress(server, pipeline.name, '{"id": 1}')
    assert (answer.status_code, answer.json()["error_code"]) == (503, "PipelineInteractionUnreachable")
    pipeline.resume()
    pipeline.input_json("t", {"id": 2})
    assert list(pipeline.query("SELECT id FROM t")) == [{"id": 2}]


# --- routes -----------------------------------------------------------------------------------


def test_unknown_routes_and_methods_are_answered_plainly(server: Server):
    unknown = server.request("GET", "/v0/nowhere")
    assert (unknown.status_code, unknown.content) == (404, b"")
    assert server.request("GET", "/v0/pipelines/nobody").json()["error_code"] == "UnknownPipelineName"
    assert server.request("PATCH", "/v0/pipelines").status_code in (403, 404, 405)
    wrong_selector = server.request("GET", "/v0/pipelines?selector=everything")
    assert wrong_selector.status_code == 400
    assert wrong_selector.text.startswith("Query deserialize error: ")
    wrong_body = server.request("POST", "/v0/pipelines", data="{", headers={"Content-Type": "application/json"})
    assert wrong_body.status_code == 400
    assert wrong_body.text.startswith("Json deserialize error: ")
    no_type = server.request("POST", "/v0/pipelines", data='{"name":"a","program_code":""}')
    assert (no_type.status_code, no_type.text) == (400, "Content type error")


@pytest.mark.parametrize(
    "name, code",
    [
        ("", "EmptyName"),
        ("a" * 64, "TooLongName"),
        ("-a", "NameDoesNotMatchPattern"),
        ("a/b", "NameDoesNotMatchPattern"),
    ],
)
def test_a_wrong_name_is_refused(server: Server, name: str, code: str):
    answer = server.request("POST", "/v0/pipelines", json={"name": name, "program_code": ""})
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)


# --- killed processes -------------------------------------------------------------------------


def test_a_killed_pipeline_process_is_reported_and_the_pipeline_starts_again(server: Server, create):
    pipeline = create(TABLE)
    pipeline.start()
    mine = server.processes(f"{PIPELINE}{pipeline.id()}")
    assert len(mine) == 1, f"expected one process of {pipeline.id()}, found {mine}"
    mine[0].kill()
    eventually(lambda: server.pipeline(pipeline.name)["deployment_status"] == "Stopped", "the pipeline to be stopped")
    error = server.pipeline(pipeline.name)["deployment_error"]
    assert set(error) == {"message", "error_code", "details"}
    pipeline.start()
    pipeline.input_json("t", {"id": 1})
    assert count(pipeline) == 1


def test_a_killed_compiler_costs_at_most_the_program_it_was_compiling(server: Server, create):
    create(TABLE)  # the compiler is warm now
    compilers = server.processes(COMPILER)
    assert compilers, f"no compiler among {server.processes()}"
    views = "".join(f"CREATE VIEW v{n} AS SELECT id, COUNT(*) AS n FROM t GROUP BY id;\n" for n in range(300))
    body = {"name": "victim", "program_code": TABLE + views}
    try:
        assert server.request("POST", "/v0/pipelines", json=body).status_code == 201
        eventually(
            lambda: server.pipeline("victim")["program_status"] != "Pending", "compilation to begin", deadline_s=60
        )
        for compiler in compilers:
            compiler.kill()
        outcome = eventually(
            lambda: (
                server.pipeline("victim")["program_status"] in ("SystemError", "Success") and server.pipeline("victim")
            ),
            "an end of the compilation",
            deadline_s=120,
        )
        if outcome["program_status"] == "SystemError":
            assert outcome["program_error"]["system_error"]
        create(TABLE)  # raises unless a new compiler serves
    finally:
        remove(server, "victim")


def test_many_requests_at_once_are_all_answered(server: Server):
    answers = []

    def get():
        answers.append(requests.get(server.url + "/v0/pipelines", timeout=HTTP_TIMEOUT_S).status_code)

    threads = [threading.Thread(target=get) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 64
