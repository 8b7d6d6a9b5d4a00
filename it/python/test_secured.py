"""A server that is secured in every way: https, callers who say who they are, quotas, an audit log."""

import json
import socket
import ssl
from pathlib import Path

import pytest
import requests
from certificates import Authority
from feldera import PipelineBuilder
from identity_provider import IdentityProvider
from weirkeeper_server import Server, eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

TABLE = "CREATE TABLE t (x INT NOT NULL PRIMARY KEY) WITH ('materialized' = 'true');"


class Secured:
    """The server, its certificates and its identity provider."""

    def __init__(self, folder: Path):
        self.authority = Authority(folder / "authority")
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.authority.issue(self.certificate, self.key, "first")
        self.provider = IdentityProvider(
            folder, {"ann": {"tenants": ["acme"]}, "bob": {"tenants": ["acme"]}, "eve": {"tenants": ["other"]}, "root": {}}
        )
        self.server = Server(folder / "data")
        self.server.certificate = self.authority.root

    def start(self) -> None:
        """Starts both."""
        self.provider.start()
        self.server.start(
            *("--enable-https", "--https-tls-cert-path", str(self.certificate)),
            *("--https-tls-key-path", str(self.key)),
            *("--auth-provider", "generic-oidc", "--auth-issuer", self.provider.issuer),
            *("--auth-client-id", "console", "--owners", "root"),
            *("--tenant-max-pipelines", "2", "--tenant-max-running-pipelines", "1"),
        )

    def close(self) -> None:
        """Ends both."""
        self.server.close()
        self.provider.stop()

    def request(self, method: str, path: str, credential: str, tenant: str = "", **options) -> requests.Response:
        """A request with a credential."""
        headers = {"Authorization": f"Bearer {credential}", **({"Feldera-Tenant": tenant} if tenant else {})}
        return self.server.request(method, path, headers=headers, **options)

    def token(self, name: str) -> str:
        """A fresh token of a user."""
        return self.provider.token(name)

    def key_of(self, name: str, role: str = "write") -> str:
        """Makes an API key in Ann's tenant."""
        made = self.request("POST", "/v0/api_keys", self.token("ann"), json={"name": name, "role": role})
        assert made.status_code == 201, made.text
        return made.json()["api_key"]

    def tls(self) -> ssl.SSLContext:
        """What a client trusts."""
        return ssl.create_default_context(cafile=self.authority.root)

    def shown(self) -> str:
        """The name in the certificate that a new connection is shown."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as plain:
            with self.tls().wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                return dict(part[0] for part in secure.getpeercert()["subject"])["commonName"]

    def log(self) -> str:
        """The server's own log."""
        return "".join(file.read_text() for file in sorted((self.server.data_dir / "logs").glob("weirkeeper*.log")))

    def readiness(self) -> str:
        """What the server says of its certificate."""
        parts = requests.get(f"{self.server.management_url}/readyz", timeout=10).json()["parts"]
        return next(part["says"] for part in parts if part["name"] == "certificate")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory):
    """The server, started."""
    made = Secured(tmp_path_factory.mktemp("secured"))
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def pipeline(secured: Secured) -> str:
    """The name of a running pipeline in Ann's tenant."""
    client = secured.server.client(api_key=lambda: secured.token("ann"))
    made = PipelineBuilder(client, name="p", sql=TABLE).create()
    made.start()
    made.input_json("t", [{"x": 1}])
    assert list(made.query("SELECT * FROM t")) == [{"x": 1}]
    return made.name


def test_the_sdk_and_websockets_work_over_https(secured: Secured, pipeline: str):
    key = secured.key_of("socket")
    with connect(
        f"wss://127.0.0.1:{secured.server.port}/v0/pipelines/{pipeline}/query",
        ssl=secured.tls(),
        additional_headers={"Authorization": f"Bearer {key}"},
    ) as query:
        query.send(json.dumps({"sql": "SELECT x FROM t", "format": "json"}))
        assert json.loads(query.recv(timeout=30)) == {"x": 1}
        with pytest.raises(ConnectionClosed) as closed:
            query.recv(timeout=30)
        assert closed.value.rcvd.code == 1000


def test_old_tls_and_plain_http_are_refused(secured: Secured):
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{secured.server.port}/healthz", timeout=10)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(secured.authority.root)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", secured.server.port), 10) as plain:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain, server_hostname="127.0.0.1")
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secured.server.url}/healthz", timeout=10)


