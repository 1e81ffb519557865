"""The requests of the script about ids that the caller chose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.exchange import Header

from .caller import PARENT

if TYPE_CHECKING:
    from .transcript import Script

_JSON: Header = ("Content-Type", "application/json")
_CHOSEN = (
    *("Upper-Case", "with.period", "page.json", "under_score", "til~de", "-hyphens-", "two..periods", "7-first"),
    *("a" * 63, "Ab" * 20, "co:lon", ":lon"),
)
_ALIKE = (
    ("short", "shorter"),
    ("un_der", "unxder"),
    ("end", "the-end"),
    ("lower", "LOWER"),
    ("z" * 62 + "a", "z" * 62 + "b"),
)
"""An id that is cancelled, and another like it."""


def ask_by_identifiers(script: Script) -> None:
    """Start, cancel and look at operations of every kind of id, with a colon plain and escaped."""
    for identifier in _CHOSEN:
        name = _started(script, identifier)
        if not name:
            continue
        for spelled in dict.fromkeys((name, name.replace(":", "%3A"))):
            script.ask("POST", f"{spelled}:cancel")
            script.look(spelled)
    for identifier in ("007", "+7"):
        script.ask("POST", f"{PARENT}/operations/{identifier}:cancel")
    for identifier, other in _ALIKE:
        name, alike = _started(script, identifier), _started(script, other)
        script.ask("POST", f"{name}:cancel")
        script.look(name, alike)


def _started(script: Script, identifier: str) -> str:
    """The name of an operation of that id; empty where it was not started."""
    hook = json.dumps({"mode": "run", "id": identifier}).encode()
    started = script.ask("POST", f"{PARENT}/operations:start", hook, (_JSON,))
    return f"{PARENT}/operations/{identifier}" if started[2:3] == (200,) else ""
