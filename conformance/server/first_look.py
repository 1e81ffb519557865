"""A first look at a server that nobody has described yet: what of a conformance.toml can be read off it.

Only GET requests are sent, to two places: the list of operations, and `/openapi.json`, where many frameworks have the
description of a service. What cannot be seen stands in the file as a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from conformance.exchange import Request, Response
from conformance.lro import SystemClock
from conformance.server.target.app import ORIGIN, load_app, transport_to
from conformance.server.target.configuration import IutSection
from conformance.server.target.transport import HttpTransport

_TIMEOUT = 5.0
_MOST_STARTS = 5
_PARAMETER = re.compile(r"\{([^}/]+)\}")
_VALUES = {"project": "demo", "location": "us"}

Ask = Callable[[str], Response | None]
"""What a GET of a path is answered; None when it is not."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a first look saw. `lists` is the status of the list of operations, 0 where nobody answered."""

    parent: str = IutSection().parent
    lists: int = 0
    has_description: bool = False
    starts: tuple[str, ...] = ()
    """Paths of POST requests that may start an operation, the likeliest first."""
    missing: tuple[str, ...] = field(default=())
    """What an implementation of the contract has, and the description has not."""


def look_at_url(url: str) -> Seen:
    """A first look at a server."""
    parts = urlsplit(url)
    return _look(HttpTransport.live(f"{parts.scheme}://{parts.netloc}", 1), parts.path.rstrip("/"))


def look_at_app(app: str, directory: Path) -> Seen:
    """A first look at an application in this process. Raises UsageError or TargetError when it cannot be had."""
    transport = transport_to(load_app(app, directory), f"the application {app!r}")
    client = httpx.Client(transport=transport, follow_redirects=False, trust_env=False)
    return _look(HttpTransport(client, ORIGIN, SystemClock()), "")


def _look(transport: HttpTransport, prefix: str) -> Seen:
    def ask(path: str) -> Response | None:
        request = Request("GET", prefix + path, (("Host", "localhost"), ("Accept", "application/json")))
        outcome = transport.exchange(request, _TIMEOUT)
        return outcome if isinstance(outcome, Response) else None

    try:
        return first_look(ask)
    finally:
        transport.close()


def first_look(ask: Ask) -> Seen:
    """What can be read off whoever is asked."""
    document = _json(ask("/openapi.json"))
    paths = document.get("paths") if document else None
    described = {str(path): at for path, at in paths.items() if isinstance(at, dict)} if isinstance(paths, dict) else {}
    parent = IutSection().parent
    listed = ask(f"/v1/{parent}/operations")
    names = [str(one["name"]) for one in _operations(_json(listed)) if isinstance(one.get("name"), str)]
    found = next((name.rpartition("/operations/")[0] for name in names if "/operations/" in name), parent)
    return Seen(
        parent=found,
        lists=listed.status if listed is not None else 0,
        has_description=bool(described),
        starts=tuple(_starts(described))[:_MOST_STARTS],
        missing=tuple(_missing(described)) if described else (),
    )


def _json(response: Response | None) -> dict[str, Any]:
    return (response.json_object() or {}) if response is not None and response.is_success else {}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = document.get("operations")
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _starts(described: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Posts to a collection beside the operations come first: those are what such services start operations with."""
    posts = [path for path, at in described.items() if "post" in at and not path.endswith((":cancel", ":wait"))]
    beside = [path for path in posts if "/locations/" in path or "/projects/" in path]
    for path in dict.fromkeys([*beside, *posts]):
        yield _PARAMETER.sub(lambda found: _VALUES.get(found[1].lower(), "example"), path)


def _missing(described: dict[str, dict[str, Any]]) -> Iterator[str]:
    for what, method, end in (
        ("no POST …/operations/{operation}:cancel", "post", ":cancel"),
        ("no GET …/operations/{operation}", "get", "}"),
        ("no GET …/operations, the list", "get", "/operations"),
    ):
        if not any(path.endswith(end) and "operations" in path and method in at for path, at in described.items()):
            yield f"the description at /openapi.json has {what}"


def operations_table(seen: Seen) -> str:
    """The table `[operations]` of a conformance.toml, filled with what was seen."""
    start, *others = seen.starts or (f"/v1/{seen.parent}/things",)
    lines = [
        "[operations]",
        "# The request that starts an operation which runs until it is cancelled (30 seconds will do).",
        "# {unique} becomes a fresh id; name is a JSON pointer to the operation's name in the answer.",
        f'start = {{method = "POST", path = "{start}", json = {{}}, name = "/name"}}',
        *(f'# or path = "{other}"' for other in others),
    ]
    return "\n".join(lines) + "\n"
