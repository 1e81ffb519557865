"""What changed from one report to another, sorted by what a reader does about it.

A requirement *broke* when it is violated now and was not before; that it was not tested before is no excuse. It is
*fixed* only when it passes now: what was violated and is not tested any more is *no longer judged*. Requirements that
only one report has, or whose sentence, level or source is another, changed with the suite and not with the
implementation, so they never count as broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conformance.exchange.printable import printable, wrapped
from conformance.judging.verdict import Verdict

_VIOLATED = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.KNOWN_FAILURE})
_KEPT = frozenset({Verdict.PASS, Verdict.UNEXPECTED_PASS})
_SHOWN_REASON = 160


@dataclass(frozen=True, slots=True)
class Change:
    """One line: what it is about, what it was and what it is, and why if that is known."""

    what: str
    old: str
    new: str
    reason: str = ""


class ChangeKind(Enum):
    """What a reader does about a change, in the order in which they are shown; the value is its title."""

    BROKE = "broke"
    BECAME_KNOWN = "became known failures"
    FIXED = "fixed"
    NO_LONGER_JUDGED = "no longer judged"
    NOW_JUDGED = "now judged"
    NEW = "new requirements"
    REMOVED = "removed requirements"
    REQUIREMENT_CHANGED = "requirements changed"
    ENVIRONMENT_CHANGED = "environment changed"


Difference = Mapping[ChangeKind, Sequence[Change]]
"""All changes; a kind without any is not in it."""


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """Compare two reports."""
    found: dict[ChangeKind, list[Change]] = {}
    for kind, change in _changes(old, new):
        found.setdefault(kind, []).append(change)
    return found


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[ChangeKind, Change]]:
    before = {entry["id"]: entry for entry in old["requirements"]}
    after = {entry["id"]: entry for entry in new["requirements"]}
    for requirement, later in after.items():
        earlier = before.get(requirement)
        if earlier is None:
            yield ChangeKind.NEW, Change(requirement, "", later["verdict"], later["reason"])
            continue
        kind = _kind(Verdict(earlier["verdict"]), Verdict(later["verdict"]))
        if kind is not None:
            reason = later["reason"] if kind is not ChangeKind.FIXED else ""
            yield kind, Change(requirement, earlier["verdict"], later["verdict"], reason)
        for change in _requirement_changes(earlier, later):
            yield ChangeKind.REQUIREMENT_CHANGED, change
    for requirement, earlier in before.items():
        if requirement not in after:
            yield ChangeKind.REMOVED, Change(requirement, earlier["verdict"], "")
    for change in _environment_changes(old, new):
        yield ChangeKind.ENVIRONMENT_CHANGED, change


def _kind(old: Verdict, new: Verdict) -> ChangeKind | None:
    """What a change of the verdict is; None when it is no change to a reader."""
    if new in (Verdict.FAIL, Verdict.WARN):
        return None if old in _VIOLATED else ChangeKind.BROKE
    if new is Verdict.KNOWN_FAILURE:
        return None if old is new else ChangeKind.BECAME_KNOWN
    if new in _KEPT:
        if old in _VIOLATED:
            return ChangeKind.FIXED
        return None if old in _KEPT else ChangeKind.NOW_JUDGED
    return ChangeKind.NO_LONGER_JUDGED if old in _VIOLATED | _KEPT else None


def _requirement_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in ("level", "statement"):
        if old[key] != new[key]:
            yield Change(f"{new['id']} {key}", str(old[key]), str(new[key]))
    if old["source"] != new["source"]:
        yield Change(f"{new['id']} source", _source(old["source"]), _source(new["source"]))


def _source(source: Mapping[str, str]) -> str:
    return f"{source['title']}; {source['section']} <{source['url']}>"


def _environment_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = dict(_environment(old)), dict(_environment(new))
    for what in before | after:
        if before.get(what) != after.get(what):
            yield Change(what, before.get(what, ""), after.get(what, ""))


def _environment(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All but the implementation that can change a verdict, each with the words for it."""
    yield "suite version", str(report["suite"]["version"])
    for key, value in report["spec"].items():
        yield f"spec {key}", str(value)
    iut = report["iut"]
    yield "iut name", str(iut["name"])
    yield "iut url", str(iut["url"])
    statement = iut.get("statement") or {}
    for key, value in statement.get("declared", {}).items():
        yield f"declared {key}", _shown(value)
    for key, finding in statement.get("found", {}).items():
        yield f"found {key}", _shown(finding["value"])
    for key, value in report["environment"].items():
        yield key, str(value)
    for key in ("profile", "seed", "baseline"):
        yield key, str(report.get(key, ""))


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def render_difference(found: Difference) -> Iterator[str]:
    """The difference as lines of text."""
    if not found:
        yield "nothing changed"
    for kind in (each for each in ChangeKind if each in found):
        changes = found[kind]
        yield f"{kind.value} ({len(changes)})"
        for change in changes:
            yield from wrapped(
                f"{change.what}: {_short(change.old) or '(none)'} → {_short(change.new) or '(none)'}", "  "
            )
            if change.reason:
                yield from wrapped(_short(change.reason), "    ")


def _short(text: str) -> str:
    line = printable(text.replace("\n", " "))
    return line if len(line) <= _SHOWN_REASON else f"{line[:_SHOWN_REASON]}…"
