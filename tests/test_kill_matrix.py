"""The kill matrix: every fault is found, and for its own reason; every correct variant is left in peace.

What is said of each, requirement by requirement, is what is written down in tests/golden, whoever reads the traffic:
one process, two workers over a socket, an audit of the recording.
"""

from __future__ import annotations

from itertools import zip_longest

import pytest

from conformance.commands.faults import described
from conformance.proof.kill_matrix import MatrixResult, Subject, run_matrix, subjects
from conformance.server.reference.worlds import AT_ONCE
from conformance.spec.catalogue import Level, catalogue
from tests.golden.golden import differences, read

AGAIN = (
    "correct `breaks` of the fault in conformance/server/reference/faults, or the rule or check that is wrong, "
    "and try it alone with `lro-conformance faults --verify NAME`"
)


SHARDS = 24
"""So many tests a matrix is, for processes to share: at the end of the proof the longest is waited for."""

SIXTY = 60
"""So many are read by every reader; a socket has its own time, and workers start interpreters."""

AS_AT_ONCE = ("at-once", "socket", "workers", "recording")
"""Worlds in which the same server is reached in another way."""


IN_PROCESS = ("recording", "late", "very-late", "with-trace", "lagging-list")


def sample(size: int, world: str = AT_ONCE.name) -> list[Subject]:
    """Faults of every chapter of requirements in turn, quick ones first, and every twentieth correct variant.

    Those that break much besides are left out: how much, in a socket's own time is chance.
    """
    everyone = [subject for subject in subjects(world) if not subject.at_least]
    chapters: dict[str, list[Subject]] = {}
    for subject in sorted(everyone, key=lambda subject: subject.profile != "quick"):
        for requirement in sorted(subject.breaks) if subject.kind == "fault" else ():
            chapters.setdefault(requirement.partition(".")[0], []).append(subject)
    in_turn = (subject for row in zip_longest(*chapters.values()) for subject in row if subject is not None)
    variants = [subject for subject in everyone if subject.kind == "variant"][::20]
    return [*variants, *list(dict.fromkeys(in_turn))[: size - len(variants)]]


def wrong(chosen: list[Subject], seed: int = 0) -> str:
    """What is not as declared: a fault that is not found for its own reason, a correct variant that is accused, and
    what is said of anything else than is written down."""
    golden = read()
    said: list[str] = []
    for outcome in run_matrix(chosen, seed, workers=1):
        said += [] if outcome.is_exact else [described(outcome), AGAIN]
        said += differences(outcome, golden) if outcome.subject.world in AS_AT_ONCE and not seed else []
    return "\n".join(said)


@pytest.mark.parametrize("shard", range(4))
def test_a_sample_of_each_chapter_is_exact(shard: int) -> None:
    assert not (found := wrong(sample(24)[shard::4])), found


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize(("seed", "world"), [*enumerate(IN_PROCESS)])
def test_every_fault_and_every_variant_is_exact_in_every_world(seed: int, world: str, shard: int) -> None:
    """An audit of the recording is one of a run at once, which it says as well.

    Each world draws with a seed of its own: what is found by drawing is found whatever is drawn.
    """
    assert not (found := wrong(subjects(world)[shard::SHARDS], seed)), found


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("world", ["socket", "workers"])
def test_sixty_are_said_to_be_the_same_by_every_reader(world: str, shard: int) -> None:
    assert not (found := wrong(sample(SIXTY, world)[shard::SHARDS])), found


def test_the_sample_has_something_of_every_chapter() -> None:
    broken = {requirement.partition(".")[0] for subject in sample(24) for requirement in subject.breaks}
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


def test_what_one_run_sees_and_another_does_not_is_exact_either_way() -> None:
    by_chance = Subject("fault", "lies", by_chance=frozenset({"chapter.sometimes"}))
    said = [
        MatrixResult(by_chance, broken, [], "incomplete", 0, 0, 0.0)
        for broken in ({}, {"chapter.sometimes": "seen"}, {"chapter.sometimes": "seen", "chapter.other": "accused"})
    ]
    assert [each.is_exact for each in said] == [True, True, False]
