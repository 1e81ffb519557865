"""Replay of the evidence of one requirement: what to send, and what the new answers say about the violation.

A request is sent as it was recorded, except for the name of the server, the credentials, and operations that are
replaced by others. If the requirement has a rule, the judge applies it to the recording of the new answers. If a check
judged it, the answers are compared: the same answers show the same violation.

A recorded operation may not exist any more; then a request about it shows nothing. That is "cannot be told", never
"gone".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

from conformance.errors import UsageError
from conformance.exchange import Exchange, Failure, Header, Method, Request
from conformance.exchange.history import operation_in
from conformance.exchange.masking import Masking
from conformance.exchange.serial import exchange_from_json
from conformance.judging.traffic import judge_traffic
from conformance.judging.verdict import Finding
from conformance.rules import Rule
from conformance.rules.server.errors import status_of

_SURE_TO_BE_AN_ID = 8
_UNREADABLE = re.compile(r"\b(br|zstd)\b")
"""Content codings that browsers ask for and this program does not decode."""


class Recurrence(Enum):
    """What became of a violation; the value is the exit status."""

    GONE = 0
    STILL_THERE = 1
    CANNOT_BE_TOLD = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """One recorded violation."""

    message: str
    exchanges: tuple[Exchange, ...]


def evidence_of(entry: Mapping[str, Any]) -> list[Evidence]:
    """The recorded violations of a requirement that show something. Raises UsageError when there is none."""
    try:
        found = [
            Evidence(str(violation["message"]), tuple(_sendable(value) for value in violation["exchanges"]))
            for violation in entry["evidence"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the evidence of {entry['id']} is damaged: {error!r}", "make the report again") from error
    found = [evidence for evidence in found if evidence.exchanges]
    if not found:
        raise UsageError(
            f"the report has no evidence for {entry['id']}: its verdict is {entry['verdict']}",
            "choose a requirement that fails or warns",
        )
    return found


def _sendable(value: Mapping[str, Any]) -> Exchange:
    exchange = exchange_from_json(value)
    for text in (
        exchange.request.method,
        exchange.request.target,
        *(text for pair in exchange.request.headers for text in pair),
    ):
        text.encode("latin-1")
    return exchange


# --- what to send ---


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How recorded requests are made to fit another server and other operations.

    `old` and `new` are URLs, with the path before the contract's, if any; `names` maps recorded names to others.
    """

    old: str
    new: str
    names: Mapping[str, str]

    def adapted(self, request: Request) -> Request:
        """The request to send, without its credentials."""
        replacements = _spelled(self.names)
        body = _replaced(request.body.decode("latin-1"), _encoded(replacements)).encode("latin-1")
        headers = [(name, _replaced(value, replacements)) for name, value in self._headers(request, body)]
        target = self._target(_replaced(request.target, replacements))
        return replace(request, target=target, headers=tuple(headers), body=body)

    def _headers(self, request: Request, body: bytes) -> Iterable[Header]:
        """The recorded fields, made to fit; what HTTP/1.1 needs and HTTP/2 recorders do not write comes first."""
        if request.header("host") is None:
            yield "Host", urlsplit(self.new).netloc
        if body and request.header("content-length") is None and request.header("transfer-encoding") is None:
            yield "Content-Length", str(len(body))
        for name, value in request.headers:
            if name.lower() == "host":
                yield name, urlsplit(self.new).netloc
            elif name.lower() == "content-length" and len(body) != len(request.body):
                yield name, str(len(body))
            elif name.lower() != "accept-encoding" or not _UNREADABLE.search(value):
                yield name, value

    def _target(self, target: str) -> str:
        old, new = urlsplit(self.old), urlsplit(self.new)
        absolute = f"{old.scheme}://{old.netloc}"
        if target.startswith(absolute):
            return f"{new.scheme}://{new.netloc}{self._path(target.removeprefix(absolute), old.path, new.path)}"
        return self._path(target, old.path, new.path)

    @staticmethod
    def _path(target: str, old: str, new: str) -> str:
        return new.rstrip("/") + target.removeprefix(old.rstrip("/")) if target.startswith("/") else target


def recorded_names(evidence: Evidence, operations: Sequence[str]) -> list[str]:
    """The names of real operations in a piece of evidence, in the order in which they appear first.

    `operations` are those that the run started; without them (a recording of somebody else's) every name is real.
    """
    names: dict[str, None] = {}
    for exchange in evidence.exchanges:
        called = exchange.call.name if exchange.call is not None and exchange.call.method is not Method.LIST else ""
        for name in _names_in(exchange.request, called, operations) if operations else filter(None, [called]):
            names.setdefault(name)
    return list(names)


