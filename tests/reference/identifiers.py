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


def ask_by_identifiers(script: Script) -> None:
    """Start, cancel and look at operations of every kind of id, with a colon plain and escaped."""
    for identifier in _CHOSEN:
        hook = {"mode": "run", "id": identifier}
        started = script.ask("POST", f"{PARENT}/operations:start", json.dumps(hook).encode(), (_JSON,))
        name = f"{PARENT}/operations/{identifier}"
        if started[2:3] != (200,):
            continue
        for spelled in dict.fromkeys((name, name.replace(":", "%3A"))):
            script.ask("POST", f"{spelled}:cancel")
            script.look(spelled)
    for identifier in ("007", "+7"):
        script.ask("POST", f"{PARENT}/operations/{identifier}:cancel")
