"""Starts a real OpenID Connect server (mock-oauth2-server, built by it/issuer) and gets tokens from it."""

import json
import os
import subprocess
from pathlib import Path

import requests
from weirkeeper_server import (
    EXIT_DEADLINE_S,
    HTTP_TIMEOUT_S,
    PROJECT,
    eventually,
    free_ports,
)

LIBRARIES = PROJECT / "it" / "issuer" / "target" / "lib"
MAIN = "no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt"
REALM = "realm"


def _java() -> str:
    homes = [os.environ.get("WK_JAVA_HOME"), os.environ.get("JAVA_HOME")]
    return next((f"{home}/bin/java" for home in homes if home), "java")


class IdentityProvider:
    """A server that issues a token for whoever asks as a client of that name."""

    def __init__(self, folder: Path, claims: dict[str, dict]):
        """
        :param folder: for its log
        :param claims: by name of the client: claims that its tokens have beside the usual ones
        """
        self.port = free_ports(1)[0]
        self._log = folder / "identity-provider.log"
        self._configuration = {
            "interactiveLogin": False,
            "tokenCallbacks": [
                {
                    "issuerId": REALM,
                    "tokenExpiry": 300,
                    "requestMappings": [
                        {
                            "requestParam": "client_id",
                            "match": name,
                            "claims": {"sub": name, "aud": ["feldera-api"], **more},
                        }
                        for name, more in claims.items()
                    ],
                }
            ],
        }
        self._process: subprocess.Popen | None = None

    @property
    def issuer(self) -> str:
        """The issuer that tokens name."""
        return f"http://127.0.0.1:{self.port}/{REALM}"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [_java(), "-Xmx128m", "-cp", f"{LIBRARIES}/*", MAIN],
                env={
                    **os.environ,
                    "SERVER_HOSTNAME": "127.0.0.1",
                    "SERVER_PORT": str(self.port),
                    "JSON_CONFIG": json.dumps(self._configuration),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._ready, f"the identity provider on port {self.port} (log: {self._log})", 60)

    def _ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """Ends it; no error when it has not been started."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(EXIT_DEADLINE_S)

    def token(self, name: str) -> str:
        """A fresh access token."""
        answer = requests.post(
            f"{self.issuer}/token",
            data={"grant_type": "client_credentials", "client_id": name, "client_secret": "any", "scope": "openid"},
            timeout=HTTP_TIMEOUT_S,
        )
        answer.raise_for_status()
        return answer.json()["access_token"]
