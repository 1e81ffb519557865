"""The ledger: every operation that a live run started, written down before it is used.

JSON Lines, one per event; the last line about an operation tells its state. Every line is one write to the end of the
file, so that worker processes can share it and a run that is killed loses nothing. Operations that were given by name
are nobody's to clean up, and never in it.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from conformance.errors import UsageError
from conformance.lro import timestamp

FILE_NAME = "ledger.jsonl"


class State(Enum):
    """What is known of an operation that was started. Only the first two leave something to clean up."""

    STARTED = "started"
    CANCELLED = "cancelled"
    ENDED = "ended"
    DELETED = "deleted"
    GONE = "gone"

    @property
    def is_left_over(self) -> bool:
        return self in (State.STARTED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of the ledger: which, where, by which form of supply, and its state."""

    name: str
    url: str
    spec: str
    supply: str
    state: State


class Ledger:
    """Writes entries. Without a path it makes a temporary file for the first of them."""

    def __init__(self, url: str, spec: str, path: Path | None = None) -> None:
        self.path = path
        self._url = url
        self._spec = spec
        self._is_temporary = path is None
        self._lock = threading.Lock()

    def note(self, name: str, supply: str, state: State) -> None:
        """Append one line. Raises UsageError when that cannot be done: what is not written down must not be started."""
        line = {
            "at": timestamp(),
            "url": self._url,
            "spec": self._spec,
            "supply": supply,
            "name": name,
            "state": state.value,
        }
        data = (json.dumps(line) + "\n").encode()
        with self._lock:
            try:
                if self.path is None:
                    descriptor, made = tempfile.mkstemp(".jsonl", "lro-conformance-ledger-")
                    os.close(descriptor)
                    self.path = Path(made)
                with self.path.open("ab", buffering=0) as file:
                    file.write(data)
            except OSError as error:
                raise UsageError(
                    f"the ledger {self.path or tempfile.gettempdir()} cannot be written: {error}",
                    "choose a --report-dir that can be written to",
                ) from error

    def close(self, is_anything_left: bool) -> None:
        """Remove a temporary ledger that nobody needs any more."""
        if self._is_temporary and self.path is not None and not is_anything_left:
            self.path.unlink(missing_ok=True)
            self.path = None


def read_ledger(path: Path) -> list[Entry]:
    """The operations in a ledger, each in its last state. A last line that was cut off is left out: its write failed.

    Raises UsageError for a file that is not there or is no ledger.
    """
    remedy = f"name a {FILE_NAME} that `run` wrote"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", remedy) from error
    entries: dict[tuple[str, str], Entry] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip() and number < len(lines):
            entry = _entry(line)
            if entry is None:
                raise UsageError(f"{path}: line {number} is not an entry of a ledger", remedy)
            entries[entry.url, entry.name] = entry
    if not entries:
        raise UsageError(f"{path}: has no entry of a ledger", remedy)
    return list(entries.values())


_SUPPLIES = ("start", "command", "python")
"""The forms of supply that start operations."""


def _entry(line: str) -> Entry | None:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, Mapping):
        return None
    texts = [members.get(key) for key in ("name", "url", "spec", "supply", "state")]
    if not all(isinstance(text, str) and text for text in texts):
        return None
    name, url, spec, supply, state = map(str, texts)
    if supply not in _SUPPLIES or state not in {known.value for known in State}:
        return None
    return Entry(name, url, spec, supply, State(state))
