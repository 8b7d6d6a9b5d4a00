"""Logins at a real Keycloak: what its tokens look like is not for us to decide."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from feldera import FelderaClient, PipelineBuilder  # noqa: E402
from weirkeeper_server import EXIT_DEADLINE_S, Server, eventually, free_ports  # noqa: E402

REALM = "weirkeeper"
PASSWORD = "only-for-this-test"
TABLE = "CREATE TABLE t (x INT) WITH ('materialized' = 'true');"


def _mapper(name: str, kind: str, **config: str) -> dict:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": kind,
        "config": {"access.token.claim": "true", **config},
    }


MAPPERS = [
    _mapper("audience", "oidc-audience-mapper", **{"included.custom.audience": "feldera-api"}),
    _mapper(
        "tenants",
        "oidc-hardcoded-claim-mapper",
        **{"claim.name": "tenants", "claim.value": "acme", "jsonType.label": "String"},
    ),
]


class Keycloak:
    """A Keycloak with one realm, two clients and a user."""

    def __init__(self, folder: Path):
        self._home = Path(os.environ["KEYCLOAK_HOME"])
        self._log = folder / "keycloak.log"
        self.port, self._management = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.url}/realms/{REALM}"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts it with the realm, and waits until it answers."""
        realm = {
            "realm": REALM,
            "enabled": True,
            "sslRequired": "none",
            "clients": [
                {
                    "clientId": "console",
                    "publicClient": True,
                    "directAccessGrantsEnabled": True,
                    "protocolMappers": MAPPERS,
                },
                {
                    "clientId": "robot",
                    "secret": PASSWORD,
                    "serviceAccountsEnabled": True,
                    "protocolMappers": MAPPERS,
                },
            ],
            "users": [
                {
                    "username": "ann",
                    "enabled": True,
                    "email": "ann@example.org",
                    "emailVerified": True,
                    "firstName": "Ann",
                    "lastName": "Example",
                    "credentials": [{"type": "password", "value": PASSWORD}],
                }
            ],
        }
        imported = self._home / "data" / "import"
        imported.mkdir(parents=True, exist_ok=True)
        (imported / "realm.json").write_text(json.dumps(realm))
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._home / "bin" / "kc.sh"),
                    "start-dev",
                    "--import-realm",
                    "--db=dev-mem",
                    "--http-host=127.0.0.1",
                    f"--http-port={self.port}",
                    f"--http-management-port={self._management}",
                ],
                env={
                    **os.environ,
                    "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
                    "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
                    "JAVA_OPTS_KC_HEAP": "-Xmx512m",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self._ready, f"Keycloak on port {self.port} (log: {self._log})", 180)

    def _ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            os.killpg(self._process.pid, 9)
            self._process.wait(EXIT_DEADLINE_S)

    def token(self, realm: str = REALM, **grant: str) -> str:
        """An access token."""
        answer = requests.post(
            f"{self.url}/realms/{realm}/protocol/openid-connect/token", data=grant, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def login(self) -> str:
        """Ann's token."""
        return self.token(
            grant_type="password", client_id="console", username="ann", password=PASSWORD, scope="openid email"
        )

    def rotate(self) -> None:
        """Gives the realm another key to sign with."""
        admin = self.token("master", grant_type="password", client_id="admin-cli", username="admin", password=PASSWORD)
        headers = {"Authorization": f"Bearer {admin}"}
        realm = requests.get(f"{self.url}/admin/realms/{REALM}", headers=headers, timeout=30).json()
        added = requests.post(
            f"{self.url}/admin/realms/{REALM}/components",
            headers=headers,
            json={
                "name": "fresh",
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "parentId": realm["id"],
                "config": {"priority": ["1000"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"]},
            },
            timeout=30,
        )
        assert added.status_code == 201, added.text


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory):
    """A Keycloak that runs."""
    started = Keycloak(tmp_path_factory.mktemp("keycloak"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


def key_id(token: str) -> str:
    """The key that signed a token."""
    import base64

    head = token.partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def test_a_user_logs_in_and_works_with_the_sdk_while_keys_are_rotated(keycloak: Keycloak, tmp_path: Path):
    server = Server(tmp_path / "data")
    try:
        server.start(
            *("--auth-provider", "generic-oidc", "--auth-issuer", keycloak.issuer, "--auth-client-id", "console")
        )
        ann = {"Authorization": f"Bearer {keycloak.login()}"}
        session = server.request("GET", "/v0/config/session", headers=ann).json()
        assert (session["tenant_name"], session["role"]) == ("acme", "admin")

        client = FelderaClient(server.url, api_key=keycloak.login)
        pipeline = PipelineBuilder(client, name="p", sql=TABLE).create()
        pipeline.start()
        pipeline.input_json("t", [{"x": 1}])
        assert list(pipeline.query("SELECT * FROM t")) == [{"x": 1}]

        keycloak.rotate()
        fresh = keycloak.login()
        assert key_id(fresh) != key_id(ann["Authorization"].removeprefix("Bearer "))
        for credential in ({"Authorization": f"Bearer {fresh}"}, ann):
            assert server.request("GET", "/v0/pipelines", headers=credential).status_code == 200
        pipeline.stop(force=True)

        # A service's token says for which client it is, and that is not the configured one.
        robot = keycloak.token(grant_type="client_credentials", client_id="robot", client_secret=PASSWORD)
        refused = server.request("GET", "/v0/pipelines", headers={"Authorization": f"Bearer {robot}"})
        assert refused.status_code == 401
        assert "another client" in refused.headers["WWW-Authenticate"]
    finally:
        server.close()
