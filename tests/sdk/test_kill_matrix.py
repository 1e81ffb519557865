"""The kill matrix of the gate: every client fault breaks exactly what it declares, and every correct client nothing."""

from __future__ import annotations

import pytest

from conformance.commands.faults import described
from conformance.proof.client_kill_matrix import client_subjects, run_client_matrix
from conformance.proof.kill_matrix import Subject, subjects
from conformance.sdk.faults import client_faults
from conformance.spec.catalogue import client_catalogue
from tests.golden.golden import differences, read

SHARDS = 16
"""So many tests the whole matrix is, for processes to share."""


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


def test_the_matrix_notices_a_fault_that_is_not_found() -> None:
    """The matrix itself can fail: an honest client declared as a fault is a fault that survives."""
    honest = Subject("variant", "honest", frozenset({"client-request.verb-is-kept"}), actor="client")
    (outcome,) = run_client_matrix([honest])
    assert outcome.missed == {"client-request.verb-is-kept"}
    assert not outcome.is_exact


def test_the_matrix_notices_a_fault_that_breaks_more_than_it_declares() -> None:
    narrow = Subject("fault", "never-tries-again", actor="client")
    (outcome,) = run_client_matrix([narrow])
    assert outcome.unexpected == {"client-retry.unavailable-is-repeated"}
    assert outcome.first_at > 0


def test_there_are_enough_liars_and_none_has_the_name_of_a_server() -> None:
    assert len(client_faults()) >= 25
    assert not {subject.name for subject in subjects()} & {subject.name for subject in client_subjects()}


def test_faults_speak_only_for_requirements_of_the_catalogue() -> None:
    assert {name for subject in client_subjects() for name in subject.breaks} <= set(client_catalogue().requirements)