def test_a_certificate_is_replaced_without_a_restart_and_a_bad_one_is_not_used(secured: Secured):
    session = requests.Session()
    health = {"url": f"{secured.server.url}/healthz", "timeout": 10, "verify": secured.server.verify}
    assert session.get(**health).status_code == 200
    before = secured.shown()

    good = secured.certificate.read_bytes()
    secured.certificate.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    eventually(lambda: "newer files are not used" in secured.readiness(), "the bad certificate to be noticed")
    assert secured.shown() == before
    assert f"expected a PEM certificate in {secured.certificate}" in secured.log()
    secured.certificate.write_bytes(good)
    eventually(lambda: "not used" not in secured.readiness(), "the good certificate to be noticed")

    secured.authority.issue(secured.certificate, secured.key, "second")
    eventually(lambda: secured.shown() == "second", "the new certificate to be shown")
    # The connection that was open before is still good.
    assert session.get(**health).status_code == 200
    assert requests.get(**health).status_code == 200


def test_the_audit_log_says_who_did_what_and_never_with_which_secret(secured: Secured, pipeline: str):
    key = secured.key_of("audited")
    for _ in range(3):
        rows = f"/v0/pipelines/{pipeline}/ingress/t?format=json&update_format=raw"
        assert secured.request("POST", rows, key, data='{"x": 777}').status_code == 200
    paused = secured.request("POST", f"/v0/pipelines/{pipeline}/pause", key)
    assert paused.status_code == 202
    assert secured.request("GET", "/v0/pipelines", key + "0").status_code == 401

    def entries(credential: str, **parameters) -> list[dict]:
        return secured.request("GET", "/v0/audit", credential, params=parameters).json()

    def pause() -> list[dict]:
        return entries(secured.token("ann"), operation="post_pipeline_pause", actor="audited")

    entry = eventually(pause, "the entry of the pause")[0]
    assert entry["id"] == paused.headers["Weirkeeper-Request-Id"]
    assert (entry["actor"], entry["pipeline"]) == ({"kind": "api_key", "issuer": "", "name": "audited"}, pipeline)
    assert (entry["tenant_name"], entry["source"], entry["status"]) == ("acme", "127.0.0.1", 202)
    assert eventually(lambda: entries(secured.token("ann"), operation="http_input"), "the entry of the rows")
    assert "authenticate" not in {each["operation"] for each in entries(secured.token("ann"))}
    assert eventually(lambda: entries(secured.token("root"), operation="authenticate"), "the entry of the wrong key")
    assert secured.request("GET", "/v0/audit", key).status_code == 403
    assert entries(secured.token("eve")) == []
    everything = json.dumps(entries(secured.token("root"), limit="1000"))
    assert key not in everything and "777" not in everything
    assert secured.request("POST", f"/v0/pipelines/{pipeline}/resume", key).status_code == 202


def test_streams_of_a_deleted_key_end(secured: Secured, pipeline: str):
    key = secured.key_of("streams")
    authorization = {"Authorization": f"Bearer {key}"}
    logs = secured.server.request("GET", f"/v0/pipelines/{pipeline}/logs", headers=authorization, stream=True)
    changes = secured.server.request(
        "POST", f"/v0/pipelines/{pipeline}/egress/t?format=json", headers=authorization, stream=True
    )
    assert (logs.status_code, changes.status_code) == (200, 200)
    with connect(
        f"wss://127.0.0.1:{secured.server.port}/v0/pipelines/{pipeline}/query",
        ssl=secured.tls(),
        additional_headers=authorization,
    ) as query:
        assert secured.request("DELETE", "/v0/api_keys/streams", secured.token("ann")).status_code == 200
        with pytest.raises(ConnectionClosed) as closed:
            query.recv(timeout=10)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "The right to this was withdrawn")
    for stream in (logs, changes):
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for _ in stream.iter_content(1024):
                pass


def test_quotas_refuse_what_is_one_too_many(secured: Secured, pipeline: str):
    ann = secured.token("ann")
    program = {"name": "second", "program_code": TABLE}
    assert secured.request("POST", "/v0/pipelines", ann, json=program).status_code == 201
    third = secured.request("POST", "/v0/pipelines", ann, json={"name": "third", "program_code": TABLE})
    assert (third.status_code, third.json()["error_code"]) == (409, "PipelineQuotaExceeded")
    assert third.json()["details"] == {"limit": 2}
    second = secured.request("POST", "/v0/pipelines/second/start", ann)
    assert (second.status_code, second.json()["error_code"]) == (409, "RunningQuotaExceeded")
    assert secured.request("DELETE", "/v0/pipelines/second", ann).status_code == 200
    # Others have quotas of their own.
    eve = secured.token("eve")
    assert secured.request("POST", "/v0/pipelines", eve, json=program).status_code == 201
    assert secured.request("DELETE", "/v0/pipelines/second", eve).status_code == 200
