"""What a run starts: what is not surely ours is refused, and nothing of ours touches it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.exchange import Failure, FailureKind, Response
from conformance.server.target.configuration import StartRequest, SupplyForm
from conformance.server.target.ledger import LedgerState
from conformance.server.target.starts import ForeignOperation, Starts
from conformance.server.target.supply import Supply
from tests.targets.memory import Answers, MemoryTransport, json_response, target_of
from tests.targets.supplying import NAMES, PARENT, Noted, answering, make

START = SupplyForm(start=StartRequest("POST", "/start"))


def supply_with(answers: Answers, starts: Starts) -> Supply:
    return Supply(START, target_of(MemoryTransport(answers)), make, Path(), starts)


def named(name: str, created: str | None = None) -> Response:
    return json_response({"name": name, **({"metadata": {"createTime": created}} if created is not None else {})})


def test_an_operation_that_was_handed_out_before_belongs_to_somebody_else() -> None:
    """An idempotent start answers with what runs already; so neither answer shows that it was ours."""
    noted = Noted()
    supply = supply_with(lambda _: named(NAMES[0]), Starts(note=noted))
    supply.take(1)
    with pytest.raises(ForeignOperation, match="twice; it is neither cancelled nor deleted"):
        supply.take(1)
    assert noted.lines[-1][1:] == (NAMES[0], "start", LedgerState.UNCLEAR)


def test_an_operation_that_was_listed_before_the_first_start() -> None:
    supply = supply_with(answering(named(NAMES[0]), named(NAMES[1])), Starts(known_before=lambda: [NAMES[1]]))
    assert supply.take(1) == [NAMES[0]]
    with pytest.raises(ForeignOperation, match="existed before this run started any"):
        supply.take(1)
    assert supply.handed_out == [NAMES[0]]


def test_an_operation_of_another_parent() -> None:
    supply = supply_with(lambda _: named(NAMES[0]), Starts(("projects/demo/locations/eu",)))
    with pytest.raises(ForeignOperation, match="under another parent") as caught:
        supply.take(1)
    assert "'projects/demo/locations/eu'" in caught.value.remedy
    assert supply_with(lambda _: named(NAMES[0]), Starts((PARENT,))).take(1) == [NAMES[0]]


OLD, NEW = "2026-03-01T10:00:00Z", "2026-03-01T13:00:00.5+01:00"


def test_the_second_start_shows_that_the_first_was_answered_with_an_old_operation() -> None:
    noted = Noted()
    supply = supply_with(answering(named(NAMES[0], OLD), named(NAMES[1], NEW)), Starts(note=noted))
    supply.take(1)
    with pytest.raises(ForeignOperation, match=f"{NAMES[0]}.*createTime is 7200 s too old"):
        supply.take(1)
    assert noted.in_state(LedgerState.FOREIGN) == [(NAMES[0], "start")]
    assert noted.in_state(LedgerState.STARTED) == [(NAMES[0], "start"), (NAMES[1], "start")], (
        "the second is ours to clean up"
    )


@pytest.mark.parametrize(
    "times",
    [(NEW, NEW), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:09Z"), ("yesterday", NEW), (OLD, "2026-03-01T10:09:59Z")],
    ids=["a clock that stands still", "a clock of its own", "no time", "two machines"],
)
def test_clocks_that_differ_make_no_operation_foreign(times: tuple[str, str]) -> None:
    supply = supply_with(answering(*(named(name, at) for name, at in zip(NAMES, times, strict=False))), Starts())
    assert supply.take(2) == list(NAMES[:2])


def test_a_name_that_is_given_anew_after_a_delete_is_ours_to_clean_up_and_not_used() -> None:
    noted = Noted()
    answers = answering(named(NAMES[0]), named(NAMES[0]), named(NAMES[1]))
    starts = Starts(note=noted, was_deleted=lambda name: name == NAMES[0])
    supply = supply_with(answers, starts)
    assert supply.take(1) + supply.take(1) == [NAMES[0], NAMES[1]]
    assert starts.given_anew == {NAMES[0]}
    assert noted.in_state(LedgerState.STARTED) == [(NAMES[0], "start"), (NAMES[0], "start"), (NAMES[1], "start")]


def test_what_is_sent_once_goes_on_a_fresh_connection_and_is_not_kept_to_be_sent_again() -> None:
    transport = MemoryTransport(lambda _: Failure(FailureKind.RESET))
    target = target_of(transport)
    outgoing = make("POST", "/start", b"")
    target.send(outgoing)
    target.send(replace(outgoing, once=True))
    assert transport.fresh == [False, True]
    assert list(target.unanswered) == [1]
