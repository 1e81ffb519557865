"""Whether anything is still to be learned: where not, a run ends early, or leaves scenarios out, and says why."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from conformance.exchange import Exchange, Failure
from conformance.rules.client.turn import Outcome
from conformance.sdk.reply import DriverFault
from conformance.sdk.scenario import Scenario
from conformance.sdk.stage import Asked, Scene

_FIRST_SCENARIOS = 3
"""When nothing that can be read has arrived by the end of so many scenarios, nothing will."""

_MOST_IN_VAIN = 3
"""A control that takes its whole deadline so many times in a row will do so each time."""

_TOO_SLOW = 10.0
"""Seconds for the first scenarios, after which more of requests that cannot be read are not waited for."""

_OTHER_PROTOCOLS = (b"\x16\x03", b"PRI * HTTP/2")
"""How TLS and HTTP/2 begin: a client that speaks these will go on to."""


class Pointless(Exception):
    """Nothing has arrived so far, and nothing will. Cause: a wrong endpoint, or a driver whose own code fails."""


class Prospects:
    """What the scenes that are over say of those that are left; `scenes` is how many there are in all."""

    def __init__(self, scenes: int) -> None:
        self._first = min(_FIRST_SCENARIOS, scenes)
        self._over: list[Scene] = []
        self._in_vain: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def are_known(self) -> bool:
        """Whether the first scenes are over, and it was not pointless to go on."""
        return len(self._over) >= self._first

    def why_not(self, scenario: Scenario) -> str:
        """Why there is nothing to be learned of a scenario: its control would not end in time. Empty when there is."""
        step = scenario.control.step
        with self._lock:
            if self._in_vain[step.asks_for] < _MOST_IN_VAIN:
                return ""
        return (
            f"not played: {_MOST_IN_VAIN} times in a row a {step.asks_for} that is answered at once took its whole"
            f" deadline of {step.timeout / 1000:g} s"
        )

    def note(self, scene: Scene) -> None:
        """Take note of a scene that is over. Raises Pointless when no request has arrived that could be read."""
        with self._lock:
            self._count_if_in_vain(scene)
            self._over.append(scene)
            if len(self._over) == self._first:
                _see_whether_anything_arrives(self._over)

    def _count_if_in_vain(self, scene: Scene) -> None:
        control = scene.asked[0]
        took = control.said.at - control.request.at if control.said is not None else 0.0
        is_in_vain = took >= control.request.timeout / 1000
        kind = control.request.asks_for
        self._in_vain[kind] = self._in_vain[kind] + 1 if is_in_vain else 0


def _see_whether_anything_arrives(scenes: Sequence[Scene]) -> None:
    asked = [each for scene in scenes for each in scene.asked if each.said is not None]
    if any(each.said.is_ok or each.said.outcome is Outcome.UNSUPPORTED for each in asked if each.said is not None):
        return
    arrived = [exchange for each in asked for exchange in each.arrived()]
    if any(exchange.request.method for exchange in arrived):
        return
    seconds = sum(scene.seconds for scene in scenes)
    is_other_protocol = bool(arrived) and arrived[-1].request.body.startswith(_OTHER_PROTOCOLS)
    if arrived and not is_other_protocol and seconds < _TOO_SLOW:
        return
    why = _nothing_arrived(asked, arrived)
    if is_other_protocol:
        # Which protocol an SDK speaks is a matter of its driver: nothing of that is held against the SDK.
        for scene in scenes:
            scene.fault, scene.asked = why, []
    raise Pointless(why)


def _nothing_arrived(asked: Sequence[Asked], arrived: Sequence[Exchange]) -> str:
    """Why it is pointless to go on, in the words of what did arrive and of what the driver said."""
    endpoint = asked[0].request.endpoint
    said = asked[-1].said
    assert said is not None, "only what was replied to is looked at"
    reply = f"the driver said {said.in_words()}" + (f" ({said.message[:200]})" if said.message else "")
    if not arrived:
        return str(
            DriverFault(
                f"no request ever arrived at {endpoint}; {reply}",
                "give the SDK the `endpoint` of each request, as plain HTTP on this address; where its client is never"
                " called, the message says why",
            )
        )
    outcome = arrived[-1].outcome
    why = outcome.detail if isinstance(outcome, Failure) else ""
    start = arrived[-1].request.body[:24]
    remedy = "the endpoint is plain HTTP/1.1"
    if start.startswith(b"\x16\x03"):
        remedy += ": that was TLS, switch it off for this endpoint"
    elif start.startswith(b"PRI * HTTP/2"):
        remedy += ": that was HTTP/2; a gRPC client is checked by --transport grpc"
    return str(DriverFault(f"nothing that arrived at {endpoint} could be read: {why}; {reply}", remedy))
