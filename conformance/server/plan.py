"""`run --plan`: every call that a run may make, and nothing sent.

The plan is no second description of the suite. The suite runs against a stand-in (`target/rehearsal.py`), once with
cancels that win and once with cancels that never win. Where the two differ, the larger number counts.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from conformance.exchange import CLEAN_UP, START, Exchange, Method
from conformance.exchange.printable import WIDTH, cut, in_one_line, wrapped
from conformance.server.target.configuration import Configuration, SupplyForm

_ID = re.compile(r"[0-9a-f]{19,}|[0-9A-F]{19,}")
"""The random part of an id, without a character at its end."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One kind of call: who makes it, what it is, and what it does on a server that keeps the contract."""

    check: str
    method: str
    path: str
    effect: str
    credential: str
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How often each call is made at most, in the order in which the checks make them."""

    configuration: Configuration
    is_allowed: bool
    calls: Mapping[PlannedCall, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "url": self.configuration.iut.url,
            "is_allowed": self.is_allowed,
            "calls": [dataclasses.asdict(call) | {"at_most": count} for call, count in self.calls.items()],
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The traffic of one rehearsal, and the operations that stood in it for those that are configured by name."""

    exchanges: Sequence[Exchange]
    stand_ins: Sequence[str] = ()


def plan_of(configuration: Configuration, is_allowed: bool, rehearsals: Iterable[Rehearsal]) -> Plan:
    """The plan that rehearsals of a configuration amount to."""
    most: Counter[PlannedCall] = Counter()
    for rehearsal in rehearsals:
        names = _Names(configuration, rehearsal)
        most |= Counter(_call(exchange, names, configuration) for exchange in rehearsal.exchanges)
    checks = list(dict.fromkeys(call.check for call in most))
    ordered = sorted(most.items(), key=lambda item: checks.index(item[0].check))
    return Plan(configuration, is_allowed, dict(ordered))


def _call(exchange: Exchange, names: _Names, configuration: Configuration) -> PlannedCall:
    request = exchange.request
    query = f"?{request.query}" if "?" in request.target else ""
    method, path = request.method, names.shown(request.path + query)
    if exchange.note == START:
        method, path = names.started_by(exchange)
    prefix = urlsplit(configuration.iut.url).path.rstrip("/") if path.startswith("/") else ""
    return PlannedCall(
        exchange.check, method, prefix + path, _effect(exchange), _credential(exchange), _note(exchange, names)
    )


_UNTIL_ENDED = "until it has ended, `settle` at most; with delete = true in [statement] it is deleted instead"


def _note(exchange: Exchange, names: _Names) -> str:
    """What a call is for: as it was noted, or of a look in the clean-up why there are many."""
    if exchange.check == CLEAN_UP and exchange.calls(Method.GET):
        return _UNTIL_ENDED
    return "" if exchange.note == START else names.shown(exchange.note)


def _effect(exchange: Exchange) -> str:
    if exchange.note == START:
        return "starts"
    if exchange.response is None or not exchange.response.is_success:
        return "must be refused"
    if exchange.call is None:
        return "changes nothing"
    return {Method.CANCEL: "cancels", Method.DELETE: "deletes"}.get(exchange.call.method, "reads")


def _credential(exchange: Exchange) -> str:
    value = exchange.request.header("authorization")
    if value is None:
        return "none"
    token = value.removeprefix("Bearer ")
    return token if token in ("main", "forbidden") else "invalid"


