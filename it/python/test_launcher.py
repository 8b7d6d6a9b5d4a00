"""The launcher by itself: what it looks for, what it says when that is missing, and when it builds.

Java and Maven are stand-ins here, scripts that write down what they were called with; the other
tests use the real ones through the same launcher.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from weirkeeper_server import LAUNCHER, PROJECT, launch

BASIC_TOOLS = (
    "sh", "cat", "cmp", "cp", "date", "dirname", "find", "flock", "head", "kill", "mkdir", "mv", "readlink", "rm",
    "sed", "sleep", "tail", "touch",
)  # fmt: skip
NEWER_THAN_ANY = 98


class Checkout:
    """A folder with the launcher and little else, and an environment in which it finds only stand-ins."""

    def __init__(self, folder: Path):
        self.folder = folder / "checkout"
        self.tools = folder / "bin"
        self.jdks = folder / ".jdks"
        for each in (self.folder / "server" / "src" / "main", self.tools, self.jdks):
            each.mkdir(parents=True)
        shutil.copy(LAUNCHER, self.folder / "weirkeeper")
        shutil.copy(PROJECT / "pom.xml", self.folder / "pom.xml")
        for tool in BASIC_TOOLS:
            path = shutil.which(tool)
            assert path, f"{tool} is missing on this machine"
            os.symlink(path, self.tools / tool)
        self.environment = {"PATH": str(self.tools), "HOME": str(folder)}

    def script(self, path: Path, text: str) -> Path:
        """Makes an executable shell script."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def add_jdk(self, version: int, compiler: bool = True) -> Path:
        """A stand-in for a JDK (or JRE); its ``java`` prints its version and what it was called with."""
        home = self.jdks / f"jdk-{version}"
        self.script(home / "bin" / "java", f'echo "java {version}: $*"')
        if compiler:
            self.script(home / "bin" / "javac", "exit 0")
        (home / "release").write_text(f'JAVA_VERSION="{version}.0.1"\n', encoding="utf-8")
        return home

    def add_maven(self, version: str = "3.9.9", build: str = "") -> None:
        """A stand-in for Maven that makes what the real one makes, unless ``build`` says otherwise."""
        jar = "server/target/weirkeeper-server-0.1.0-SNAPSHOT.jar"
        build = build or f"mkdir -p server/target/lib && touch {jar} && echo built >>builds"
        self.script(
            self.tools / "mvn",
            f'[ "$1" = --version ] && echo "Apache Maven {version} (x)" && exit\n{build}',
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the launcher to its end."""
        return subprocess.run(
            [str(self.folder / "weirkeeper"), *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def builds(self) -> int:
        """How often the stand-in for Maven has built."""
        log = self.folder / "builds"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_help_and_version_answer_although_nothing_is_built(checkout: Checkout):
    assert "Usage: ./weirkeeper COMMAND" in checkout.run("help").stdout
    assert "--keep-pipelines" in checkout.run("run", "--help").stdout
    version = checkout.run("version")
    assert version.returncode == 0
    assert version.stdout == "Weirkeeper 0.1.0-SNAPSHOT (not built yet)\n"


def test_an_unknown_command_is_refused_with_the_known_ones():
    refused = launch("strat")
    assert refused.returncode == 2
    assert "run, stop, status, test" in refused.stderr


def test_a_wrong_choice_of_jdk_is_named(checkout: Checkout):
    refused = checkout.run("run", WK_JAVA_HOME="/no-jdk")
    assert refused.returncode == 1
    assert "/no-jdk" in refused.stderr


def test_a_jdk_that_is_too_old_is_named_with_a_way_to_get_another(checkout: Checkout):
    old = checkout.add_jdk(11)
    refused = checkout.run("run", WK_JAVA_HOME=str(old))
    assert refused.returncode == 1
    assert "no JDK (with javac) of version 17 or newer" in refused.stderr
    assert f"{old} (11)" in refused.stderr
    assert "apt-get install openjdk-17-jdk-headless" in refused.stderr


def test_a_runtime_without_compiler_does_not_build(checkout: Checkout):
    runtime = checkout.add_jdk(NEWER_THAN_ANY, compiler=False)
    assert "no JDK (with javac)" in checkout.run("run", WK_JAVA_HOME=str(runtime)).stderr


def test_a_missing_maven_is_named_with_a_way_to_get_it(checkout: Checkout):
    checkout.add_jdk(NEWER_THAN_ANY)
    refused = checkout.run("run")
    assert refused.returncode == 1
    assert "Maven is missing" in refused.stderr and "apt-get install maven" in refused.stderr


def test_a_maven_that_is_too_old_is_refused(checkout: Checkout):
    checkout.add_jdk(NEWER_THAN_ANY)
    checkout.add_maven("3.6.3")
    refused = checkout.run("run")
    assert refused.returncode == 1
    assert "3.8 or newer is needed, found '3.6.3'" in refused.stderr


def test_a_missing_python_is_named_with_a_way_to_get_it(checkout: Checkout):
    checkout.add_jdk(NEWER_THAN_ANY)
    checkout.add_maven()
    refused = checkout.run("test")
    assert refused.returncode == 1
    assert "Python 3 is missing" in refused.stderr and "apt-get install" in refused.stderr


def test_the_newest_jdk_wins_and_gets_the_flags_it_needs(checkout: Checkout):
    checkout.add_jdk(17)
    checkout.add_jdk(NEWER_THAN_ANY)
    checkout.add_jdk(NEWER_THAN_ANY - 1)
    checkout.add_maven()
    run = checkout.run("run", "--port", "1234")
    assert run.returncode == 0, run.stderr
    assert f"java {NEWER_THAN_ANY}: " in run.stdout
    assert "--sun-misc-unsafe-memory-access=allow" in run.stdout
    assert run.stdout.endswith("io.weirkeeper.server.Main run --port 1234\n")


def test_jdk_17_is_not_given_flags_that_it_does_not_know(checkout: Checkout):
    checkout.add_maven()
    run = checkout.run("run", WK_JAVA_HOME=str(checkout.add_jdk(17)))
    assert run.stdout.startswith("java 17: --add-modules")
    assert "--sun-misc-unsafe-memory-access" not in run.stdout


def test_it_builds_once_and_again_when_a_source_is_newer(checkout: Checkout):
    checkout.add_jdk(NEWER_THAN_ANY)
    checkout.add_maven()
    first = checkout.run("run")
    assert "first time" in first.stderr and "Built in" in first.stderr
    assert checkout.run("run").stderr == ""
    assert checkout.builds() == 1
    later = time.time() + 5
    source = checkout.folder / "server" / "src" / "main" / "New.java"
    source.touch()
    os.utime(source, (later, later))
    assert "sources have changed" in checkout.run("run").stderr
    assert checkout.builds() == 2


def test_a_failed_build_shows_the_end_of_its_log_and_is_tried_again(checkout: Checkout):
    checkout.add_jdk(NEWER_THAN_ANY)
    checkout.add_maven(build="echo 'cannot find symbol'; exit 1")
    failed = checkout.run("run")
    assert failed.returncode == 1
    assert "cannot find symbol" in failed.stderr and "target/build.log" in failed.stderr
    checkout.add_maven()
    assert checkout.run("run").returncode == 0
    assert checkout.builds() == 1


def test_jars_are_not_replaced_under_a_running_server(checkout: Checkout):
    checkout.add_maven()
    jdk = checkout.add_jdk(NEWER_THAN_ANY)
    assert checkout.run("run").returncode == 0
    checkout.script(jdk / "bin" / "java", "echo up; exec cat")  # a server that ends with its input
    server = subprocess.Popen(
        [str(checkout.folder / "weirkeeper"), "run"],
        env=checkout.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout.readline() == "up\n"
        checkout.add_jdk(NEWER_THAN_ANY)
        later = time.time() + 5
        os.utime(checkout.folder / "pom.xml", (later, later))
        second = checkout.run("run")
        assert "must not change under it" in " ".join(second.stderr.split())
        assert checkout.builds() == 1
    finally:
        server.communicate()
    assert checkout.run("run").returncode == 0
    assert checkout.builds() == 2


@pytest.mark.parametrize(
    ("printed", "status", "last", "code"),
    [
        (r"\033[0m\033[0m3 passed, 0 failed\n", 0, "3 passed, 0 failed", 0),
        (r"3 passed, 1 failed\n", 1, "3 passed, 1 failed", 1),
        (r"3 passed, 0 failed, 2 skipped\n", 0, "3 passed, 2 failed", 1),
        (r"no line that counts\n", 0, "0 passed, 1 failed", 1),
        (r"3 passed, 0 failed\n", 1, "3 passed, 0 failed", 1),
    ],
)
def test_the_run_for_bare_machines_ends_with_a_plain_count(tmp_path: Path, printed, status, last, code):
    """Colour codes that Maven leaves behind do not hide the count, and a skipped test is a failure."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "run", tmp_path / ".ci" / "run")
    stand_in = tmp_path / "weirkeeper"
    stand_in.write_text(f"#!/bin/sh\nprintf '{printed}'\nexit {status}\n", encoding="utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1] == last
    assert done.returncode == code
