"""Thousands of generated requests over the served document, against a real server with a running pipeline."""

import json
import os
import subprocess
import sys
from pathlib import Path

from api_fuzz import BROKEN, PROGRAM, RUNNING, SPARE
from feldera import PipelineBuilder
from weirkeeper_server import Server

SEED = int(os.environ.get("WK_FUZZ_SEED", "20261122"))
EXAMPLES_PER_OPERATION = 15
LEAST_REQUESTS = 5000
DEADLINE_S = 420

# Of these at least one request must have succeeded: otherwise only refusals were looked at.
MUST_SUCCEED = {
    *("", "events", "logs", "start", "stop", "clear", "dismiss_error"),
    *("stats", "query", "ingress", "egress", "metrics", "time_series", "time_series_stream", "checkpoints"),
}

CHECKS = [
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
    "server_errors_are_documented",
    "no_stack_trace",
    "keys_and_codes",
]

# Checks of the fuzzer that this API contradicts, each with the reason.
EXCLUDED = {
    "not_a_server_error": "501 and 503 are answers of this API; server_errors_are_documented looks at their codes",
    "positive_data_acceptance": "what fits the schema may still be refused: unknown names, rules of the life cycle",
    "negative_data_rejection": "unknown fields and parameters are ignored (api-semantics §1.2), bodies of ingress are text",
    "missing_required_header": "no operation has a required header",
    "unsupported_method": "a method that a path lacks is refused with 403, not 405 (api-semantics §1.2)",
    "allow_header_conformance": "403 has no Allow header; 405 belongs to an unsupported action of start",
    "ensure_resource_availability": "a pipeline can be deleted or renamed by the next request",
    "ignored_auth": "without an identity provider every caller is admin (auth §1)",
    "object_level_authorization": "without an identity provider there is one tenant",
}

# The same for one operation.
EXCLUDED_OF_OPERATION = {
    "pipeline_adhoc_sql": (
        "response_schema_conformance",
        "with format=json each line is an object (pipeline-protocol §6)",
    ),
}


def configuration() -> str:
    """The fuzzer's own settings file."""
    return "\n".join(
        f'# {why}\n[[operations]]\ninclude-operation-id = "{operation}"\nchecks.{check}.enabled = false\n'
        for operation, (check, why) in EXCLUDED_OF_OPERATION.items()
    )


def test_generated_requests_get_documented_answers_only(own_server: Server, tmp_path: Path):
    own_server.start()
    client = own_server.client()
    PipelineBuilder(client, name=RUNNING, sql=PROGRAM).create().start()
    PipelineBuilder(client, name=SPARE, sql=PROGRAM).create()
    own_server.request("POST", "/v0/pipelines", json={"name": BROKEN, "program_code": "CREATE NONSENSE"})
    tally = tmp_path / "tally.json"
    (tmp_path / "schemathesis.toml").write_text(configuration())
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", f"{own_server.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--seed", str(SEED), "--workers", "2"),
            *("--max-examples", str(EXAMPLES_PER_OPERATION), "--checks", ",".join(CHECKS)),
            *("--generation-database", "none", "--request-timeout", "40", "--no-color", "--continue-on-failure"),
            *("--suppress-health-check", "all", "--warnings", "off", "--no-shrink"),
        ],
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "api_fuzz",
            "PYTHONPATH": str(Path(__file__).parent),
            "WK_FUZZ_TALLY": str(tally),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout[-20000:]}\n{run.stderr[-4000:]}"
    counted = json.loads(tally.read_text())
    print(f"\nfuzz: {counted['requests']} requests, statuses {dict(sorted(counted['statuses'].items()))}")
    assert counted["requests"] >= LEAST_REQUESTS
    # The rules above say nothing about a server that is gone, or that only refuses.
    assert own_server.request("GET", f"/v0/pipelines/{RUNNING}/stats").status_code == 200
    assert MUST_SUCCEED - set(counted["reached"]) == set()
