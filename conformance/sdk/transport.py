"""What a client speaks: HTTP/JSON, or gRPC through a front that makes HTTP/JSON of it.

A transport says which scenarios ask the same of a client whatever it speaks, which requirements say nothing about it,
and what endpoint a driver is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from conformance.exchange import OnWire
from conformance.spec.contract import Contract

KEY = "x-lro-conformance-call"

Tell = Callable[[str, OnWire], None]


@dataclass(frozen=True, slots=True)
class ClientTransport:
    """`front` makes the endpoint to tell a driver, for as long as the context lasts, of the scripted server's URL.

    What it receives in another form than the server, and what it answers, it tells under a key that goes with the
    request to the server in the field `KEY`.
    """

    name: str
    plays: Callable[[str], bool]
    front: Callable[[str, Contract, Tell], AbstractContextManager[str]]
    not_judged: frozenset[str] = frozenset()

    def rules_out(self, requirement: str) -> str | None:
        """Why a requirement says nothing about a client over this transport, or None."""
        return f"it is about HTTP/JSON; the transport is {self.name}" if requirement in self.not_judged else None


REST = ClientTransport("rest", lambda _scenario: True, lambda url, _contract, _tell: contextlib.nullcontext(url))
