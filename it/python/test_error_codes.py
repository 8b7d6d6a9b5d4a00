"""Every error code of the specification and of this server is answered in a test, or listed with a reason."""

import json
import re

from weirkeeper_server import PROJECT

TABLE = json.loads((PROJECT / "it/python/error_codes.json").read_text())
CONSTANTS = PROJECT / "core/src/main/java/io/weirkeeper/core/api/ErrorCode.java"


def known() -> set[str]:
    """The codes that the controller can answer."""
    return set(re.findall(r'"(\w+)"', CONSTANTS.read_text()))


def texts() -> str:
    """The text of all tests but this one."""
    files = [*PROJECT.glob("*/src/test/**/*.java"), *(PROJECT / "it/python").glob("test_*.py")]
    return "\n".join(file.read_text() for file in files if file.name != "test_error_codes.py")


def test_every_code_of_the_specification_can_be_answered_or_says_why_not():
    unreachable = TABLE["unreachable"]
    missing = [code for codes in TABLE["specification"].values() for code in codes if code not in known()]
    assert sorted(set(missing) - set(unreachable)) == [], "built by nobody, and without a reason"


def test_every_code_is_in_a_test_or_says_why_not():
    text = texts()
    untested = {code for code in known() if not re.search(rf"\b{code}\b", text)}
    assert sorted(untested - set(TABLE["untested"])) == [], "in no test, and without a reason"


def test_no_reason_outlives_its_cause():
    text = texts()
    assert [code for code in TABLE["unreachable"] if code in known()] == [], "can be answered by now"
    assert [code for code in TABLE["untested"] if re.search(rf"\b{code}\b", text)] == [], "is tested by now"
    listed = {code for codes in TABLE["specification"].values() for code in codes}
    assert set(TABLE["unreachable"]) <= listed
