"""Cancels and looks at one operation, all at once."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystander
from conformance.suite.cancellations import Cancellations
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus

STORM = "storm"
"""The key of the last look at the bystander of the storm."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What was sent at one operation together, and a look afterwards."""

    name: str
    exchanges: list[Exchange]

    def require_overlap(self) -> None:
        """Raise NotTested where no two cancels were under way at the same time."""
        if len(self.cancels) < 2:
            raise NotTested("no two cancels overlapped, for [limits] concurrency allows one request at a time")

    @property
    def last_look(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def cancels(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.calls(Method.CANCEL)]


@stimulus
def storm(iut: Iut, storm_name: str, younger: Bystander, cancel_works: Cancellations, attempts: LastLook) -> Storm:
    """Overlapping cancels and looks at one operation; its bystander is the next that was started after it."""
    storm = raise_storm(iut, storm_name, cancels=2, looks=1)
    attempts.note(STORM, younger, storm.cancels)
    return storm


def raise_storm(iut: Iut, name: str, cancels: int, looks: int) -> Storm:
    """Cancel and look at an operation with requests that overlap."""
    requests: list[Outgoing] = []
    for turn in range(max(cancels, looks)):
        requests += [iut.get_request(name)] if turn < looks else []
        requests += [iut.cancel_request(name, note=f"cancel {turn + 1} of {cancels} at once")] if turn < cancels else []
    return Storm(name, [*iut.send_together(requests), iut.get(name)])
