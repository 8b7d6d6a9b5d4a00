"""Sums up a test run: reads the XML reports of surefire, failsafe and pytest and prints one line.

The last line printed is ``N passed, N failed`` with ``, N skipped`` behind it when something was
skipped; before it stands, for each failed test, its name, and for each skipped one the reason.
The exit code is 0 only when the build was well and nothing failed.
"""

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

REPORTS = (
    "*/target/surefire-reports/TEST-*.xml",
    "*/target/failsafe-reports/TEST-*.xml",
    "it/target/pytest-reports/*.xml",
)


@dataclass
class Summary:
    """What the reports say."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def summarise(root: Path, since: float) -> Summary:
    """Adds up every report under ``root`` that was written after ``since`` (seconds since 1970)."""
    summary = Summary()
    for pattern in REPORTS:
        for path in sorted(root.glob(pattern)):
            if path.stat().st_mtime >= since:
                summary.files.append(path)
                _add(summary, path)
    return summary


def _add(summary: Summary, path: Path) -> None:
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '?')}: {case.get('name', '?')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            summary.failed.append(name)
        elif skipped is not None:
            reason = skipped.get("message") or (skipped.text or "").strip() or "no reason given"
            summary.skipped.append(f"{name}: {reason.splitlines()[0]}")
        else:
            summary.passed += 1


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the project")
    parser.add_argument("--since", type=Path, required=True, help="file touched before the run")
    parser.add_argument("--build-status", type=int, required=True, help="Maven's exit code")
    arguments = parser.parse_args()

    summary = summarise(arguments.root, arguments.since.stat().st_mtime)
    failed = len(summary.failed)
    for name in summary.failed:
        print(f"FAILED {name}")
    for reason in summary.skipped:
        print(f"SKIPPED {reason}")
    if arguments.build_status != 0 and failed == 0:
        print(f"The build itself failed (Maven's exit code {arguments.build_status}): counted as one failure.")
        failed = 1
    if not summary.files and arguments.build_status == 0:
        print("No test wrote a report: counted as one failure.")
        failed = 1
    tail = f", {len(summary.skipped)} skipped" if summary.skipped else ""
    print(f"{summary.passed} passed, {failed} failed{tail}")
    return 1 if failed or arguments.build_status else 0


if __name__ == "__main__":
    sys.exit(main())
