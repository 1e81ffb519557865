"""The baseline: known failures and accepted gaps that do not fail a run, each with its reason, in a TOML file.

    [[known-failure]]
    requirement = "response.status-is-200"
    check = "test_traffic.py::test_all_traffic_keeps[response.status-is-200]"   # optional: only what this check finds
    reason = "the gateway answers 204"
    link = "https://tracker.example/1234"
    expires = 2026-12-31                                                        # optional: the last day it counts

    [[flaky]]
    requirement = "client-retry.deadline-is-kept"
    check = "no-answer-in-time"
    link = "https://tracker.example/1236"
    expires = 2026-12-31

    [[untested]]
    requirement = "target.*"                                                    # an id, or a chapter
    reason = "our cancels never win, so that nothing shows what they leave alone"
    link = "https://tracker.example/1235"

A baseline is strict: an entry that is not needed any more fails the run, because a stale entry is a silenced check. A
failure that does not occur in every run is flaky: such an entry excuses what one check finds and does not demand it. It
must have a last day, because nothing else reminds anybody of it. How entries are applied to the verdicts of a run is in
`known_failures` and `accepted_gaps`, how the file is brought up to date in `baseline_update`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.errors import UsageError, did_you_mean

TABLE = "known-failure"
GAPS = "untested"
FLAKY = "flaky"
_KEYS = {
    TABLE: ("requirement", "check", "reason", "link", "expires"),
    FLAKY: ("requirement", "check", "reason", "link", "expires"),
    GAPS: ("requirement", "reason", "link", "expires"),
}
_MANDATORY = {
    TABLE: ("requirement", "reason", "link"),
    FLAKY: ("requirement", "check", "link", "expires"),
    GAPS: ("requirement", "reason", "link"),
}
_EXAMPLE = 'write [[known-failure]] with requirement = "…", reason = "…", link = "https://…"'


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry. `number` counts the entries of its table from 1; an empty `check` means every check.

    One that `is_flaky` excuses what its check finds, and does not demand that it finds anything.
    """

    number: int
    requirement: str
    reason: str
    link: str
    check: str = ""
    expires: date | None = None
    is_flaky: bool = False

    def covers(self, check: str) -> bool:
        """Whether the entry speaks about what a check finds."""
        return not self.check or is_same_check(self.check, check)

    def is_expired(self, today: date) -> bool:
        """Whether the last day on which the entry counts is over."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True)
class AcceptedGap:
    """One entry about what is not tested. `number` counts them from 1; `requirement` may be a chapter: `target.*`."""

    number: int
    requirement: str
    reason: str
    link: str
    expires: date | None = None

    @property
    def is_chapter(self) -> bool:
        return self.requirement.endswith(".*")

    @property
    def described(self) -> str:
        """The entry as messages name it."""
        return f"untested entry {self.number} ({self.requirement})"

    def covers(self, requirement: str) -> bool:
        """Whether the entry speaks about a requirement."""
        return requirement.startswith(self.requirement[:-1]) if self.is_chapter else requirement == self.requirement

    def is_expired(self, today: date) -> bool:
        """Whether the last day on which the entry counts is over."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline as it was read; `file` is how the user named it."""

    file: str
    entries: tuple[KnownFailure, ...] = ()
    gaps: tuple[AcceptedGap, ...] = ()
    flaky: tuple[KnownFailure, ...] = ()

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise UsageError for an entry about a requirement that this kind of run does not have."""
        chapters = {f"{requirement.partition('.')[0]}.*" for requirement in known}
        named = [(f"entry {entry.number}", entry.requirement, set(known)) for entry in self.entries]
        named += [(f"flaky entry {entry.number}", entry.requirement, set(known)) for entry in self.flaky]
        named += [(f"untested entry {gap.number}", gap.requirement, {*known, *chapters}) for gap in self.gaps]
        for place, requirement, there in named:
            if requirement not in there:
                raise UsageError(
                    f"{self.file}: {place}: no requirement of this run has the id {requirement!r}",
                    did_you_mean(requirement, there, "take it out; `lro-conformance requirements` lists all ids"),
                )


def check_name(check: str) -> str:
    """The name of a check without the directories of its file, as `lro-conformance requirements` lists it."""
    file, separator, name = check.partition("::")
    return f"{file.replace(chr(92), '/').rpartition('/')[2]}{separator}{name}"


def is_same_check(named: str, check: str) -> bool:
    """Whether an entry's `check` names a check: with or without its file, with or without its parameter."""
    whole = check_name(check)
    alone = whole.partition("::")[2] or whole
    return check_name(named) in (whole, alone, whole.partition("[")[0], alone.partition("[")[0])


