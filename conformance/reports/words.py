"""What every renderer says in the same words: the target, the verdict and what it means, who sent what, the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.exchange import CLEAN_UP

Reported = Mapping[str, Any]
"""One requirement of a report."""

_MEANING = {
    "conformant": "Every MUST that applies was tested and is kept.",
    "conformant-except": "Every MUST that applies was tested and is kept, except what the baseline lists.",
    "error": "The run itself went wrong. Nothing is said about the implementation.",
    "incomplete": "No MUST is violated, but not every MUST that applies was tested.",
}


def target_of(report: Mapping[str, Any]) -> str:
    """What was tested, as it is called: a client as its driver says, with the version; a server by its name or URL."""
    iut = report["iut"]
    driver = iut.get("driver", {})
    client = f"{driver.get('sdk', '')} {driver.get('version', '')}".strip() if driver.get("sdk") else ""
    return str(client or iut["name"] or iut["url"])


_SENDERS = {
    "blame": "sent to find out which request did it",
    "confirmation": "sent again to be sure",
    "last_look": "sent when everything else had been",
    "last_list": "sent when everything else had been",
    CLEAN_UP: "sent to clean up",
}


def sender(check: str, actor: str) -> str:
    """Why an exchange took place: for which check or, where a client is tested, in which scenario; empty if unknown."""
    if not check:
        return ""
    if actor == "client":
        return f"in the scenario {check}"
    return _SENDERS.get(check) or (f"sent by {check}" if check.startswith("test_") else "sent for several checks")


def said(report: Mapping[str, Any]) -> str:
    """The verdict of a run in words."""
    return str(report["verdict_in_words"])


def meaning(report: Mapping[str, Any]) -> str:
    """What the verdict of a run means, in one sentence."""
    verdicts = {entry["verdict"] for entry in report["requirements"]}
    if is_nothing_judged(report):
        return "Nothing was judged. Nothing is said about the implementation."
    if report["verdict"] != "not conformant":
        return _MEANING.get(report["verdict"], "")
    if "fail" in verdicts:
        return "A MUST is violated."
    return "No MUST is violated; what fails the run is the baseline or --strict."


def is_nothing_judged(report: Mapping[str, Any]) -> bool:
    """Whether the run learned nothing: no requirement was kept or violated, and nothing went wrong."""
    verdicts = {entry["verdict"] for entry in report["requirements"]}
    return report["verdict"] == "incomplete" and verdicts <= {"not-tested", "not-applicable"}


def why(entry: Reported) -> str:
    """Why a requirement is not judged, and who accepts that."""
    gap = entry.get("accepted_gap")
    return f"accepted gap: {gap['reason']} ({gap['link']}); {entry['reason']}" if gap else str(entry["reason"])


def untested_musts(entries: Iterable[Reported]) -> list[Reported]:
    """The MUST that were not tested and that nothing excuses: they make a run incomplete."""
    return [entry for entry in _not_tested(entries) if not is_out_of_reach(entry) and not entry.get("accepted_gap")]


def musts_out_of_reach(entries: Iterable[Reported]) -> list[Reported]:
    """The MUST that cannot be tested on this kind of target, such as chunks where there is no socket: no gap."""
    return [entry for entry in _not_tested(entries) if is_out_of_reach(entry)]


def is_out_of_reach(entry: Reported) -> bool:
    """Whether the target has not what the requirement needs."""
    return bool(entry["out_of_reach"])


def _not_tested(entries: Iterable[Reported]) -> list[Reported]:
    return [entry for entry in entries if entry["verdict"] == "not-tested" and entry["level"] == "MUST"]
