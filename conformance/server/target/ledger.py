"""The ledger: every operation that a live run started, written down before it is used.

JSON Lines, one per event; the last line about an operation has its state. Every line is one write to the end of the
file, so that worker processes can share it and a run that is killed loses nothing. Operations that the user named are
not cleaned up, and are never in it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from conformance.errors import UsageError
from conformance.exchange.printable import in_one_line
from conformance.lro import timestamp

FILE_NAME = "ledger.jsonl"
_TEMPORARY = "lro-conformance-ledger-"
_OWNER = re.compile(rf"{_TEMPORARY}([1-9][0-9]*)-\w+\.jsonl")
"""The name of a temporary ledger, with the number of the process that writes it."""


class LedgerState(Enum):
    """What is known of an operation. Only `started` and `cancelled` leave something to clean up.

    A start is noted as `starting` before it is sent, still without a name. `foreign` is an operation that a start named
    and that is not of this run. `unclear` is one that may be: two starts named it, or one that failed. It is not
    touched, and it is reported.
    """

    STARTING = "starting"
    NOT_STARTED = "not-started"
    FOREIGN = "foreign"
    UNCLEAR = "unclear"
    STARTED = "started"
    CANCELLED = "cancelled"
    ENDED = "ended"
    DELETED = "deleted"
    GONE = "gone"

    @property
    def is_left_over(self) -> bool:
        """Whether there is something to clean up."""
        return self in (LedgerState.STARTED, LedgerState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of the ledger: which, where, by which form of supply, and its state."""

    name: str
    url: str
    spec: str
    supply: str
    state: LedgerState


class Ledger:
    """Writes entries. Without a path it makes a temporary file for the first of them."""

    def __init__(self, url: str, spec: str, path: Path | None = None) -> None:
        self.path = path
        self._url = url
        self._spec = spec
        self._is_temporary = path is None
        self._lock = threading.Lock()

    def note(self, name: str, supply: str, state: LedgerState, start: str = "") -> None:
        """Append one line; `start` is the serial of the start that it is about.

        Raises UsageError when that cannot be done: what is not written down must not be started.
        """
        line = {
            "at": timestamp(),
            "url": self._url,
            "spec": self._spec,
            "supply": supply,
            "name": name,
            "state": state.value,
            **({"start": start} if start else {}),
        }
        data = (json.dumps(line) + "\n").encode()
        with self._lock:
            try:
                if self.path is None:
                    descriptor, made = tempfile.mkstemp(".jsonl", f"{_TEMPORARY}{os.getpid()}-")
                    os.close(descriptor)
                    self.path = Path(made)
                with self.path.open("ab", buffering=0) as file:
                    file.write(data)
            except OSError as error:
                raise UsageError(
                    f"the ledger {self.path or tempfile.gettempdir()} cannot be written: {error.strerror}",
                    "choose a --report-dir that can be written to",
                ) from error

    def note_all(self, entries: Iterable[tuple[str, str, LedgerState]]) -> None:
        """Append what became of operations: name, form of supply and state of each, after all has been done.

        Raises one UsageError with the names when that cannot be done, for then it is written nowhere else.
        """
        unwritten = list(entries)
        try:
            while unwritten:
                self.note(*unwritten[0])
                del unwritten[0]
        except UsageError as error:
            states = "".join(f"\n  {state.value}: {in_one_line(name)}" for name, _, state in unwritten)
            raise UsageError(
                f"{error.message}; what became of the operations of this run:{states}", error.remedy
            ) from error

    def close(self, is_anything_left: bool) -> None:
        """Remove a temporary ledger if nothing is left over."""
        if self._is_temporary and self.path is not None and not is_anything_left:
            self.path.unlink(missing_ok=True)
            self.path = None


@dataclass(frozen=True, slots=True)
class Contents:
    """The operations of a ledger, each in its last state, and how many starts ended without a name."""

    entries: tuple[Entry, ...]
    unanswered: int


def read_contents(path: Path) -> Contents:
    """What a ledger says. A last line that was cut off is left out: its write failed.

    Raises UsageError for a file that is not there or is no ledger.
    """
    remedy = f"name a {FILE_NAME} that `run` wrote"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8: {error}", remedy) from error
    entries: dict[tuple[str, str], Entry] = {}
    starting: dict[str, bool] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip() and number < len(lines):
            read = _line(line)
            if read is None:
                raise UsageError(f"{path}: line {number} is not an entry of a ledger", remedy)
            entry, start = read
            if start:
                starting[start] = entry.state is LedgerState.STARTING
            if entry.name:
                entries[entry.url, entry.name] = entry
    if not entries and not starting:
        raise UsageError(f"{path}: has no entry of a ledger", remedy)
    return Contents(tuple(entries.values()), sum(starting.values()))


def is_temporary(path: Path) -> bool:
    """Whether it is a ledger for which no directory was named."""
    return _OWNER.fullmatch(path.name) is not None and path.resolve().parent == Path(tempfile.gettempdir()).resolve()


def left_by_earlier_runs(url: str, own: Path | None, accounted: Iterable[str]) -> Iterator[tuple[Path, int]]:
    """Ledgers with operations of this URL that are left over, and how many: such as of a run that was killed.

    Looks in the ledger of this run, which earlier ones may have begun, and in temporary ones of processes that are no
    more. Names that are `accounted` for are those that this run reports itself.
    """
    known = set(accounted)
    abandoned = (path for path in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*") if _is_abandoned(path))
    for path in (*((own,) if own is not None else ()), *sorted(abandoned)):
        if not path.is_file():
            continue  # a pipe, or a device, might never end
        try:
            entries = read_contents(path).entries
        except UsageError:
            continue  # not there, not ours to read, or not written by us
        left = [entry for entry in entries if entry.state.is_left_over and entry.url == url and entry.name not in known]
        if left:
            yield path, len(left)


def _is_abandoned(path: Path) -> bool:
    owner = _OWNER.fullmatch(path.name)
    if owner is None or path.is_symlink():
        return False
    try:
        os.kill(int(owner[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


_SUPPLIES = ("start", "command", "python")
"""The forms of supply that start operations."""

_NAMELESS = frozenset({LedgerState.STARTING.value, LedgerState.NOT_STARTED.value})


def _line(line: str) -> tuple[Entry, str] | None:
    """One line: the entry, and the serial of its start, which ledgers of earlier versions do not have."""
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, Mapping):
        return None
    texts = [members.get(key) for key in ("name", "url", "spec", "supply", "state")]
    if not all(isinstance(text, str) for text in texts):
        return None
    name, url, spec, supply, state = map(str, texts)
    start = members.get("start", "")
    if not (url and spec) or supply not in _SUPPLIES or state not in {known.value for known in LedgerState}:
        return None
    if not isinstance(start, str) or bool(name) is (state in _NAMELESS) or (not name and not start):
        return None
    return Entry(name, url, spec, supply, LedgerState(state)), start
