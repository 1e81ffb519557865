"""What comes of single exchanges with each hostile server: an answer, or a failure, in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

import pytest

from conformance.exchange import Failure, Request, Response
from conformance.server.target.transport import HttpTransport
from tests.hostile.behaviour import Behaviour, Blame
from tests.hostile.runs import PARENT, timeout_of
from tests.hostile.table import TABLE
from tests.targets.over_sockets import transport_to

REPLIES = {name: behaviour for name, behaviour in TABLE.items() if behaviour.outcome.blame is not Blame.ENVIRONMENT}
"""Those that begin as they should: with the others no run comes to an exchange."""

ROUNDS = 12
"""Some are honest at first."""


@pytest.mark.parametrize("behaviour", REPLIES.values(), ids=REPLIES)
def test_what_is_no_answer_is_a_failure_and_nothing_else_is(behaviour: Behaviour) -> None:
    """As the blame says: that requests are not answered, or what the answers say."""
    is_cut_off = "liveness.every-request-is-answered" in behaviour.outcome.fails
    with behaviour.serve() as url, transport_to(url) as transport:
        rounds = (a_round(transport, url, timeout_of(behaviour)) for _ in range(ROUNDS if is_cut_off else 1))
        outcomes = chain.from_iterable(rounds)
        assert any(isinstance(outcome, Failure) for outcome in outcomes) is is_cut_off


def a_round(transport: HttpTransport, url: str, timeout: float) -> Iterator[Response | Failure]:
    """An operation is started, looked at, cancelled, and looked at again; a cancel of none is refused."""

    def sent(method: str, path: str, body: bytes = b"") -> Response | Failure:
        headers = (
            ("Host", url.partition("//")[2]),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        )
        return transport.exchange(Request(method, f"/v1/{path}", headers, body), timeout)

    started = sent("POST", f"{PARENT}/operations:start", b'{"mode": "run"}')
    yield started
    name = json.loads(started.body)["name"] if isinstance(started, Response) else f"{PARENT}/operations/none"
    yield sent("GET", name)
    yield sent("POST", f"{name}:cancel", b"{}")
    yield sent("GET", name)
    yield sent("POST", f"{PARENT}/operations/none:cancel", b"{}")
