"""What changed from one report to another, sorted by what a reader does about it.

A requirement *broke* when it is violated now and was not before; that it was not tested before is no excuse. It is
*fixed* only when it passes now: what was violated and is not tested any more is *no longer judged*. Requirements that
only one report has, or whose sentence, level or source is another, changed with the suite and not with the
implementation, so they never count as broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes by kind."""

    broke: tuple[Change, ...]
    became_known: tuple[Change, ...]
    fixed: tuple[Change, ...]
    no_longer_judged: tuple[Change, ...]
    now_judged: tuple[Change, ...]
    new: tuple[Change, ...]
    removed: tuple[Change, ...]
    requirement_changed: tuple[Change, ...]
    environment_changed: tuple[Change, ...]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """Compare two reports."""
    before = {entry["id"]: entry for entry in old["requirements"]}
    after = {entry["id"]: entry for entry in new["requirements"]}
    both = [(before[requirement], after[requirement]) for requirement in after if requirement in before]
    by_kind: dict[str, list[Change]] = {}
    for earlier, later in both:
        kind = _kind(Verdict(earlier["verdict"]), Verdict(later["verdict"]))
        by_kind.setdefault(kind, []).append(
            Change(later["id"], earlier["verdict"], later["verdict"], later["reason"] if kind != "fixed" else "")
        )
    return Difference(
        broke=tuple(by_kind.get("broke", ())),
        became_known=tuple(by_kind.get("became known", ())),
        fixed=tuple(by_kind.get("fixed", ())),
        no_longer_judged=tuple(by_kind.get("no longer judged", ())),
        now_judged=tuple(by_kind.get("now judged", ())),
        new=tuple(
            Change(entry["id"], "", entry["verdict"], entry["reason"])
            for entry in after.values()
            if entry["id"] not in before
        ),
        removed=tuple(
            Change(entry["id"], entry["verdict"], "") for entry in before.values() if entry["id"] not in after
        ),
        requirement_changed=tuple(change for pair in both for change in _requirement_changes(*pair)),
        environment_changed=tuple(_environment_changes(old, new)),
    )


def _kind(old: Verdict, new: Verdict) -> str:
    if new in (Verdict.FAIL, Verdict.WARN):
        return "" if old in _VIOLATED else "broke"
    if new is Verdict.KNOWN_FAILURE:
        return "" if old is new else "became known"
    if new in _KEPT:
        if old in _VIOLATED:
            return "fixed"
        return "" if old in _KEPT else "now judged"
    return "no longer judged" if old in _VIOLATED | _KEPT else ""


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


_TITLES = {
    "broke": "broke",
    "became_known": "became known failures",
    "fixed": "fixed",
    "no_longer_judged": "no longer judged",
    "now_judged": "now judged",
    "new": "new requirements",
    "removed": "removed requirements",
    "requirement_changed": "requirements changed",
    "environment_changed": "environment changed",
}


def render_difference(found: Difference) -> Iterator[str]:
    """The difference as lines of text."""
    sections = [(title, getattr(found, key)) for key, title in _TITLES.items() if getattr(found, key)]
    if not sections:
        yield "nothing changed"
    for title, changes in sections:
        yield f"{title} ({len(changes)})"
        for change in changes:
            yield from wrapped(
                f"{change.what}: {_short(change.old) or '(none)'} → {_short(change.new) or '(none)'}", "  "
            )
            if change.reason:
                yield from wrapped(_short(change.reason), "    ")


def _short(text: str) -> str:
    line = printable(text.replace("\n", " "))
    return line if len(line) <= _SHOWN_REASON else f"{line[:_SHOWN_REASON]}…"
