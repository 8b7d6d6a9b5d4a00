"""A short run of the crash harness (it/crash/run): real processes, killed at seeded moments."""

import pathlib
import re
import shutil
import subprocess

import pytest

RUN = pathlib.Path(__file__).parents[1] / "crash/run"
LIVES = 16
SEED = 3


def test_every_view_and_file_is_what_was_acknowledged_after_any_crash():
    share = "1" if shutil.which("cc") else "0"
    done = subprocess.run(
        [RUN, "--lives", str(LIVES), "--seed", str(SEED), "--power-loss", share],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "control: a loss that is there is found" in done.stdout
    said = re.search(r"(\d+) kills .* (\d+) comparisons .* 0 differences", done.stdout)
    assert said and int(said.group(1)) >= LIVES and int(said.group(2)) > 0, done.stdout
    if share == "0":
        pytest.skip("no C compiler (cc): kills were tried, losses of power were not")
