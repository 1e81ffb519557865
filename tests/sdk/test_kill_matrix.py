"""The kill matrix of the gate: every client fault breaks exactly what it declares, and every correct client nothing."""

from __future__ import annotations

import pytest

from conformance.commands.faults import described
from conformance.proof.client_kill_matrix import client_subjects, run_client_matrix
from conformance.proof.kill_matrix import Outcome, Subject, subjects
from conformance.sdk.faults import client_faults
from conformance.spec.catalogue import client_catalogue


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return list(run_client_matrix(client_subjects()))


def test_every_fault_breaks_exactly_what_it_declares(outcomes: list[Outcome]) -> None:
    inexact = [described(outcome) for outcome in outcomes if outcome.subject.kind == "fault" and not outcome.is_exact]
    assert not inexact, "\n".join(inexact)


def test_every_correct_client_is_left_in_peace(outcomes: list[Outcome]) -> None:
    red = [described(outcome) for outcome in outcomes if outcome.subject.kind == "variant" and not outcome.is_exact]
    assert not red, "\n".join(red)


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
