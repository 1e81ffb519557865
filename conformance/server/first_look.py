"""A first look at a server that nobody has described yet: what of a conformance.toml can be read off it.

Only GET requests are sent, to two places: the list of operations, and `/openapi.json`, where many frameworks have the
description of a service. What cannot be seen stands in the file as a question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import TargetError
from conformance.exchange import Failure, FailureKind, Method, Request, Response
from conformance.lro import SystemClock
from conformance.server.description import Start, gaps, inline_toml, parents, starts
from conformance.server.target.app import ORIGIN, load_app, transport_to
from conformance.server.target.transport import HttpTransport
from conformance.spec.contract import Contract
from conformance.spec.home import homes

_TIMEOUT = 5.0
_MOST_STARTS = 5

Ask = Callable[[str], Response | None]
"""What a GET of a path is answered; None when it is not."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a first look saw. `lists` is the status of the list of operations, 0 where it was not answered."""

    parent: str
    lists: int = 0
    starts: tuple[Start, ...] = ()
    """Requests that may start an operation, the likeliest first."""
    missing: tuple[str, ...] = ()
    """What an implementation of the contract has, and the description has not."""

    @classmethod
    def nothing(cls, contract: Contract) -> Seen:
        """What is known without a server: an example from the contract."""
        return cls(homes(contract)[0].example)


def look_at_url(url: str, contract: Contract) -> Seen:
    """A first look at a server. Raises TargetError when nobody listens there."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return _look(HttpTransport.live(origin, 1), url, parts.path.rstrip("/"), contract)


def look_at_app(app: str, directory: Path, contract: Contract) -> Seen:
    """A first look at an application in this process. Raises UsageError or TargetError when it cannot be had."""
    transport = transport_to(load_app(app, directory), f"the application {app!r}")
    return _look(HttpTransport(transport, ORIGIN, SystemClock()), app, "", contract)


def _look(transport: HttpTransport, where: str, prefix: str, contract: Contract) -> Seen:
    def ask(path: str) -> Response | None:
        request = Request("GET", prefix + path, (("Host", "localhost"), ("Accept", "application/json")))
        outcome = transport.exchange(request, _TIMEOUT)
        if isinstance(outcome, Failure) and outcome.kind is FailureKind.REFUSED:
            raise TargetError(f"nobody listens at {where}", "start the server first, or fix --url")
        return outcome if isinstance(outcome, Response) else None

    try:
        return first_look(ask, contract)
    finally:
        transport.close()


def first_look(ask: Ask, contract: Contract) -> Seen:
    """What the answers show of a server."""
    document = _json(ask("/openapi.json"))
    parent = next(parents(document, contract), homes(contract)[0].example)
    listed = ask(contract.path(Method.LIST, parent)) if contract.binds(Method.LIST, parent) else None
    names = [str(one["name"]) for one in _operations(_json(listed)) if isinstance(one.get("name"), str)]
    return Seen(
        parent=next((name.rpartition("/operations/")[0] for name in names if "/operations/" in name), parent),
        lists=listed.status if listed is not None else 0,
        starts=tuple(starts(document))[:_MOST_STARTS],
        missing=tuple(gaps(document, contract)),
    )


def _json(response: Response | None) -> dict[str, Any]:
    return (response.json_object() or {}) if response is not None and response.is_success else {}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = document.get("operations")
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def operations_table(seen: Seen) -> str:
    """The table `[operations]` of a conformance.toml, filled with what was seen."""
    start, *others = [
        f"path = {inline_toml(start.path)}, json = {inline_toml(start.body)}"
        for start in seen.starts or (Start(f"/v1/{seen.parent}/things", {}),)
    ]
    lines = [
        "[operations]",
        "# The request that starts an operation which runs until it is cancelled (30 seconds will do).",
        "# {unique} becomes a new id; where the request chooses the id of the operation, write {id}.",
        "# name is a JSON pointer to the operation's name in the answer.",
        f'start = {{method = "POST", {start}, name = "/name"}}',
        *(f"# or {other}" for other in others),
    ]
    return "\n".join(lines) + "\n"
