"""Golden verdicts: what is said of every subject, requirement by requirement, in a file that is read in reviews.

`verdicts.json` has a line for each server and each client, the correct ones and the faulty ones. That of the honest one
names every requirement that is not kept, under its verdict; the others name what is different of them. Who changes a
check, a rule or a fault, and with it what is said of any subject, sees that in the diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.proof.client_kill_matrix import client_subjects
from conformance.proof.kill_matrix import MatrixResult, Subject, subjects
from conformance.server.reference.worlds import world_named

FILE = Path(__file__).parent / "verdicts.json"
HONEST = {"server": "default", "client": "honest"}
KEPT, RUN = "pass", "run"

Line = Mapping[str, Any]
"""The verdict of the run, and for each verdict of requirements those that have it."""
Lines = dict[str, dict[str, Line]]
"""The lines by the names of subjects, correct and faulty servers, correct and faulty clients apart."""

_OTHERWISE_OVER_A_SOCKET = {
    "list.page-size-is-a-maximum": "a live target is asked for a list before anything is started there",
    "response.head-has-no-content": "the server below the reference server leaves the content out",
}
"""Requirements of which the reader says something else there, whoever is tested, and why."""

_BY_TIME = {
    "overlapping-cancels-hit-a-third": "as calls happen to overlap, the search for who hit it uses up the operations",
    "wrong-method-is-cut-off": "a run ends early when three requests in a row are not answered, whichever come last",
}
"""Subjects of which only accusations are compared, and why."""

_BY_OVERLAP = "lifecycle.some-order-explains"
"""What has an order or not, as calls happen to overlap over a socket."""

_ACCUSED = ("fail", "warn", "error")

WRITE_AGAIN = "if that is meant, `python -m tests.golden {}` writes it, and the commit says why"


def everyone() -> list[Subject]:
    """All subjects, in the order of the file."""
    everyone = [*subjects(), *client_subjects()]
    return sorted(everyone, key=lambda one: (one.actor != "server", one.kind != "variant", not _is_honest(one)))


def _is_honest(subject: Subject) -> bool:
    return subject.kind == "variant" and subject.name == HONEST[subject.actor]


def _part(subject: Subject) -> str:
    return f"{subject.actor} {subject.kind}s"


def read(file: Path = FILE) -> Lines:
    """What is written down."""
    lines: Lines = json.loads(file.read_text(encoding="utf-8"))
    return lines


def written(lines: Lines) -> str:
    """The text of the file: the lines of all subjects that there are."""
    parts: dict[str, list[str]] = {}
    for one in everyone():
        parts.setdefault(_part(one), []).append(f"  {json.dumps(one.name)}: {json.dumps(lines[_part(one)][one.name])}")
    return "{\n" + ",\n".join(f' "{part}": {{\n' + ",\n".join(told) + "\n }" for part, told in parts.items()) + "\n}\n"


def with_outcomes(lines: Lines, outcomes: Iterable[MatrixResult]) -> Lines:
    """The lines with those of these outcomes in place of what was said of the same subjects before."""
    told = {part: dict(half) for part, half in lines.items()}
    for outcome in sorted(outcomes, key=lambda outcome: not _is_honest(outcome.subject)):
        subject = outcome.subject
        usual = {} if _is_honest(subject) else _of_the_honest(subject, told)
        told.setdefault(_part(subject), {})[subject.name] = _line(outcome, usual)
    return told


def _of_the_honest(subject: Subject, lines: Lines) -> dict[str, str]:
    return _verdicts(lines[f"{subject.actor} variants"][HONEST[subject.actor]])


def _line(outcome: MatrixResult, usual: Mapping[str, str]) -> Line:
    different: dict[str, list[str]] = {}
    for requirement, verdict in sorted(outcome.verdicts.items(), key=lambda item: (item[1], item[0])):
        if verdict != usual.get(requirement, KEPT) and not _was_held_up(outcome.subject, requirement, verdict):
            different.setdefault(verdict, []).append(requirement)
    return {RUN: outcome.verdict, **different}


def _was_held_up(subject: Subject, requirement: str, verdict: str) -> bool:
    return requirement in subject.held_up and verdict == "not-tested"


def _verdicts(line: Line) -> dict[str, str]:
    return {requirement: verdict for verdict, names in line.items() if verdict != RUN for requirement in names}


def _differs(subject: Subject, requirement: str, verdict: str, expected: str) -> bool:
    """Whether another verdict is a difference for a subject in its world.

    How checks are shared among workers is a matter of time, and so is what none of them sees from beginning to end: of
    them only accusations are compared. Over a socket it is a matter of time whether a look comes before a late end, and
    with it whether a requirement about such looks has its occasion. So is which of two overlapping calls comes first.
    """
    reached = world_named(subject.world).reached
    if requirement in subject.by_chance:
        return False
    if reached == "over a socket" and {verdict, expected} == {KEPT, "not-applicable"}:
        return False
    is_by_time = subject.name in _BY_TIME or reached == "by workers"
    is_by_time |= reached == "over a socket" and requirement == _BY_OVERLAP
    if is_by_time and not {verdict, expected} & {*_ACCUSED}:
        return False
    is_otherwise = reached in ("over a socket", "by workers") and requirement in _OTHERWISE_OVER_A_SOCKET
    return verdict != expected and not is_otherwise and not _was_held_up(subject, requirement, verdict)


def differences(outcome: MatrixResult, lines: Lines) -> list[str]:
    """What is said of a subject and is not in the file, or the other way round."""
    subject = outcome.subject
    line = lines[_part(subject)].get(subject.name)
    if line is None:
        return [f"{subject.name} has no line in {FILE.name}; {WRITE_AGAIN.format(subject.name)}"]
    expected = _of_the_honest(subject, lines) | _verdicts(line)
    found = [
        f"{subject.name} in {subject.world}: {requirement} is {verdict}, and {expected.get(requirement, KEPT)} in "
        f"{FILE.name}"
        for requirement, verdict in outcome.verdicts.items()
        if _differs(subject, requirement, verdict, expected.get(requirement, KEPT))
    ]
    if outcome.verdict != line[RUN] and not subject.by_chance:
        found.append(f"{subject.name} in {subject.world}: {outcome.verdict}, and {line[RUN]} in {FILE.name}")
    return [*found, WRITE_AGAIN.format(subject.name)] if found else []
