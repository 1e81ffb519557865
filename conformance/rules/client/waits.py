"""Rules and oracles about waits: a helper of the SDK polls an operation until it has ended.

The helper returns the operation or its result, or it throws the error of the operation. The predicate of the SDK,
`cancelled` in the reply, must not contradict that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.lro.codes import Code
from conformance.lro.operation import Operation, State
from conformance.rules.client.deadlines import deadline_of, longest_duration, shortest_duration, tells_no_answer
from conformance.rules.client.operations import as_said
from conformance.rules.client.reading import is_wait, reply_in_words, statuses_of
from conformance.rules.client.turn import Outcome, Turn, TurnJudge, turn_rule
from conformance.rules.rule import Complaint

_GROWTH = 2.0
"""How many times longer the last pauses are than the first, if a wait backs off; jitter is allowed for."""

_NO_PAUSE = 0.5
"""The part of the pause that was told; what is shorter is none."""

_BUSY = 0.02
"""Seconds; a busy machine that caused a longer delay has made pauses of its own."""

_BY_FAR = 0.6
"""Who comes back before this part of the deadline is over does so for another reason."""

_A_MOMENT = 0.1
"""The part of a deadline that a helper may need to come back."""

_NEXT = 4.0
"""So many times as long as the longest pause the next one may be, if it is longer and drawn at random."""

_FEW, _MANY = 2, 6
"""The first third of the pauses is compared with the last. Fewer pauses in it say nothing; of many some can be left
out."""


@turn_rule("client-wait.ends-when-done", when=lambda turn: is_wait(turn) and _done_at(turn) is not None)
def a_wait_ends_with_the_operation(turn: Turn) -> Complaint | None:
    done = _done_at(turn)
    assert done is not None
    more = len(turn.answers) - done - 1
    if more > 1:
        return turn.complain(f"the operation was done, and {more} more gets were sent")
    # A predicate may look once more, and how long that look takes is not for the wait to say.
    predicate = sum(look.received_at - look.sent_at for look in turn.answers[done + 1 :])
    lingered = turn.said.at - turn.answers[done].received_at - predicate - turn.overhead - turn.stall
    if shortest_duration(turn) < deadline_of(turn) * 0.9 or lingered < deadline_of(turn) * _A_MOMENT:
        return None
    return turn.complain(f"the operation was done, and the wait went on for {lingered:.1f} s")


@turn_rule(
    "client-wait.end-is-awaited", when=lambda turn: is_wait(turn) and (turn.said.is_ok or _throws_without_need(turn))
)
def who_says_that_it_is_over_has_seen_the_end(turn: Turn) -> Complaint | None:
    if any(_shows_an_end(exchange) for exchange in turn.arrived):
        return None
    said = "ok" if turn.said.is_ok else reply_in_words(turn)
    return turn.complain(
        f"the wait came back with {said}, and no get had shown that the operation is done: {statuses_of(turn)}"
    )


def _throws_without_need(turn: Turn) -> bool:
    """Whether the error that a wait ends with is no answer to a get, and none that clients make by themselves.

    Who cannot read an answer may call that what it likes.
    """
    return (
        turn.said.code is not None
        and turn.said.code not in (Code.INTERNAL, Code.UNKNOWN)
        and not tells_no_answer(turn)
        and bool(turn.arrived)
        and all(_members_of(exchange) is not None for exchange in turn.arrived)
        and longest_duration(turn) < deadline_of(turn) * _BY_FAR
    )


def tells_a_cancellation(turn: Turn) -> Complaint | None:
    """The operation ended with code 1: the client shows that or throws CANCELLED, and its predicate does not deny
    it."""
    _arrived(turn)
    said = turn.said
    if said.is_ok:
        is_told = said.operation is not None and as_said(said.operation).state is State.CANCELLED
    elif said.code is not None:
        is_told = said.code is Code.CANCELLED
    else:
        is_told = said.cancelled is True or said.http_status == 499 or "cancel" in said.exception.lower()
    if is_told and said.cancelled is not False:
        return None
    return turn.complain(f"the operation was cancelled, and of the wait the driver said {_in_words(turn)}")


def tells_a_failure(code: Code) -> TurnJudge:
    """An oracle: the operation failed with this code: the client shows or throws that, and no cancellation."""

    def judge(turn: Turn) -> Complaint | None:
        _arrived(turn)
        said = turn.said
        if said.is_ok:
            shown = as_said(said.operation) if said.operation is not None else Operation({})
            is_told = shown.state is State.FAILED and shown.error_code == code
        else:
            status = said.code.http_status if said.code is not None else said.http_status
            is_told = said.outcome is Outcome.RPC_ERROR and status == code.http_status
        if is_told and said.cancelled is not True and "cancel" not in said.exception.lower():
            return None
        return turn.complain(f"the operation failed with {code.name}; of the wait the driver said {_in_words(turn)}")

    return judge


def tells_that_time_is_over(turn: Turn) -> Complaint | None:
    """The operation runs on when the time is over: that is told, and no end of the operation."""
    _arrived(turn)
    said = turn.said
    if said.is_ok or said.is_missing:
        raise NotTested(f"the driver said {reply_in_words(turn)}, which is judged elsewhere")
    if turn.answers[-1].response is not None and not turn.answers[-1].succeeded():
        raise NotTested("the wait went on until a get was refused, long after its deadline, and may tell that refusal")
    if tells_no_answer(turn) and said.cancelled is not True and "cancel" not in said.exception.lower():
        return None
    return turn.complain(
        f"the operation ran on when the {turn.request.timeout} ms were over, and of the wait the driver said"
        f" {_in_words(turn)}"
    )


def waits_for_an_answer_in_time(turn: Turn) -> Complaint | None:
    """An oracle: a look is answered before the deadline of the wait, and the wait is not given up before that."""
    _arrived(turn)
    took = longest_duration(turn)
    if not tells_no_answer(turn) or took >= deadline_of(turn) * 0.9:
        return None
    return turn.complain(
        f"the deadline was {turn.request.timeout} ms, and the wait was given up after {took * 1000:.0f} ms, while a get"
        " was under way"
    )


def unless_unreadable(judge: TurnJudge) -> TurnJudge:
    """An oracle about a wait for an operation that some clients, and rightly, cannot read."""

    def judge_read(turn: Turn) -> Complaint | None:
        if turn.said.outcome in (Outcome.DECODE_ERROR, Outcome.CLIENT_ERROR):
            raise NotTested(f"the driver said {reply_in_words(turn)}")
        return judge(turn)

    return judge_read


def if_looked_often(judge: TurnJudge) -> TurnJudge:
    """An oracle about a wait with many looks: it judges only clients whose pauses leave the time for them."""

    def judge_often(turn: Turn) -> Complaint | None:
        _arrived(turn)
        longest = max(_pauses(turn), default=deadline_of(turn))
        last = turn.answers[-1].received_at - turn.answers[0].sent_at
        if tells_no_answer(turn) and last + longest * _NEXT > deadline_of(turn):
            raise NotTested(f"{len(turn.answers)} looks were made until the time was over")
        return judge(turn)

    return judge_often


def tells_a_result(turn: Turn) -> Complaint | None:
    """The operation ended with a response: the wait returns, and the reply does not say that it was cancelled."""
    _arrived(turn)
    said = turn.said
    shown = said.operation
    if said.is_ok and shown is not None and as_said(shown).state is State.SUCCEEDED and said.cancelled is not True:
        return None
    return turn.complain(f"the operation succeeded, and of the wait the driver said {_in_words(turn)}")


def tells_no_cancellation(turn: Turn) -> Complaint | None:
    """The operation ended, and nothing says that it was cancelled: nor does the reply, whatever it makes of that."""
    _arrived(turn)
    said = turn.said
    shown = as_said(said.operation) if said.operation is not None else None
    is_told = shown is not None and shown.state is State.CANCELLED
    if not (is_told or said.code is Code.CANCELLED or said.cancelled is True or "cancel" in said.exception.lower()):
        return None
    return turn.complain(f"the operation ended without a result, and of the wait the driver said {_in_words(turn)}")


def ends_with_the_refusal(code: Code) -> TurnJudge:
    """An oracle: a get was refused finally, so the wait ends with an error, before its time is over."""

    def judge(turn: Turn) -> Complaint | None:
        _arrived(turn)
        if turn.said.is_ok:
            raise NotTested(f"the driver said {_in_words(turn)}, which is judged elsewhere")
        if turn.said.outcome is Outcome.RPC_ERROR and not tells_no_answer(turn):
            return None
        if tells_no_answer(turn) and turn.answers[-1].succeeded():
            raise NotTested(f"the time was over before a get was refused; the driver said {_in_words(turn)}")
        gets = f"after {len(turn.answers)} gets" if len(turn.answers) > 1 else ""
        return turn.complain(
            f"{code.name} was answered, and of the wait the driver said {_in_words(turn)} {gets}".rstrip()
        )

    return judge


def tells_no_other_end(code: Code) -> TurnJudge:
    """An oracle: the gets of a wait were refused with this code, and an error that it ends with is that one."""

    def judge(turn: Turn) -> Complaint | None:
        _arrived(turn)
        said = turn.said
        if said.outcome is not Outcome.RPC_ERROR or tells_no_answer(turn):
            raise NotTested(f"the driver said {_in_words(turn)}, which is judged elsewhere")
        status = said.code.http_status if said.code is not None else said.http_status
        if status == code.http_status and said.cancelled is not True and "cancel" not in said.exception.lower():
            return None
        return turn.complain(f"{code.name} was answered, and of the wait the driver said {_in_words(turn)}")

    return judge


def pauses_grow(turn: Turn) -> Complaint | None:
    """Between the gets of a wait there are pauses, and they grow.

    A busy machine makes some pauses longer, and none shorter: so the short ones are compared. If there are few, the
    average of the last ones counts, too, for some clients draw their pauses at random; then nobody may be busy. Who
    looks often and made no pauses at first makes none: what grows is how busy the machine is.
    """
    pauses = _pauses(turn)
    third = len(pauses) // 3
    if third < _FEW:
        raise NotTested(f"{len(turn.answers)} gets were sent, too few to tell")
    last = pauses[-third:]
    makes_none = third >= _MANY and _short_one(pauses[:third]) < (turn.request.poll or 0) / 1000 * _NO_PAUSE
    least = max(_short_one(pauses[:third]) * _GROWTH, (turn.request.poll or 0) / 1000)
    if _short_one(last) > least and not makes_none:
        return None
    if third < _MANY and turn.stall > _BUSY:
        raise NotTested(f"the machine was busy for {turn.stall * 1000:.0f} ms of the wait")
    if third < _MANY and sum(last) / third > least:
        return None
    shown = ", ".join(f"{pause * 1000:.0f} ms" for pause in pauses)
    return turn.complain(f"the pauses between the gets were {shown}")


def _pauses(turn: Turn) -> list[float]:
    return [later.sent_at - earlier.received_at for earlier, later in pairwise(turn.answers)]


def _short_one(pauses: Sequence[float]) -> float:
    """A pause of which three quarters of the others are no shorter."""
    return sorted(pauses)[len(pauses) // 4]


def says_that_it_is_over(turn: Turn) -> Complaint | None:
    """The operation was done already: no cancel is sent, and the reply does not say that it was cancelled."""
    if turn.answers:
        return turn.complain("the operation was done, as a get had shown, and a cancel was sent")
    if turn.said.cancelled is False:
        return None
    return turn.complain(f"the operation was done, and of its cancel the driver said {_in_words(turn)}")


def _arrived(turn: Turn) -> None:
    if not turn.answers:
        raise NotTested(f"no get arrived; the driver said {reply_in_words(turn)}")


def _done_at(turn: Turn) -> int | None:
    """The number of the first get that showed that the operation is done."""
    return next((number for number, exchange in enumerate(turn.answers) if _shows_an_end(exchange)), None)


def _shows_an_end(exchange: Exchange) -> bool:
    """Whether an operation that is done was answered, on its own path or where a redirect has led."""
    members = _members_of(exchange)
    return members is not None and Operation(members).done


def _members_of(exchange: Exchange) -> Mapping[str, Any] | None:
    """What a successful answer says, if it can be read."""
    if exchange.response is None or not exchange.succeeded():
        return None
    return exchange.response.json_object()


def _in_words(turn: Turn) -> str:
    said = turn.said
    words = reply_in_words(turn)
    if said.operation is not None:
        shown = as_said(said.operation)
        words += f", an operation that is {shown.state.value}"
    if said.cancelled is not None:
        words += f", cancelled: {str(said.cancelled).lower()}"
    return words + (f", exception {said.exception}" if said.exception else "")
