"""Scenarios about calls that are made at once, by drivers that say that their client can.

Where there are two, the first is held back for longer, so that both are under way and end in the other order.
"""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    is_no_success,
    is_ok,
    reports,
    sends_its_own_name,
    shows,
    shows_no_other,
    tells_no_other,
    unless_given_up,
)
from conformance.rules.client.turn import CONCURRENT, TurnJudge
from conformance.sdk.answers import EMPTY_OBJECT, envelope, held, together
from conformance.sdk.scenario import IS_REFUSED, SHOWS_RUNNING, Expectation, Scenario, cancel, get, operation

_REQUIREMENT = "client-answer.calls-at-once-do-not-mix"
_SECOND = "{operation}-second"
_THIRD = "{operation}-third"
_REFUSED = envelope(Code.NOT_FOUND, "there is no such operation")
_DENIED = envelope(Code.PERMISSION_DENIED, "this operation is not yours")
_FOUR = ("{operation}", _SECOND, _THIRD, "{operation}-fourth")
_SAME_ID = ("{operation}", "{parent}-2/operations/same-id-at-once")
_LONGER, _LONG = 240, 120
_TOO_LATE = 3000


def _own(judge: TurnJudge, *, step: int) -> Expectation:
    """Each call is sent by its own name and told its own answer; the evidence is what arrived of all."""
    return Expectation(_REQUIREMENT, sends_its_own_name(unless_given_up(judge)), step, is_of_all=True)


SCENARIOS = (
    Scenario(
        name="two-cancels-at-once",
        summary="Two operations are cancelled at once; one cancel succeeds, and the other one is refused before that.",
        control=IS_REFUSED,
        steps=(
            cancel(held(EMPTY_OBJECT, _LONGER)),
            cancel(held(_REFUSED, _LONG), name=_SECOND),
        ),
        expectations=(
            _own(is_ok, step=0),
            _own(reports(Code.NOT_FOUND), step=1),
        ),
        needs=(CONCURRENT,),
        at_once=True,
    ),
    Scenario(
        name="cancel-and-get-at-once",
        summary="An operation is shown while the cancel of another one is under way.",
        control=SHOWS_RUNNING,
        steps=(
            cancel(held(EMPTY_OBJECT, _LONGER)),
            get(held(operation(name=_SECOND), _LONG), name=_SECOND),
        ),
        expectations=(
            _own(is_ok, step=0),
            _own(shows(State.RUNNING), step=1),
        ),
        needs=(CONCURRENT,),
        at_once=True,
    ),
    Scenario(
        name="four-answers-at-once",
        summary="Two cancels and two gets are made at once, and answered at the same time, each in another way.",
        control=IS_REFUSED,
        steps=(
            cancel(together(EMPTY_OBJECT)),
            cancel(together(_REFUSED), name=_SECOND),
            get(together(operation(name=_THIRD)), name=_THIRD),
            get(together(_DENIED), name=_FOUR[3]),
        ),
        expectations=(
            _own(is_ok, step=0),
            _own(is_no_success, step=1),
            # What the last get is told is another requirement's: no control has shown that its refusal is understood.
            _own(tells_no_other(Code.PERMISSION_DENIED), step=1),
            _own(tells_no_other(Code.NOT_FOUND, Code.PERMISSION_DENIED), step=2),
        ),
        needs=(CONCURRENT,),
        at_once=True,
    ),
    Scenario(
        name="four-gets-at-once",
        summary="Four operations that run are shown at once, and the gets are answered at the same time.",
        control=SHOWS_RUNNING,
        steps=tuple(get(together(operation(name=name)), name=name) for name in _FOUR),
        expectations=tuple(_own(shows_no_other, step=step) for step in range(len(_FOUR))),
        needs=(CONCURRENT,),
        at_once=True,
    ),
    Scenario(
        name="same-id-at-once",
        summary="Two operations of the same id, below two parents, are shown at once.",
        control=SHOWS_RUNNING,
        steps=tuple(get(together(operation(name=name)), name=name) for name in _SAME_ID),
        expectations=tuple(_own(shows_no_other, step=step) for step in range(len(_SAME_ID))),
        needs=(CONCURRENT,),
        at_once=True,
    ),
    Scenario(
        name="two-deadlines-at-once",
        summary="A cancel with a short deadline is not answered in time, while a get with a long one is.",
        control=SHOWS_RUNNING,
        steps=(
            cancel(held(EMPTY_OBJECT, _TOO_LATE), timeout=300),
            get(held(operation(name=_SECOND), 500), name=_SECOND, timeout=3000),
        ),
        needs=(CONCURRENT,),
        at_once=True,
    ),
)