def read_baseline(path: Path) -> Baseline:
    """The baseline in a TOML file; a file without entries is one.

    Raises UsageError, naming the file, the entry, the key and the remedy, for a file that cannot be read or is not
    TOML, an unknown or missing key, and an empty reason or link. What is wrong only in the light of a run (an entry
    that has expired or stands twice) is said by that run; `Baseline.refuse_unknown` says which ids it does not have.
    """
    return parse_baseline(read_baseline_text(path), str(path))


def read_baseline_text(path: Path) -> str:
    """The text of a baseline. Raises UsageError when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "name a baseline that exists") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8: {error}", "save it as UTF-8") from error


def parse_baseline(text: str, file: str, may_be_unfilled: bool = False) -> Baseline:
    """The baseline in a text; `may_be_unfilled` allows the empty reasons and links that `baseline update` writes.

    Raises UsageError as `read_baseline`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if file.endswith((".yaml", ".yml", ".json")):
            kind = Path(file).suffix.lstrip(".").upper().replace("YML", "YAML")
            raise UsageError(f"{file}: is {kind} by its name, and a baseline is TOML", _EXAMPLE) from error
        raise UsageError(f"{file}: is not TOML: {error}", "fix the line that is named") from error
    _refuse_unknown(file, "the file", document, (TABLE, FLAKY, GAPS))
    failures: dict[str, list[KnownFailure]] = {TABLE: [], FLAKY: []}
    for kind, place in ((TABLE, "entry"), (FLAKY, "flaky entry")):
        for number, table in enumerate(_tables(file, document, kind), 1):
            where, texts = _texts(file, kind, f"{place} {number}", table, may_be_unfilled)
            named = (texts["requirement"], texts["reason"], texts["link"], texts["check"])
            failures[kind].append(KnownFailure(number, *named, _day(where, table.get("expires")), kind == FLAKY))
    gaps = []
    for number, table in enumerate(_tables(file, document, GAPS), 1):
        where, texts = _texts(file, GAPS, f"untested entry {number}", table, may_be_unfilled)
        gaps.append(AcceptedGap(number, **texts, expires=_day(where, table.get("expires"))))
    return Baseline(file, tuple(failures[TABLE]), tuple(gaps), tuple(failures[FLAKY]))


def _tables(file: str, document: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    tables = document.get(kind, [])
    if not (isinstance(tables, list) and all(isinstance(table, dict) for table in tables)):
        raise UsageError(f"{file}: {kind} is not a list of tables", _EXAMPLE.replace(TABLE, kind))
    return tables


def _texts(
    file: str, kind: str, place: str, table: Mapping[str, Any], may_be_unfilled: bool
) -> tuple[str, dict[str, str]]:
    """Where an entry stands, for messages, and its texts by their keys."""
    named = table.get("requirement")
    place += f" ({named})" if isinstance(named, str) and named else ""
    where = f"{file}: {place}"
    _refuse_unknown(file, place, table, _KEYS[kind])
    for key in _MANDATORY[kind]:
        if key not in table:
            raise UsageError(f"{where}: has no {key}", _EXAMPLE.replace(TABLE, kind))
    texts = {key: table.get(key, "") for key in _KEYS[kind] if key != "expires"}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise UsageError(f"{where}: {key} must be a text, not {value!r}", "put it in quotes")
        may_be_empty = may_be_unfilled and key in ("reason", "link")
        if key in _MANDATORY[kind] and not value.strip() and not may_be_empty:
            raise UsageError(f"{where}: {key} is empty", _REMEDY_FOR_EMPTY[key])
    if texts["link"] and not re.fullmatch(r"https?://[^\s<>\"]+", texts["link"]):
        raise UsageError(f"{where}: link {texts['link']!r} is not an http address", 'write it as "https://…"')
    return where, texts


_REMEDY_FOR_EMPTY = {
    "requirement": "write the id of the requirement; `lro-conformance requirements` lists them",
    "check": "name the check, or the scenario, that fails now and then",
    "reason": "say why this fails and stays so for now; nobody but you can know",
    "link": "link the issue or the decision that says so",
}


def _day(where: str, value: object) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value) if isinstance(value, str) else "")
    except ValueError as error:
        raise UsageError(f"{where}: expires {str(value)!r} is not a date", "write it as 2026-12-31") from error


def _refuse_unknown(file: str, place: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known, f"{place} has the keys {', '.join(known)}", alike=0.4)
            raise UsageError(f"{file}: {place} has an unknown key {key!r}", hint)
