"""Starts, stops and kills real Weirkeeper servers for the tests, and looks at their processes."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests
from feldera import FelderaClient

PROJECT = Path(__file__).resolve().parents[2]
LAUNCHER = PROJECT / "weirkeeper"

# What the command lines of the processes of pipelines and of the compiler have in them.
PIPELINE = "-Dweirkeeper.pipeline="
COMPILER = "io.weirkeeper.compiler."

READY_DEADLINE_S = 120.0  # generous: the promise of 10 s is measured in one test of its own
EXIT_DEADLINE_S = 30.0
POLL_S = 0.05
HTTP_TIMEOUT_S = 40.0  # above the server's own limit of 30 s for a held request

T = TypeVar("T")


def eventually(probe: Callable[[], T], what: str, deadline_s: float = 30.0) -> T:
    """Calls ``probe`` until it returns something true, and returns that.

    :param what: what is waited for, for the message of the AssertionError after ``deadline_s``
    """
    end = time.monotonic() + deadline_s
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"Waited {deadline_s:.0f} s in vain for: {what}. Last seen: {result!r}")
        time.sleep(POLL_S)  # the pace of polling; the deadline above decides


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nothing listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def environment() -> dict[str, str]:
    """The environment of a started server: this one without settings of a server of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WEIRKEEPER_")}
    return {**kept, "WK_NO_BUILD": "1"}


def launch(*arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Runs the launcher to its end and returns exit code and output."""
    return subprocess.run(
        [str(LAUNCHER), *arguments], env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False
    )


class Process:
    """A process of this machine as /proc shows it."""

    def __init__(self, pid: int):
        self.pid = pid
        self.command_line = _read(f"/proc/{pid}/cmdline").replace("\0", " ")
        try:
            self.folder = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            self.folder = ""
        status = self._status()
        self.parent = int(status[1]) if status else 0

    def _status(self) -> list[str]:
        return _read(f"/proc/{self.pid}/stat").rpartition(")")[2].split()

    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        status = self._status()
        return bool(status) and status[0] not in ("Z", "X")

    def kill(self) -> None:
        """SIGKILL; no error when it is gone already."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def __repr__(self) -> str:
        return f"{self.pid}: {self.command_line[:60]}...{self.command_line[-120:]}"


def _read(path: str) -> str:
    try:
        return Path(path).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def processes_of(data_dir: Path, server_pid: int) -> list[Process]:
    """Every live process that belongs to a server.

    It names the data directory in its command line, or works inside it, or descends from the server.
    """
    alive = [Process(int(entry)) for entry in os.listdir("/proc") if entry.isdigit() and int(entry) != os.getpid()]
    parents = {process.pid: process.parent for process in alive}

    def descends(pid: int) -> bool:
        while pid in parents:
            if pid == server_pid:
                return True
            pid = parents[pid]
        return False

    folder = str(data_dir)
    return [
        process
        for process in alive
        if (folder in process.command_line or process.folder.startswith(folder) or descends(process.pid))
        and process.alive()
    ]


class Server:
    """One data directory and, between :meth:`start` and its end, the server that runs on it."""

    on_start: Callable[[str, bool | str], None] = staticmethod(lambda url, verify: None)
    """Hears the URL of each server that is ready, and requests' ``verify`` for it."""

    def __init__(self, data_dir: Path):
        self.data_dir = data_dir
        self.port, self.management_port = free_ports(2)
        self.log = data_dir.with_name(data_dir.name + ".log")
        self.certificate: Path | None = None
        """What clients trust when the server speaks https; None for plain HTTP."""
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    @property
    def verify(self) -> bool | str:
        """requests' argument of that name."""
        return str(self.certificate) if self.certificate else True

    @property
    def management_url(self) -> str:
        """Where health and metrics are."""
        return f"http://127.0.0.1:{self.management_port}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self, *options: str) -> float:
        """Starts the server and waits until it is ready; returns the seconds that took."""
        started = time.monotonic()
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [
                    str(LAUNCHER),
                    "run",
                    "--port",
                    str(self.port),
                    "--management-port",
                    str(self.management_port),
                    "--data-dir",
                    str(self.data_dir),
                    *options,
                ],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self._ready, f"{self.url} to be ready (log: {self.log})", READY_DEADLINE_S)
        took = time.monotonic() - started
        Server.on_start(self.url, self.verify)
        return took

    def _ready(self) -> bool:
        assert self._process.poll() is None, (
            f"the server ended with {self._process.returncode}:\n{self.output()[-4000:]}"
        )
        try:
            return requests.get(f"{self.management_url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def output(self) -> str:
        """Everything the server has printed."""
        return _read(str(self.log))

    def interrupt(self) -> float:
        """Presses Ctrl-C and waits for the end; returns the seconds that took."""
        started = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        self.wait_for_exit()
        return time.monotonic() - started

    def wait_for_exit(self) -> int:
        """Waits until the server has ended; returns its exit code."""
        return self._process.wait(EXIT_DEADLINE_S)

    def kill(self) -> None:
        """kill -9 of the server alone: database and pipelines are left to themselves."""
        self._process.kill()
        self._process.wait(EXIT_DEADLINE_S)

    def processes(self, kind: str = "") -> list[Process]:
        """Live processes of this server, itself included: all, or those with ``kind`` in their command line."""
        server_pid = self._process.pid if self._process is not None else -1
        return [each for each in processes_of(self.data_dir, server_pid) if kind in each.command_line]

    def close(self) -> None:
        """Ends everything that this data directory still has, whatever the test did."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                self.kill()
        for process in self.processes():
            process.kill()

    # --- the API -----------------------------------------------------------------------------

    def client(self, **options) -> FelderaClient:
        """The published SDK's client."""
        return FelderaClient(self.url, requests_verify=self.verify, **options)

    def request(self, method: str, path: str, **arguments) -> requests.Response:
        """A request without the SDK's retries, so that a test sees the first answer."""
        return requests.request(method, self.url + path, timeout=HTTP_TIMEOUT_S, verify=self.verify, **arguments)

    def pipeline(self, name: str) -> dict:
        """The pipeline as GET shows it."""
        answer = self.request("GET", f"/v0/pipelines/{name}")
        answer.raise_for_status()
        return answer.json()
