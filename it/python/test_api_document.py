"""The served OpenAPI document against the contract, and the page that shows it."""

import copy
import html
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from api_contract import Difference, differences, load_contract, load_deviations, unexplained
from api_validation import ApiDocument, Watch
from weirkeeper_server import Server


def served(server: Server) -> dict:
    """The document as a client gets it."""
    answer = server.request("GET", "/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_the_document_is_the_contract_but_for_listed_deviations(server: Server):
    differing, outdated = unexplained(differences(served(server), load_contract()), load_deviations())
    assert differing == [], "differences that api_deviations.json does not explain"
    assert outdated == [], "entries of api_deviations.json that no longer apply"


def test_the_comparison_sees_what_differs_in_either_direction():
    contract = load_contract()
    changed = copy.deepcopy(contract)
    for item in changed["paths"].values():
        for operation in item.values():
            role = operation.get("x-required-role")
            operation["description"] = f"Required role: `{role}`" if role else "Public: needs no credentials."
            operation["security"] = [{}] if role else []
    assert differences(changed, contract) == []
    pipeline = changed["paths"]["/v0/pipelines/{pipeline_name}"]
    pipeline["get"]["parameters"][1]["required"] = True
    pipeline["delete"]["description"] = "Required role: `read`"
    del pipeline["patch"]["responses"]["409"]
    del pipeline["put"]
    changed["paths"]["/v0/config"]["post"] = {**pipeline["delete"], "operationId": "more"}
    changed["components"]["schemas"]["StorageStatus"]["enum"].append("Lost")
    del changed["components"]["schemas"]["Demo"]["required"][0]
    assert differences(changed, contract) == [
        Difference("delete_pipeline/role", "changed"),
        Difference("get_pipeline/parameters/query selector/required", "changed"),
        Difference("more", "added"),
        Difference("more/public", "changed"),
        Difference("more/role", "changed"),
        Difference("patch_pipeline/responses/409", "missing"),
        Difference("put_pipeline", "missing"),
        Difference("schemas/Demo/required/name", "missing"),
        Difference("schemas/StorageStatus/enum", "changed"),
    ]


def test_an_entry_that_no_longer_applies_is_found():
    entry = {"where": "*/responses/418", "what": "added", "why": "tea"}
    assert unexplained([Difference("get_tea/responses/418", "added")], [entry]) == ([], [])
    assert unexplained([], [entry]) == ([], [entry])


def test_every_answer_to_these_tests_is_looked_at(server: Server, watched_answers: Watch):
    before = watched_answers.checked
    server.client().pipelines()
    assert server.request("GET", "/v0/pipelines/none").status_code == 404
    assert watched_answers.checked == before + 3  # the SDK asks for the configuration first
    assert watched_answers.violations == []


ERROR = {"message": "m", "error_code": "UnknownPipelineName", "details": None}


@pytest.mark.parametrize(
    ("what", "method", "path", "status", "media", "body"),
    [
        ("status 418 is not documented", "GET", "/v0/pipelines", 418, "application/json", ERROR),
        ("content type 'text/html'", "GET", "/v0/pipelines", 200, "text/html", []),
        ("without a content type", "GET", "/v0/pipelines", 200, None, []),
        ('is not of type "array"', "GET", "/v0/pipelines", 200, "application/json", {}),
        ('"id" is a required property', "GET", "/v0/pipelines", 200, "application/json", [{}]),
        ('"extra" is not one of', "GET", "/v0/pipelines/p", 404, "application/json", {**ERROR, "extra": 1}),
        (
            '"details" is a required',
            "GET",
            "/v0/pipelines/p",
            404,
            "application/json",
            {"message": "", "error_code": ""},
        ),
        (
            "code 'Gone' is not documented",
            "GET",
            "/v0/pipelines/p",
            404,
            "application/json",
            {**ERROR, "error_code": "Gone"},
        ),
        ('is not a "uuid"', "GET", "/v0/api_keys", 200, "application/json", [{"id": "1", "name": "k", "role": "read"}]),
        ("status 200 for a method", "PUT", "/v0/pipelines", 200, "application/json", []),
        ("message and error_code", "PUT", "/v0/pipelines", 403, "application/json", ERROR),
        ("status 200 for an unknown path", "GET", "/v0/nothing", 200, "application/json", []),
    ],
)
def test_a_wrong_answer_is_found(server: Server, what, method, path, status, media, body):
    found = ApiDocument(served(server)).violations(method, path, status, media, json.dumps(body).encode())
    assert any(what in each for each in found), found


def test_the_keys_of_a_pipeline_are_those_of_its_selector(server: Server, create):
    name = create("CREATE TABLE t (x INT);").name
    document = ApiDocument(served(server))

    def check(selector: str, pipeline: dict) -> list[str]:
        path = f"/v0/pipelines/{name}?selector={selector}"
        return document.violations("GET", path, 200, "application/json", json.dumps(pipeline).encode())

    whole, status = (
        server.request("GET", f"/v0/pipelines/{name}?selector={each}").json() for each in ("all", "status")
    )
    assert check("all", whole) == check("status", status) == []
    assert check("status", whole) != []
    assert check("all", status) != []
    assert check("status_with_connectors", {**status, "connectors": {"num_errors": 0}}) == []
    assert check("status", {**status, "connectors": {"num_errors": 0}}) != []


def chromium() -> str:
    """The browser of this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise AssertionError("No Chromium found; install it: apt-get install chromium")


def test_a_browser_shows_every_operation_without_a_network(server: Server, tmp_path: Path):
    page = subprocess.run(
        [
            *(chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            # Whatever isn't this server can't be reached.
            *("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--enable-logging=stderr"),
            *(f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000", "--dump-dom", f"{server.url}/docs"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    operations = [each for item in served(server)["paths"].values() for each in item.values()]
    shown = html.unescape(page.stdout)
    assert [each["summary"] for each in operations if each["summary"] not in shown] == []
    assert page.stdout.count('class="opblock-summary-method"') == len(operations)
    assert "CONSOLE" not in page.stderr, page.stderr  # a script that the page's policy forbids would say so
    assert "default-src 'none'" in server.request("GET", "/docs").headers["Content-Security-Policy"]
    for path in ("/docs/nothing", "/docs/..%2Fdocs.html", "/docs/swagger-ui.version"):
        assert server.request("GET", path).status_code == 404, path
