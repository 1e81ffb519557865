"""The golden file: a line for every subject, about requirements that there are, as the program writes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judging.verdict import Verdict
from conformance.proof.kill_matrix import MatrixResult, Subject
from conformance.server.reference.faults import GENERAL
from conformance.spec.catalogue import catalogue, client_catalogue
from tests.golden.golden import FILE, RUN, differences, everyone, read, with_outcomes, written

HONEST = Subject("variant", "default")


def outcome(subject: Subject, run: str = "conformant", **verdicts: str) -> MatrixResult:
    named = {f"chapter.{name}": verdict for name, verdict in verdicts.items()}
    return MatrixResult(subject, {}, [], run, 0, 0, 0.0, verdicts=named)


def test_every_subject_has_its_line_and_nobody_else() -> None:
    lines = read()
    new = [one.name for one in everyone() if one.name not in lines[f"{one.actor} {one.kind}s"]]
    assert not new, f"python -m tests.golden {' '.join(new)}"
    assert FILE.read_text(encoding="utf-8") == written(lines)


def test_lines_speak_of_requirements_and_verdicts_that_there_are() -> None:
    known = {requirement.id for each in (catalogue(), client_catalogue()) for requirement in each}
    for part in read().values():
        for name, line in part.items():
            assert set(line) <= {RUN, *(verdict.value for verdict in Verdict)}, name
            assert {each for key, names in line.items() if key != RUN for each in names} <= known, name


def test_what_a_fault_declares_is_what_its_line_says() -> None:
    lines = read()
    for subject in everyone():
        line = lines[f"{subject.actor} {subject.kind}s"][subject.name]
        broken = {*line.get("fail", ()), *line.get("warn", ())}
        if not subject.at_least:
            assert subject.breaks <= broken <= subject.breaks | GENERAL, subject.name


def test_a_change_is_told_whichever_way_it_goes() -> None:
    fault = Subject("fault", "lies")
    lines = with_outcomes(
        {}, [outcome(fault, "not-conformant", a="fail", b="not-tested"), outcome(HONEST, a="pass", b="not-tested")]
    )
    assert lines["server faults"]["lies"] == {"run": "not-conformant", "fail": ["chapter.a"]}
    assert differences(outcome(fault, "not-conformant", a="fail", b="not-tested"), lines) == []
    told = differences(outcome(fault, a="pass", b="not-tested"), lines)
    assert told[0] == "lies in at-once: chapter.a is pass, and fail in verdicts.json"
    assert told[1] == "lies in at-once: conformant, and not-conformant in verdicts.json"
    assert "python -m tests.golden lies" in told[2]


@pytest.mark.parametrize(("world", "is_told"), [("at-once", True), ("socket", False), ("workers", False)])
def test_what_a_socket_shows_otherwise_is_no_difference_there(world: str, is_told: bool) -> None:
    lines = with_outcomes({}, [outcome(HONEST)])
    verdicts = {"response.head-has-no-content": "not-applicable"}
    over = MatrixResult(replace(HONEST, world=world), {}, [], "conformant", 0, 0, 0.0, verdicts=verdicts)
    assert bool(differences(over, lines)) == is_told


@pytest.mark.parametrize(("verdict", "is_told"), [("not-tested", False), ("fail", True)])
def test_of_what_workers_say_accusations_are_compared(verdict: str, is_told: bool) -> None:
    lines = with_outcomes({}, [outcome(HONEST)])
    by_workers = outcome(replace(HONEST, world="workers"), a=verdict)
    assert bool(differences(by_workers, lines)) == is_told
    assert differences(outcome(replace(HONEST, world="socket"), a=verdict), lines)


def test_what_a_busy_machine_left_untested_is_no_difference() -> None:
    fault = Subject("fault", "lies", frozenset({"chapter.a"}), actor="client", held_up=frozenset({"chapter.a"}))
    lines = with_outcomes(
        {}, [outcome(fault, a="warn"), outcome(replace(fault, kind="variant", name="honest"), a="pass")]
    )
    untested = replace(outcome(fault, a="not-tested"), not_tested=frozenset({"chapter.a"}))
    assert differences(untested, lines) == []
    assert not untested.missed
    assert outcome(fault, a="pass").missed, "what was tested and found to be kept was missed"
    assert differences(outcome(fault, a="pass"), lines)


def test_a_subject_without_a_line_is_told() -> None:
    lines = with_outcomes({}, [outcome(HONEST)])
    (told,) = differences(outcome(Subject("fault", "new")), {**lines, "server faults": {}})
    assert told.startswith("new has no line in verdicts.json")