class _Names:
    """The names of a rehearsal as the plan shows them: the configured ones, or `{operation}`."""

    def __init__(self, configuration: Configuration, rehearsal: Rehearsal) -> None:
        self._operations = configuration.operations
        named = self._operations.running.names + self._operations.completed.names
        self._by_id = {_id(one): _id(other) for one, other in zip(rehearsal.stand_ins, named, strict=True)}
        for exchange in rehearsal.exchanges:
            members = exchange.response.json_object() if exchange.note == START and exchange.response else None
            if members:
                self._by_id[_id(str(members.get("name", "")))] = "{operation}"

        self._spelt = {
            spelling: word
            for one, word in self._by_id.items()
            for spelling in dict.fromkeys((one, quote(one, safe="")))
        }

    def shown(self, text: str) -> str:
        for spelling, word in self._spelt.items():
            text = text.replace(spelling, word)
        return _ID.sub("…", text)

    def started_by(self, exchange: Exchange) -> tuple[str, str]:
        """The method and path, or the command, by which the real run starts what the rehearsal started here."""
        is_completed = b'"done"' in exchange.request.body
        form = self._operations.completed if is_completed else self._operations.running
        if form.command or form.python:
            return "run", form.python or form.command[0]
        if form.start is not None:
            return form.start.method, form.start.path or exchange.request.target
        return exchange.request.method, exchange.request.target


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def render(plan: Plan) -> Iterator[str]:
    """The plan as lines of text."""
    configuration = plan.configuration
    iut = configuration.iut
    target = iut.url or (iut.app and f"the application {iut.app}, in process") or "the embedded reference server"
    remark = "" if plan.is_allowed else "   NOT ALLOWED: a run refuses it, for [iut] allow_hosts does not name it"
    yield f"target       {in_one_line(target)}{remark}"
    yield f"credentials  {', '.join(_credentials(configuration))}"
    yield f"supply       {_supply(configuration.operations.running)}"
    limits = configuration.limits
    rate = f"{limits.rate:g} per second" if limits.rate else "no limit per second"
    said = (
        f"{limits.requests} requests, {limits.operations} operations, {limits.concurrency} at once, {rate}, "
        f"{limits.timeout:g} s for each answer"
    )
    yield from wrapped(said, "limits       ")
    has_credentials = configuration.auth.kind != "none"
    check = ""
    for call, count in plan.calls.items():
        if call.check != check:
            check = call.check
            yield ""
            yield in_one_line(check)
        effect = f"{call.effect}; {call.credential}" if has_credentials else call.effect
        yield from _lines(f"{count:>3} × {call.method:<4} {call.path}", f"[{effect}] {call.note}".rstrip())
    yield ""
    totals: Counter[str] = Counter()
    for call, count in plan.calls.items():
        totals[call.effect] += count
    each = ", ".join(f"{count} {effect}" for effect, count in sorted(totals.items()))
    yield from wrapped(f"at most {sum(totals.values())} requests, unless something is wrong: {each}")
    yield from wrapped(_MAY_DIFFER)
    yield "nothing was sent"


def _lines(what: str, remark: str) -> Iterator[str]:
    """A call, and what is said of it, beside it if there is room."""
    what, indent = in_one_line(what), " " * 11
    if len(f"{what}   {remark}") <= WIDTH:
        yield f"{what}   {in_one_line(remark)}"
        return
    yield from cut(what, indent)
    for line in wrapped(remark, indent):
        yield from cut(line, indent)


_MAY_DIFFER = (
    "A run may differ from this: names, and what [iut] parent does not tell, come from the supply. A check whose "
    "precondition fails sends less. One that finds something wrong sends it again, to be sure, and starts operations "
    "for that. What is answered with 429, or with 503 and Retry-After, is sent again. A server that lists many "
    "operations is asked for up to 100 pages. The limits hold in any case, but for the clean-up: a cancel, a delete "
    "and looks at each operation that was started."
)


def _credentials(configuration: Configuration) -> Iterator[str]:
    auth = configuration.auth
    if auth.kind == "none":
        yield "none"
    else:
        source = f" from ${auth.token_env}" if auth.token_env else ""
        source = f" from the command {auth.token_command[0]}" if auth.token_command else source
        yield f"main: {auth.kind}{source}"
    if auth.forbidden_token_command:
        yield f"forbidden: from the command {auth.forbidden_token_command[0]}"
    elif auth.forbidden_token_env:
        yield f"forbidden: from ${auth.forbidden_token_env}"
    if configuration.iut.headers:
        yield f"and the headers {', '.join(configuration.iut.headers)}"


def _supply(form: SupplyForm) -> str:
    if form.start is not None:
        return in_one_line(f"{form.start.method} {form.start.path or 'on the hook of `serve`, as below'}")
    if form.command:
        return in_one_line(f"the command {form.command[0]}")
    if form.python:
        return f"the Python function {form.python}"
    return f"{len(form.names)} operations by name" if form.names else "the embedded server's own"
