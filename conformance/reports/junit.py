"""The report as JUnit XML, for runs that pytest does not make: one test case for each requirement, and one for the run.

CI systems read green where nothing failed, so the verdict of the run is a test case as well: a run that is incomplete,
or whose baseline is stale, has a failure even if no requirement has. The rest is as in the runs that pytest writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement

from conformance.errors import UsageError
from conformance.reports.console import explain

_FAILURES = ("fail", "unexpected-pass")
_RUN = "run"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(report: Mapping[str, Any], directory: Path) -> None:
    """Write junit.xml. Raises UsageError when it cannot be written."""
    path = directory / "junit.xml"
    try:
        ElementTree(junit_of(report)).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}", "choose another --report-dir") from error


def junit_of(report: Mapping[str, Any]) -> Element:
    """The report as an element `testsuites`."""
    root = Element("testsuites")
    name = _as_xml(report["iut"]["name"] or report["iut"]["url"])
    suite = SubElement(root, "testsuite", name=name, timestamp=report["started"])
    for entry in report["requirements"]:
        chapter, _, _ = entry["id"].partition(".")
        case = SubElement(suite, "testcase", classname=chapter, name=entry["id"])
        properties = SubElement(case, "properties")
        for key, value in (("requirement", entry["id"]), ("level", entry["level"])):
            SubElement(properties, "property", name=key, value=value)
        _judge(case, entry)
    run = SubElement(suite, "testcase", classname=_RUN, name="verdict")
    if report["verdict"] != "conformant":
        _say(run, "failure", f"the run is {report['verdict']}", "\n".join(report["messages"]))
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite)))
    took = datetime.fromisoformat(report["finished"]) - datetime.fromisoformat(report["started"])
    suite.set("time", f"{took.total_seconds():.3f}")
    return root


def _judge(case: Element, entry: Mapping[str, Any]) -> None:
    verdict = entry["verdict"]
    if verdict == "pass":
        return
    said = f"{verdict}: {entry['reason']}"
    if verdict in _FAILURES:
        _say(case, "failure", said, explain(entry))
    elif verdict == "error":
        _say(case, "error", said)
    else:
        _say(case, "skipped", said)


def _say(case: Element, kind: str, message: str, text: str = "") -> None:
    found = SubElement(case, kind, message=_as_xml(message))
    found.text = _as_xml(text) or None


def _as_xml(text: str) -> str:
    """Text without the characters that XML cannot have; each becomes its escape."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
