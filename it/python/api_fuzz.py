"""What the fuzzer loads: where its requests go, how streams end, and what no answer may be.

Half of what a random request hits is "unknown pipeline". So names are replaced by known ones most of the time:
requests that a process answers go to a running pipeline, commands to one that may be started and stopped.
"""

import json
import os
import re
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import requests
import schemathesis
from api_validation import ApiDocument

RUNNING = "fuzz-running"
SPARE = "fuzz-spare"
BROKEN = "fuzz-broken"
PROGRAM = """
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer VARCHAR NOT NULL, cents BIGINT);
CREATE MATERIALIZED VIEW spent AS SELECT customer, SUM(cents) AS cents FROM orders GROUP BY customer;
"""

# Answers without end, and what may wait for long: what has come after this pause is the answer.
STREAMS = {"get_pipeline_logs", "get_pipeline_time_series_stream", "http_output"}
STREAM_PAUSE_S = 0.2

# Commands, which must not hit the pipeline that the others need.
COMMANDS = re.compile(r"^(put|patch|delete)_pipeline$|_(start|stop|pause|resume|clear|dismiss_error|update_runtime)$")

STACK_TRACE = re.compile(rb"\tat |\bat [\w.$]+\([\w$]+\.java:\d+\)|Caused by:|Exception in thread|Traceback \(most")
SERVER_ERRORS = {501, 503}

_document: ApiDocument | None = None


def document(case) -> ApiDocument:
    """The document that is fuzzed."""
    global _document
    if _document is None:
        _document = ApiDocument(case.operation.schema.raw_schema)
    return _document


def _chance(value: object, sides: int) -> int:
    """A throw of dice that depends on the value alone, so that a seed gives the same requests."""
    return zlib.crc32(repr(value).encode()) % sides


@schemathesis.hook
def before_call(context, case, kwargs):
    """Aims requests at what exists."""
    parameters = case.path_parameters
    dice = _chance((parameters, case.query, case.method), 100)
    name = case.operation.definition.raw["operationId"]
    if "pipeline_name" in parameters and dice < 85:
        parameters["pipeline_name"] = (SPARE if dice % 4 else BROKEN) if COMMANDS.search(name) else RUNNING
        if name.startswith(("get_pipeline", "list_pipeline")) and dice % 5 == 0:
            parameters["pipeline_name"] = SPARE
    if case.headers and dice % 8:
        case.headers.pop("If-Match", None)  # else hardly an edit would come through
    if "event_id" in parameters and dice % 2:
        parameters["event_id"] = "latest"
    if "table_name" in parameters and dice % 4:
        parameters["table_name"] = "orders" if dice % 3 else '"spent"'
    if "action" in parameters and dice % 2:
        parameters["action"] = "start" if dice % 4 else "pause"
    if case.query and "sql" in case.query and dice % 2 and isinstance(case.query["sql"], str):
        case.query["sql"] = ["SELECT * FROM spent", "SELECT 1/0", "SELECT * FROM orders LIMIT 1", "EXPLAIN SELECT 1"][
            dice % 4
        ]
    if name == "http_input" and case.query and dice % 3:
        case.query["format"] = "json" if dice % 2 else "csv"


@schemathesis.check
def server_errors_are_documented(context, response, case):
    """No 500 (but for a state that can't be saved), 502 or 504; 501 and 503 with a code of the document, 503 of the server with Retry-After: 5."""
    status = response.status_code
    if status == 500 and json.loads(response.content).get("error_code") == "SuspendError":
        return  # The specification wants it so (pipeline-protocol §2); keys_and_codes looks at the operation.
    assert status < 500 or status in SERVER_ERRORS, f"answered {status}: {response.content[:300]!r}"
    if status == 503 and "PipelineInteraction" in response.text:
        assert response.headers.get("retry-after") == ["5"], f"503 without Retry-After: 5: {dict(response.headers)}"


@schemathesis.check
def no_stack_trace(context, response, case):
    """No answer holds a stack trace."""
    assert not STACK_TRACE.search(response.content), f"a stack trace: {response.content[:500]!r}"


@schemathesis.check
def keys_and_codes(context, response, case):
    """Statuses, content types, key sets and error codes, by the same rules as in the other tests."""
    found = document(case).violations(
        response.request.method,
        response.request.url,
        response.status_code,
        (response.headers.get("content-type") or [None])[0],
        response.content,
    )
    assert found == [], "; ".join(found)


def _install_session() -> None:
    """Counts requests, and reads of a stream what has come until it pauses."""
    send = requests.Session.send
    tally = {"requests": 0, "statuses": {}, "reached": []}
    path = Path(os.environ["WK_FUZZ_TALLY"])

    def counted(session, request, **options):
        parts = urlsplit(request.url).path.rstrip("/").split("/")
        endless = parts[-1] in ("logs", "time_series_stream") or parts[-2:-1] == ["egress"]
        if not endless:
            response = send(session, request, **options)
        else:
            response = _read_until_it_pauses(send, session, request, options)
        tally["requests"] += 1
        status = str(response.status_code)
        tally["statuses"][status] = tally["statuses"].get(status, 0) + 1
        what = "/".join(parts[4:5])
        if response.status_code < 300 and what not in tally["reached"]:
            tally["reached"].append(what)
        if tally["requests"] % 50 == 0:
            path.write_text(json.dumps(tally))
        return response

    requests.Session.send = counted


def _read_until_it_pauses(send, session, request, options) -> requests.Response:
    response = send(session, request, **{**options, "stream": True})
    read = b""
    if response.headers.get("Transfer-Encoding") == "chunked":
        try:
            response.raw._fp.fp.raw._sock.settimeout(STREAM_PAUSE_S)  # the head had the whole timeout
            for piece in response.iter_content(None):
                read += piece
        except (requests.RequestException, OSError):
            pass  # it paused
        response.close()
        response._content, response._content_consumed = _whole_objects(read), True
    else:
        response.content  # noqa: B018 - reads it
    return response


def _whole_objects(read: bytes) -> bytes:
    """Of a stream of JSON objects the first, of other text all."""
    line, separator, _ = read.partition(b"\r\n")
    return line if separator and line.startswith(b"{") else read


if "WK_FUZZ_TALLY" in os.environ:
    _install_session()
