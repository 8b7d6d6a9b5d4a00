"""Compares the served OpenAPI document with the contract, in both directions.

What only people read (texts, examples) and extensions of either side are left out; a default counts
only where the contract has one. Everything else is compared: paths, methods, operation ids, tags,
parameters, bodies, statuses, content types, schemas and roles.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from weirkeeper_server import PROJECT

CONTRACT = PROJECT / "it" / "src" / "test" / "resources" / "contract.json"
DEVIATIONS = Path(__file__).with_name("api_deviations.json")

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_TEXTS = {"summary", "example", "examples", "title", "externalDocs", "security"}
_ROLE = re.compile(r"Required role: `(read|write|admin|owner)`")


@dataclass(frozen=True)
class Difference:
    """One place where document and contract differ."""

    where: str
    what: str  # added (only we have it), missing (only the contract has it), or changed


def load_contract() -> dict:
    """The contract of the API."""
    return json.loads(CONTRACT.read_text())


def load_deviations() -> list[dict]:
    """The differences that are meant: ``where`` (with ``*``), ``what``, ``why``."""
    return json.loads(DEVIATIONS.read_text())


def differences(document: dict, contract: dict) -> list[Difference]:
    """Every difference, in order of place."""
    ours, theirs = _operations(document), _operations(contract)
    found = list(_diff("", ours, theirs))
    found += _diff("schemas", _schemas(document), _schemas(contract))
    found += _roles(document, contract)
    return sorted(found, key=lambda each: (each.where, each.what))


def unexplained(found: list[Difference], deviations: list[dict]) -> tuple[list[Difference], list[dict]]:
    """Differences without an entry, and entries without a difference."""

    def fits(each: Difference, entry: dict) -> bool:
        return each.what == entry["what"] and fnmatchcase(each.where, entry["where"])

    return (
        [each for each in found if not any(fits(each, entry) for entry in deviations)],
        [entry for entry in deviations if not any(fits(each, entry) for each in found)],
    )


def _operations(document: dict) -> dict:
    result = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                plain = _plain(operation)
                plain["at"] = f"{method.upper()} {path}"
                plain["parameters"] = {f"{each['in']} {each['name']}": each for each in plain.get("parameters", [])}
                result[operation["operationId"]] = plain
    return result


def _schemas(document: dict) -> dict:
    # Property names are not keywords: a property may be called "example" or "title".
    return {name: _schema(schema) for name, schema in document["components"]["schemas"].items()}


def _plain(node):
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "schema" in node:
        node = {**node, "schema": _schema(node["schema"])}
    return {
        key: value if key == "schema" else _plain(value)
        for key, value in node.items()
        if key not in _TEXTS and not key.startswith("x-") and not (key == "description" and isinstance(value, str))
    }


def _schema(node):
    if isinstance(node, list):
        return [_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if key in _TEXTS or key == "description" or key.startswith("x-"):
            continue
        if key == "properties":
            kept[key] = {name: _schema(each) for name, each in value.items()}
        elif key == "required":
            kept[key] = {name: True for name in value}
        elif key in ("default", "enum"):
            kept[key] = value
        else:
            kept[key] = _schema(value)
    # A reference can't have neighbours in OpenAPI 3.0, so it is wrapped when it needs one.
    if set(kept) - {"default"} == {"allOf"} and len(kept["allOf"]) == 1:
        kept = {**kept["allOf"][0], **{key: kept[key] for key in kept if key == "default"}}
    return kept


def _diff(where: str, ours, theirs) -> Iterator[Difference]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            place = f"{where}/{key}" if where else key
            if key not in theirs:
                if key != "default":
                    yield Difference(place, "added")
            elif key not in ours:
                yield Difference(place, "missing")
            elif key == "default":
                if ours[key] != theirs[key]:
                    yield Difference(place, "changed")
            else:
                yield from _diff(place, ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list) and any(isinstance(each, dict) for each in ours + theirs):
        for index in range(max(len(ours), len(theirs))):
            place = f"{where}/{index}"
            if index >= len(theirs):
                yield Difference(place, "added")
            elif index >= len(ours):
                yield Difference(place, "missing")
            else:
                yield from _diff(place, ours[index], theirs[index])
    elif ours != theirs:
        yield Difference(where, "changed")


def _roles(document: dict, contract: dict) -> Iterator[Difference]:
    expected = {
        operation["operationId"]: operation.get("x-required-role")
        for item in contract["paths"].values()
        for operation in item.values()
    }
    for item in document["paths"].values():
        for operation in item.values():
            said = _ROLE.findall(operation["description"])
            wanted = expected.get(operation["operationId"])
            if said != ([wanted] if wanted else []):
                yield Difference(f"{operation['operationId']}/role", "changed")
            public = "Public: needs no credentials" in operation["description"]
            if public == bool(wanted) or public == bool(operation["security"]):
                yield Difference(f"{operation['operationId']}/public", "changed")
