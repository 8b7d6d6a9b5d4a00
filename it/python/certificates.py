"""Makes certificates for servers on loopback, with OpenSSL's command line."""

import subprocess
from pathlib import Path

_ROOT = ["-subj", "/CN=root of the tests", "-addext", "basicConstraints=critical,CA:TRUE"]
_SERVER = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """A root certificate, and what it signs."""

    def __init__(self, folder: Path):
        """:param folder: where everything is written; made when it is missing"""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.root = folder / "root.crt"
        self._key = folder / "root.key"
        _openssl(*_new_key(), "-x509", "-days", "30", "-keyout", self._key, "-out", self.root, *_ROOT)

    def issue(self, certificate: Path, key: Path, name: str) -> None:
        """Writes a certificate for 127.0.0.1 and its key.

        :param name: common name, to tell certificates apart
        """
        request, extensions = self._folder / "server.csr", self._folder / "server.ext"
        extensions.write_text(_SERVER)
        _openssl(*_new_key(), "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl(
            *("x509", "-req", "-days", "30", "-in", request, "-extfile", extensions),
            *("-CA", self.root, "-CAkey", self._key, "-out", certificate),
        )


def _new_key() -> list[str]:
    return ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
