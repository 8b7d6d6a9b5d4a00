"""Requests that no client library would send, over a bare socket."""

import json
import re
import socket
from urllib.parse import urlsplit

import pytest
from weirkeeper_server import Server

PIPELINES = "/v0/pipelines"
TIMEOUT_S = 20


def raw(server: Server, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Sends bytes and reads one answer; status 0 when the connection is closed without one."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), TIMEOUT_S) as connection:
        try:
            connection.sendall(request)
        except OSError:
            pass  # refused before it was read whole
        answer = connection.makefile("rb")
        head = answer.readline()
        if not head:
            return 0, {}, b""
        headers = {}
        while line := answer.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = b""
        if not request.startswith(b"HEAD "):
            if headers.get("transfer-encoding") == "chunked":
                while size := int(answer.readline(), 16):
                    body += answer.read(size)
                    answer.readline()
            else:
                body = answer.read(int(headers.get("content-length", 0)))
        return int(head.split()[1]), headers, body


def get(path: str, method: str = "GET", headers: str = "") -> bytes:
    """A request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()


def post(path: str, body: bytes, kind: str = "application/json", method: str = "POST") -> bytes:
    """A request with a body."""
    return get(path, method, f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n") + body


def definition(rest: bytes, name: bytes = b"wild") -> bytes:
    """A creation with more fields."""
    return post(PIPELINES, b'{"name":"' + name + b'","program_code":"",' + rest + b"}")


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        *(
            (get(f"{PIPELINES}/{name}"), 404, "json")
            for name in ("%00", "a%2Fb", "%2e%2e", "%zz", "%", "%ff%fe", "%ed%a0%80")
        ),
        *((get(f"{PIPELINES}/%00/{what}"), 404, "json") for what in ("stats", "events", "logs", "query?sql=x")),
        (get(f"{PIPELINES}/%00/start", "POST"), 404, "json"),
        (get(f"{PIPELINES}/%00", "DELETE"), 404, "json"),
        (get(f"{PIPELINES}/a/../b/c/d"), 404, ""),
        (b"GET /v0/pipelines/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 404, "json"),
        (b"GET /v0/pipelines?selector=\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "plain"),
        (get(f"{PIPELINES}?selector=all&selector=status"), 400, "plain"),
        (get(f"{PIPELINES}?selector=%zz"), 400, "plain"),
        (post(PIPELINES, b"[" * 1_000_000), 400, "plain"),
        (post(PIPELINES, b'{"a":' * 200_000), 400, "plain"),
        (definition(b'"runtime_config":{"dev_tweaks":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}"), 400, "plain"),
        (definition(b'"runtime_config":{"workers":1' + b"0" * 900 + b"}"), 400, "json"),
        (definition(b'"runtime_config":{"workers":' + b"9" * 20_000 + b"}"), 400, "plain"),
        (definition(b'"runtime_config":{"workers":1e999999999}'), 400, "plain"),
        (definition(b'"runtime_config":{"workers":-0.0}'), 400, "json"),
        (definition(b'"description":"\\ud800"'), 400, "plain"),
        (definition(b'"description":"\\u0000"'), 400, "json"),
        (definition(b'"runtime_config":{"env":{"\\ud800":"x"}}'), 400, "plain"),
        (definition(b'"description":"\xff"'), 400, "plain"),
        (definition(b'"description":""', b"n" * 1_000_000), 400, "json"),
        (post(PIPELINES, b""), 400, "plain"),
        (post(PIPELINES, b"null"), 400, "plain"),
        (post(PIPELINES, b"{}", ";;;"), 400, "plain"),
        (post(PIPELINES, b"x" * 2_097_153), 413, "plain"),
        (get("/v0/config", headers="X: " + "a" * 100_000 + "\r\n"), 431, ""),
        (get("/v0/config", headers="".join(f"X{n}: {'b' * 50}\r\n" for n in range(3000))), 431, ""),
        (get("/v0/config?x=" + "a" * 200_000), 414, ""),
        (b"GET /v0/config HTTP/3.0\r\nHost: x\r\n\r\n", 501, ""),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, ""),
        (b"GET /v0/config HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400, ""),
        (b"POST /v0/pipelines HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400, ""),
        (b"POST /v0/pipelines HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}", 400, ""),
        (get("*", "OPTIONS"), 404, "plain"),
        (get("/v0/config", "get"), 403, "json"),
        (get("/v0/config", "BREW"), 403, "json"),
        (get("/v0/config", headers="Accept-Encoding: gzip;q=zz, *;q=0, ;;;\r\n"), 200, "json"),
    ],
    ids=lambda value: value[:40].decode(errors="replace") if isinstance(value, bytes) else str(value),
)
def test_what_can_not_be_understood_is_refused_in_words(server: Server, request_: bytes, status: int, kind: str):
    answered, headers, body = raw(server, request_)
    assert answered == status, body[:500]
    assert kind in headers.get("content-type", ""), headers
    assert b".java:" not in body
    if kind == "json" and status != 200:
        assert {"message", "error_code"} <= set(json.loads(body))


def test_every_path_answers_every_method_without_a_fault(server: Server):
    document = server.request("GET", "/openapi.json").json()
    for path, item in document["paths"].items():
        target = re.sub(r"\{\w+}", "x", path)
        for method in ("HEAD", "OPTIONS", "TRACE", "GET", "PUT", "PATCH", "DELETE"):
            if method.lower() in item:
                continue
            status, _, body = raw(server, get(target, method))
            if method == "HEAD" and status != 403:  # a GET without its body, unless it is a stream
                assert status in (200, 404, 400, 501), f"{method} {target}: {status}"
            else:
                assert status == (403 if target.startswith("/v0") else 405), f"{method} {target}: {body[:300]}"


def test_a_process_refuses_what_it_can_not_read(server: Server, create):
    pipeline = create("CREATE TABLE t (x INT) WITH ('materialized' = 'true');")
    pipeline.start()
    base = f"{PIPELINES}/{pipeline.name}"
    for request, code in [
        (get(f"{base}/query?sql=%zz"), "InvalidParam"),
        (get(f"{base}/query?sql=SELECT%20%00"), "AdHocQueryError"),
        (get(f"{base}/completion_status?token=%00"), "InvalidParam"),
        (get(f"{base}/metrics?format=json&%zz=1"), "InvalidParam"),
        (post(f"{base}/ingress/t?format=%zz", b"1"), "InvalidParam"),
        (post(f"{base}/ingress/%zz?format=json", b"{}"), "ConfigError.UnknownInputStream"),
        (post(f"{base}/ingress/%00?format=json", b"{}"), "ConfigError.UnknownInputStream"),
        (post(f"{base}/ingress/a%2Fb?format=json", b"{}"), "ConfigError.UnknownInputStream"),
        (post(f"{base}/ingress/t?format=json", b"[" * 100_000), "ParseErrors"),
        (post(f"{base}/ingress/t?format=json", b'{"insert":{"x":1e999999999}}'), "ParseErrors"),
        (post(f"{base}/ingress/t?format=json", b'{"insert":{"x":' + b"9" * 5000 + b"}}"), "ParseErrors"),
        (post(f"{base}/ingress/t?format=json", b'{"insert":{"x":"\xff"}}'), "ParseErrors"),
        (post(f"{base}/egress/%zz?format=json", b""), "ConfigError.UnknownOutputStream"),
        (post(f"{base}/egress/t", b"[" * 60_000), "InvalidParam"),
        (post(f"{base}/egress/t", b"\xff\xfe"), "InvalidParam"),
        (get(f"{base}/tables/a%2Fb/connectors/%00/stats"), "UnknownInputEndpoint"),
    ]:
        status, _, body = raw(server, request)
        assert (status // 100, json.loads(body)["error_code"]) == (4, code), (request[:100], body[:300])
