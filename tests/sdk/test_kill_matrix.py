"""The kill matrix of the gate: every client fault breaks exactly what it declares, and every correct client nothing."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.commands.faults import described
from conformance.proof.client_kill_matrix import client_subjects, run_client_matrix
from conformance.proof.kill_matrix import Subject, outcome_of, subjects
from conformance.sdk.faults import client_faults
from conformance.spec.catalogue import client_catalogue
from tests.golden.golden import differences, read

SHARDS = 32
"""So many tests the whole matrix is, for processes to share: at the end of the proof the longest is waited for."""


def sample() -> list[Subject]:
    """For each chapter of requirements the first fault that breaks something in it, and two correct clients."""
    chosen: dict[str, Subject] = {}
    for subject in client_subjects():
        for requirement in sorted(subject.breaks):
            chosen.setdefault(requirement.partition(".")[0], subject)
    variants = [subject for subject in client_subjects() if subject.kind == "variant"][:2]
    return [*dict.fromkeys(chosen.values()), *variants]


def wrong(chosen: list[Subject]) -> str:
    """What is not as declared: a fault that is not found for its own reason, a correct client that is accused, and
    what is said of anything else than is written down."""
    golden = read()
    said: list[str] = []
    for outcome in run_client_matrix(chosen, workers=1):
        said += [] if outcome.is_exact else [described(outcome)]
        said += differences(outcome, golden)
    return "\n".join(said)


@pytest.mark.parametrize("shard", range(4))
def test_a_sample_of_each_chapter_is_exact(shard: int) -> None:
    assert not (found := wrong(sample()[shard::4])), found


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_fault_and_every_correct_client_is_exact(shard: int) -> None:
    assert not (found := wrong(client_subjects()[shard::SHARDS])), found


def report_of(**verdicts: str) -> dict[str, Any]:
    """A report of a gate, as far as the matrix reads it."""
    violation = {"exchanges": [{"number": 7}, {"number": 9}]}
    requirements = [
        {"id": one.replace("_", ".", 1).replace("_", "-"), "verdict": verdict, "reason": "", "checks": []}
        | {"evidence": [violation] if verdict == "fail" else []}
        for one, verdict in verdicts.items()
    ]
    return {"messages": [], "requirements": requirements, "verdict": "not conformant", "requests": 9}


def test_the_matrix_notices_a_fault_that_is_not_found() -> None:
    """The matrix itself can fail: an honest client declared as a fault is a fault that survives."""
    honest = Subject("variant", "honest", frozenset({"verb.is-kept"}), actor="client")
    outcome = outcome_of(honest, report_of(verb_is_kept="pass"), 0.0)
    assert outcome.missed == {"verb.is-kept"}
    assert not outcome.is_exact


def test_the_matrix_notices_a_fault_that_breaks_more_than_it_declares() -> None:
    narrow = Subject("fault", "never-tries-again", frozenset({"retry.unavailable-is-repeated"}), actor="client")
    found = report_of(retry_unavailable_is_repeated="fail", verb_is_kept="fail")
    outcome = outcome_of(narrow, found, 0.0)
    assert outcome.unexpected == {"verb.is-kept"}
    assert not outcome.is_exact
    assert outcome.first_at == 9


def test_there_are_enough_liars_and_none_has_the_name_of_a_server() -> None:
    assert len(client_faults()) >= 25
    assert not {subject.name for subject in subjects()} & {subject.name for subject in client_subjects()}


def test_faults_speak_only_for_requirements_of_the_catalogue() -> None:
    assert {name for subject in client_subjects() for name in subject.breaks} <= set(client_catalogue().requirements)
