"""The shape of report.json as far as readers rely on it: a file that was edited or cut is refused, never half read."""

from __future__ import annotations

from typing import Any

from conformance.judging.verdict import Finding, Verdict

_EVIDENCE = {"message": str, "exchanges": [dict]}
_REQUIREMENT = {
    "id": str,
    "level": str,
    "actor": str,
    "statement": str,
    "source": {"title": str, "section": str, "url": str},
    "verdict": frozenset(verdict.value for verdict in Verdict),
    "reason": str,
    "checks": [{"check": str, "finding": frozenset(finding.value for finding in Finding), "reason": str}],
    "evidence": [_EVIDENCE],
    "violations": int,
}
_REPORT: dict[str, Any] = {
    "suite": {"version": str},
    "spec": {"name": str},
    "iut": {"name": str, "url": str},
    "environment": dict,
    "requirements": [_REQUIREMENT],
}


def damage(report: object) -> str | None:
    """Where a report has not the shape of one, in words; None when it has."""
    return _damage(report, _REPORT, "the report")


def _damage(value: object, shape: Any, where: str) -> str | None:
    """A shape is a type, a set of texts, a list of one shape, or a mapping from keys that must be there to shapes."""
    if isinstance(shape, type):
        return None if isinstance(value, shape) else f"{where} is no {_WORDS[shape]}"
    if isinstance(shape, frozenset):
        return None if isinstance(value, str) and value in shape else f"{where} is {str(value)[:40]!r}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        found = (_damage(member, shape[0], f"{where}[{at}]") for at, member in enumerate(value))
        return next((problem for problem in found if problem), None)
    if not isinstance(value, dict):
        return f"{where} is no object"
    missing = next((key for key in shape if key not in value), None)
    if missing is not None:
        return f"{where} has no {missing!r}"
    found = (_damage(value[key], inner, f"{where}.{key}") for key, inner in shape.items())
    return next((problem for problem in found if problem), None)


_WORDS: dict[type, str] = {str: "text", int: "number", dict: "object", list: "list"}
