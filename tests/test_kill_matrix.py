"""The kill matrix: every fault is found, and for its own reason; every correct variant is left in peace."""

from __future__ import annotations

import pytest

from conformance.commands.faults import described
from conformance.proof.kill_matrix import Subject, run_matrix, subjects
from conformance.spec.catalogue import Level, catalogue

AGAIN = (
    "correct `breaks` of the fault in conformance/server/reference/faults, or the rule or check that is wrong, "
    "and try it alone with `lro-conformance faults --verify NAME`"
)


SHARDS = 12
"""So many tests the whole matrix is, for processes to share."""


def sample() -> list[Subject]:
    """For each chapter of requirements the first fault that breaks something in it, and a few correct variants."""
    chosen: dict[str, Subject] = {}
    for subject in subjects():
        if subject.kind == "fault":
            for requirement in sorted(subject.breaks):
                chosen.setdefault(requirement.partition(".")[0], subject)
    variants = {"default", "never-ends", "never-ends-without-a-trace", "cancel-unimplemented", "cancels-a-second-later"}
    return [*dict.fromkeys(chosen.values()), *(subject for subject in subjects() if subject.name in variants)]


def inexact(chosen: list[Subject], seed: int = 0) -> list[str]:
    """What is not as declared: a fault that is not found for its own reason, a correct variant that is accused."""
    return [described(outcome) for outcome in run_matrix(chosen, seed, workers=1) if not outcome.is_exact]


@pytest.mark.parametrize("shard", range(4))
def test_a_sample_of_each_chapter_is_exact(shard: int) -> None:
    found = inexact(sample()[shard::4])
    assert not found, "\n".join([*found, AGAIN])


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_fault_and_every_variant_is_exact(shard: int) -> None:
    found = inexact(subjects()[shard::SHARDS])
    assert not found, "\n".join([*found, AGAIN])


def test_the_sample_has_something_of_every_chapter() -> None:
    broken = {requirement.partition(".")[0] for subject in sample() for requirement in subject.breaks}
    chapters = {each.partition(".")[0] for subject in subjects() for each in subject.breaks}
    assert broken == chapters


def test_every_must_and_should_of_the_server_has_a_fault_that_breaks_it() -> None:
    broken = {requirement for subject in subjects() if subject.kind == "fault" for requirement in subject.breaks}
    checked = {
        requirement.id
        for requirement in catalogue().of("server")
        if requirement.level is not Level.MAY and not requirement.not_tested_reason
    }
    survivors = sorted(checked - broken)
    assert not survivors, (
        f"no fault breaks {', '.join(survivors)}: write one in conformance/server/reference/faults, "
        f'@fault(breaks="{survivors[0]}"), and try it with `lro-conformance faults --verify NAME`; '
        "docs/adding-a-requirement.md shows how"
    )


def test_the_matrix_notices_a_fault_that_is_not_found() -> None:
    """The matrix itself can fail: an honest server declared as a fault is a fault that survives."""
    honest = Subject("variant", "default", breaks=frozenset({"response.empty-object"}))
    (outcome,) = run_matrix([honest], workers=1)
    assert outcome.missed == {"response.empty-object"}
    assert not outcome.is_exact


def test_the_matrix_notices_a_fault_that_breaks_more_than_it_declares() -> None:
    narrow = Subject("fault", "answers-nothing", breaks=frozenset({"routing.verb-is-exact"}))
    (outcome,) = run_matrix([narrow], workers=1)
    assert outcome.missed == {"routing.verb-is-exact"}
    assert "response.empty-object" in outcome.unexpected


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 11))
def test_faults_are_found_by_other_seeds(seed: int) -> None:
    """What is found by drawing is found whatever is drawn; the quick profile draws nothing."""
    found = inexact([subject for subject in subjects() if subject.profile == "ci"][seed % 3 :: 6], seed)
    assert not found, "\n".join([*found, AGAIN])
