"""The shape of report.json as far as readers rely on it: a damaged file is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.exchange import FailureKind
from conformance.judging.verdict import Finding, Verdict
from conformance.spec.catalogue import Level


@dataclass(frozen=True, slots=True)
class _Maybe:
    """The shape of a member that may be missing."""

    shape: Any


@dataclass(frozen=True, slots=True)
class _Each:
    """An object whose members all have one shape."""

    shape: Any


_NUMBER = (int, float)
_MESSAGE = {"headers": [[str]], "body": _Maybe(str), "body_base64": _Maybe(str)}
_EXCHANGE = {
    "number": int,
    "check": str,
    "note": str,
    "origin": str,
    "sent_at": _NUMBER,
    "received_at": _NUMBER,
    "request": {"method": str, "target": str, **_MESSAGE},
    "response": _Maybe({"status": int, "reason": str, **_MESSAGE}),
    "failure": _Maybe({"kind": frozenset(kind.name for kind in FailureKind), "what": str, "detail": str}),
    "curl": str,
}
_EVIDENCE = {"message": str, "exchanges": [_EXCHANGE]}
_REQUIREMENT = {
    "id": str,
    "level": frozenset(level.value for level in Level),
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
    "iut": {
        "name": str,
        "url": str,
        "statement": _Maybe({"declared": dict, "found": _Each({"value": object, "because": str})}),
    },
    "environment": dict,
    "operation_names": _Maybe([str]),
    "requirements": [_REQUIREMENT],
}


def damage(report: object) -> str | None:
    """Where a report has not the shape of one, in words; None when it has."""
    return _damage(report, _REPORT, "the report")


def _damage(value: object, shape: Any, where: str) -> str | None:
    """A shape is a type or several, a set of texts, a list of one shape, or a mapping from keys to shapes."""
    if isinstance(shape, type | tuple):
        is_right = isinstance(value, shape) and not (isinstance(value, bool) and shape is not object)
        return None if is_right else f"{where} is no {_WORDS[shape]}"
    if isinstance(shape, frozenset):
        return None if isinstance(value, str) and value in shape else f"{where} is {str(value)[:40]!r}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        found = (_damage(member, shape[0], f"{where}[{at}]") for at, member in enumerate(value))
        return next((problem for problem in found if problem), None)
    if not isinstance(value, dict):
        return f"{where} is no object"
    if isinstance(shape, _Each):
        shape = dict.fromkeys(value, shape.shape)
    missing = next((key for key, inner in shape.items() if key not in value and not isinstance(inner, _Maybe)), None)
    if missing is not None:
        return f"{where} has no {missing!r}"
    present = {key: inner.shape if isinstance(inner, _Maybe) else inner for key, inner in shape.items() if key in value}
    found = (_damage(value[key], inner, f"{where}.{key}") for key, inner in present.items())
    return next((problem for problem in found if problem), None)


_WORDS: dict[type | tuple[type, ...], str] = {
    str: "text",
    int: "number",
    _NUMBER: "number",
    dict: "object",
    list: "list",
}