def _names_in(request: Request, called: str, operations: Sequence[str]) -> list[str]:
    """The operations that a request names, in the order of its text; a near miss of a name counts if nothing else."""
    text = f"{request.target} {request.body.decode('utf-8', 'replace')}"
    whole = [name for name in operations if name == called or re.search(rf"{re.escape(name)}(?![\w.-])", text)]
    return sorted(whole or (name for name in operations if name in text), key=text.find)


def renamed(recorded: Sequence[str], given: Sequence[str], operations: Iterable[str]) -> dict[str, str]:
    """The names `given` for those that were recorded, in order; every other name stays itself."""
    return dict(zip(recorded, given, strict=False)) | {
        name: name for name in (*recorded[len(given) :], *operations) if name not in recorded[: len(given)]
    }


def _spelled(names: Mapping[str, str]) -> dict[str, str]:
    """Every spelling of the names to replace: whole, percent-encoded, and of the id and the parent alone."""
    spelled: dict[str, str] = {}
    for old, new in names.items():
        spelled[old] = new
        spelled[quote(old, safe="")] = quote(new, safe="")
    for old, new in names.items():
        (old_parent, _, old_id), (new_parent, _, new_id) = old.rpartition("/"), new.rpartition("/")
        spelled.setdefault(old_id, new_id)
        if old_parent:
            spelled.setdefault(old_parent, new_parent)
    return spelled


def _encoded(replacements: Mapping[str, str]) -> dict[str, str]:
    """The same for bytes that were made characters one to one."""
    return {old.encode().decode("latin-1"): new.encode().decode("latin-1") for old, new in replacements.items()}


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    """All at once, the longest first, so that nothing is replaced twice; a short id only where it stands alone."""
    if not replacements:
        return text
    longest = sorted(replacements, key=len, reverse=True)
    pattern = "|".join(
        re.escape(old) if len(old) >= _SURE_TO_BE_AN_ID else rf"(?<![\w.-]){re.escape(old)}(?![\w.-])"
        for old in longest
    )
    return re.sub(pattern, lambda found: replacements[found[0]], text)


# --- what the answers say ---


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one violation, and why that is said."""

    outcome: Recurrence
    reason: str


def judge_replay(
    rule: Rule | None, old: Sequence[Exchange], new: Sequence[Exchange], real: Iterable[str], masking: Masking
) -> Replayed:
    """Whether the violation that `old` shows is there in `new`; `real` are the names of operations that existed."""
    nothing = _shows_nothing(old, new, frozenset(real))
    if rule is None:
        if all(_answer(earlier) == _answer(later) for earlier, later in zip(old, new, strict=True)):
            return Replayed(Recurrence.STILL_THERE, "the answers are the same")
        gone = "the answers differ from those that showed the violation"
    else:
        (result,) = judge_traffic([new], masking, rules=[rule])
        if result.finding is Finding.VIOLATED:
            return Replayed(Recurrence.STILL_THERE, result.reason)
        gone = "the rule finds nothing wrong in the new answers"
        if result.finding is not Finding.KEPT:
            nothing = nothing or "the rule has nothing to say about the new answers"
    return Replayed(Recurrence.CANNOT_BE_TOLD, nothing) if nothing else Replayed(Recurrence.GONE, gone)


def _answer(exchange: Exchange) -> tuple[object, ...]:
    """What counts in a comparison: not the times and ids, but status, error and the operation's state."""
    if isinstance(exchange.outcome, Failure):
        return (exchange.outcome.kind,)
    said = status_of(exchange) or {}
    operation = operation_in(exchange)
    shown = (operation.state, operation.error_code, operation.cancellation_requested) if operation is not None else ()
    return (exchange.outcome.status, said.get("status"), *shown)


def _shows_nothing(old: Sequence[Exchange], new: Sequence[Exchange], real: frozenset[str]) -> str | None:
    """Why new answers that differ prove nothing, or None."""
    for earlier, later in zip(old, new, strict=True):
        if later.response is None:
            if earlier.response is None:
                continue
            return f"{later.request.method} {later.request.target} is not answered any more"
        was = earlier.response.status if earlier.response is not None else 0
        status = later.response.status
        if status == was:
            continue
        what = f"{later.request.method} {later.request.target} was answered with {status}"
        if status in (401, 403):
            return f"{what}: give --config with the credentials"
        if later.response.is_busy:
            return f"{what}: try again later"
        if status in (404, 410) and later.call is not None and later.call.name in real:
            return f"{later.call.name} is not there: give --operation with the name of a running operation"
    return None
