"""Holds every answer that the tests see against the served OpenAPI document.

``install`` puts itself into requests' sessions, through which the SDK's calls go too. An answer must have a
documented status, content type and error code, and a body that fits its schema: with exactly the keys that
``x-keys`` and ``x-keys-by-selector`` list. Of a stream only status and content type are looked at.
"""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from jsonschema_rs import Draft202012Validator

HIDDEN = {("POST", "testing"), ("POST", "command")}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class ApiDocument:
    """An OpenAPI document that answers can be held against."""

    def __init__(self, document: dict):
        self._document = document
        self._validators: dict[tuple, Draft202012Validator] = {}
        self._routes = [
            (path.strip("/").split("/"), {method.upper(): operation for method, operation in item.items()})
            for path, item in document["paths"].items()
        ]

    def operation(self, method: str, path: str) -> dict | None:
        """The operation that answers a request: the method first, then literal segments over placeholders."""
        found = [route for route in self._routes_of(path) if method in route[1]]
        return min(found, key=lambda route: [part.startswith("{") for part in route[0]])[1][method] if found else None

    def _routes_of(self, path: str) -> list:
        parts = path.strip("/").split("/")
        return [
            route
            for route in self._routes
            if len(route[0]) == len(parts)
            and all(mine.startswith("{") or mine == unquote(given) for mine, given in zip(route[0], parts))
        ]

    def violations(self, method: str, url: str, status: int, content_type: str | None, body: bytes | None) -> list[str]:
        """What an answer does that the document doesn't say; ``body`` is None when it was not read whole."""
        path = urlsplit(url).path
        query = parse_qs(urlsplit(url).query)
        # HEAD is a GET without the body, unless the GET is a stream: then the path lacks it, like any other method.
        head = method == "HEAD" and status != 403
        operation = self.operation("GET" if head else method, path)
        if operation is None:
            return self._of_no_operation(method, path, status, body)
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"status {status} is not documented (documented: {', '.join(operation['responses'])})"]
        content = response.get("content", {})
        media = (content_type or "").partition(";")[0].strip()
        if not media:
            return [f"a body of {len(body)} bytes without a content type"] if body else []
        if media not in content:
            return [f"content type {media!r} is not documented for {status} (documented: {', '.join(content)})"]
        if media != "application/json" or body is None or head:
            return []
        schema = content[media]["schema"]
        if schema.get("format") == "binary" or schema.get("x-json-lines"):
            return []
        return self._of_json(operation, response, schema, query, body)

    def _of_json(self, operation: dict, response: dict, schema: dict, query: dict, body: bytes) -> list[str]:
        try:
            value = json.loads(body)
        except ValueError as error:
            return [f"the body is not JSON: {error}"]
        selector = query.get("selector", [_default(operation, "selector")])[0]
        key = (json.dumps(schema), selector)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(
                {**_converted(schema, selector), "components": _converted_all(self._document["components"], selector)},
                validate_formats=True,
            )
        found = [
            f"${''.join(f'[{step!r}]' for step in error.instance_path)}: {error.message[:300]}"
            for error in self._validators[key].iter_errors(value)
        ]
        codes = response.get("x-error-codes")
        if codes and not any(fnmatchcase(str(value.get("error_code")), code) for code in codes):
            found.append(f"error code {value.get('error_code')!r} is not documented (documented: {', '.join(codes)})")
        return found

    def _of_no_operation(self, method: str, path: str, status: int, body: bytes | None) -> list[str]:
        if (method, path.rpartition("/")[2]) in HIDDEN or not path.startswith("/v0/"):
            return []
        known = bool(self._routes_of(path))
        if status != (403 if known else 404):
            return [f"status {status} for {'a method that the path lacks' if known else 'an unknown path'}"]
        if method in _METHODS and known and set(json.loads(body)) != {"message", "error_code"}:
            return ["a method that the path lacks is refused with message and error_code"]
        return []


def _default(operation: dict, name: str) -> str | None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == name:
            return parameter["schema"].get("default")
    return None


def _converted_all(components: dict, selector: str | None) -> dict:
    return {"schemas": {name: _converted(each, selector) for name, each in components["schemas"].items()}}


def _converted(schema, selector: str | None):
    """OpenAPI 3.0's dialect as JSON Schema, with the key sets as rules."""
    if isinstance(schema, list):
        return [_converted(each, selector) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            result[keyword] = {name: _converted(each, selector) for name, each in value.items()}
        elif keyword in ("required", "enum", "default", "example"):
            result[keyword] = value
        elif keyword not in ("nullable", "discriminator", "description"):
            result[keyword] = _converted(value, selector)
    keys = schema.get("x-keys") or schema.get("x-keys-by-selector", {}).get(selector)
    if keys:
        result["propertyNames"] = {"enum": [key.rstrip("?") for key in keys]}
        result["required"] = [key for key in keys if not key.endswith("?")]
    return {"anyOf": [{"type": "null"}, result]} if schema.get("nullable") else result


class Watch:
    """Collects the violations in the answers of the servers it was told of."""

    def __init__(self):
        self._documents: dict[str, ApiDocument] = {}
        self._servers: dict[str, bool | str] = {}
        self.violations: list[str] = []
        self.checked = 0

    def add(self, url: str, verify: bool | str) -> None:
        """Looks at the answers of a server from now on."""
        self._servers[url] = verify

    def look(self, response: requests.Response, streamed: bool) -> None:
        """Holds one answer against the document of its server."""
        request = response.request
        parts = urlsplit(request.url)
        server = f"{parts.scheme}://{parts.netloc}"
        if server not in self._servers:
            return
        if server not in self._documents:
            verify = self._servers.pop(server)  # the next call must not come back here
            self._documents[server] = ApiDocument(
                requests.get(f"{server}/openapi.json", timeout=10, verify=verify).json()
            )
            self._servers[server] = verify
        self.checked += 1
        self.violations += [
            f"{request.method} {request.url} answered {response.status_code}: {each}"
            for each in self._documents[server].violations(
                request.method,
                request.url,
                response.status_code,
                response.headers.get("Content-Type"),
                None if streamed else response.content,
            )
        ]


def install(watch: Watch) -> Callable[[], None]:
    """Lets ``watch`` see every answer that comes through requests; returns what undoes it."""
    send = requests.Session.send

    def watched(session: requests.Session, request: requests.PreparedRequest, **options) -> requests.Response:
        response = send(session, request, **options)
        watch.look(response, bool(options.get("stream")))
        return response

    requests.Session.send = watched

    def undo() -> None:
        requests.Session.send = send

    return undo
