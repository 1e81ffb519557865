"""The kill matrix: every fault is found, and for its own reason; every correct variant is left in peace."""

from __future__ import annotations

import pytest

from conformance.commands.faults import described
from conformance.proof.kill_matrix import Outcome, Subject, run_matrix, subjects
from conformance.spec.catalogue import Level, catalogue

AGAIN = (
    "correct `breaks` of the fault in conformance/server/reference/faults, or the rule or check that is wrong, "
    "and try it alone with `lro-conformance faults --verify NAME`"
)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return list(run_matrix(subjects()))


def test_every_fault_breaks_exactly_what_it_declares(outcomes: list[Outcome]) -> None:
    inexact = [described(outcome) for outcome in outcomes if outcome.subject.kind == "fault" and not outcome.is_exact]
    assert not inexact, "\n".join([*inexact, AGAIN])


def test_every_correct_variant_is_green(outcomes: list[Outcome]) -> None:
    red = [described(outcome) for outcome in outcomes if outcome.subject.kind == "variant" and not outcome.is_exact]
    assert not red, "\n".join([*red, AGAIN])


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


@pytest.mark.parametrize("seed", range(1, 11))
def test_faults_are_found_by_other_seeds(seed: int) -> None:
    """What is found by drawing is found whatever is drawn; the quick profile draws nothing."""
    drawn = [subject for subject in subjects() if subject.profile == "ci"][seed % 3 :: 6]
    assert all(outcome.is_exact for outcome in run_matrix(drawn, seed=seed))
