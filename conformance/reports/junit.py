"""The report as JUnit XML: written for `sdk` and `audit`, and completed where pytest wrote it.

A CI system shows a run without failures as green. So the verdict of the run is a test case, too: it fails when the run
is incomplete or the baseline is out of date, even if no requirement fails. pytest writes a case for each check, and
this one is added; elsewhere there is a case for each requirement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, ParseError, SubElement, parse

from conformance.errors import UsageError
from conformance.exchange.masking import Masking
from conformance.reports.console import explain
from conformance.reports.words import said, target_of, untested_musts, why

_FAILURES = ("fail", "unexpected-pass")
_SAYS = ("failure", "error", "skipped")
_RUN = "run"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(report: Mapping[str, Any], directory: Path) -> None:
    """Write junit.xml. Raises UsageError when it cannot be written."""
    path = directory / "junit.xml"
    try:
        ElementTree(junit_of(report)).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", "choose another --report-dir") from error


def junit_of(report: Mapping[str, Any]) -> Element:
    """The report as an element `testsuites`."""
    root = Element("testsuites")
    name = _as_xml(target_of(report))
    suite = SubElement(root, "testsuite", name=name, timestamp=report["started"])
    for entry in report["requirements"]:
        chapter, _, _ = entry["id"].partition(".")
        case = SubElement(suite, "testcase", classname=chapter, name=entry["id"])
        properties = SubElement(case, "properties")
        for key, value in (("requirement", entry["id"]), ("level", entry["level"])):
            SubElement(properties, "property", name=key, value=value)
        _judge(case, entry)
    _add_verdict(suite, report)
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite)))
    took = datetime.fromisoformat(report["finished"]) - datetime.fromisoformat(report["started"])
    suite.set("time", f"{took.total_seconds():.3f}")
    return root


def complete_junit(report: Mapping[str, Any], path: Path, masking: Masking) -> None:
    """Add the verdict of the run to the file that pytest wrote, and mask what workers said, which knew only their own.

    Raises UsageError when that cannot be done.
    """
    try:
        document = parse(path)
        for said in (element for kind in _SAYS for element in document.iter(kind)):
            said.set("message", masking.text(said.get("message", "")))
            said.text = masking.text(said.text or "") or None
        for suite in document.iter("testsuite"):
            _add_verdict(suite, report)
            for count, kind in (("failures", "failure"), ("errors", "error")):
                suite.set(count, str(len(suite.findall(f"testcase/{kind}"))))
            suite.set("tests", str(int(suite.get("tests", "0")) + 1))
        document.write(path, encoding="utf-8", xml_declaration=True)
    except (OSError, ParseError) as error:
        raise UsageError(f"{path}: cannot be completed: {error}", "choose another --junitxml") from error


def _add_verdict(suite: Element, report: Mapping[str, Any]) -> None:
    """The test case of the run. It passes for a run that is conformant with exceptions, and lists how many."""
    case = SubElement(suite, "testcase", classname=_RUN, name="verdict")
    if report["exit_status"] != 0:
        untested = [f"not tested: {entry['id']}: {why(entry)}" for entry in untested_musts(report["requirements"])]
        _say(case, "failure", f"the run is {said(report)}", "\n".join([*report["messages"], *untested]))
    elif said(report) != "conformant":
        SubElement(case, "system-out").text = _as_xml(f"the run is {said(report)}")


def _judge(case: Element, entry: Mapping[str, Any]) -> None:
    verdict = entry["verdict"]
    if verdict == "pass":
        return
    message = f"{verdict}: {why(entry)}"
    if verdict in _FAILURES:
        _say(case, "failure", message, explain(entry))
    elif verdict == "error":
        _say(case, "error", message)
    else:
        _say(case, "skipped", message)


def _say(case: Element, kind: str, message: str, text: str = "") -> None:
    found = SubElement(case, kind, message=_as_xml(message))
    found.text = _as_xml(text) or None


def _as_xml(text: str) -> str:
    """The text; characters that XML does not allow become escapes."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
