"""Rules and oracles about deadlines: how long a call lasted, and how it ended when the time was over.

The time of a call is counted from the arrival of its first attempt, because the driver may be slow before that; or it
is the whole time less what the driver needs for a call, if that is shorter. Delays of a busy machine that were noticed
are not counted. The tolerance is a part of the deadline: a fixed tolerance would make a short deadline meaningless.
"""

from __future__ import annotations

import re

from conformance.errors import NotTested
from conformance.exchange import Exchange, Failure, FailureKind, Method
from conformance.lro.codes import Code
from conformance.rules.client.reading import reply_in_words
from conformance.rules.client.turn import Outcome, Turn, TurnJudge, turn_rule
from conformance.rules.rule import Complaint

_LARGEST_SLACK = 2.0
_SHORTEST_SLACK = 0.1
_AFTER_GIVING_UP = 1.0
"""Seconds: a client that gave up its connection in time may be told late by its driver, but not later than this."""
_EARLY = 0.6
"""A call that ends before this part of its deadline did not wait for the deadline."""
_MUCH_LATER = 3.0
"""A call that takes so many times its deadline may never have been told of it."""
_MUCH_EARLIER = 0.05
"""A call that takes only this part of its deadline may have been told of another unit."""


def slack(timeout: float) -> float:
    """How many seconds a call may last beyond its deadline of `timeout` seconds."""
    return min(min(timeout, _SHORTEST_SLACK) + timeout / 4, _LARGEST_SLACK)


def deadline_of(turn: Turn) -> float:
    """The deadline of the call, in seconds."""
    return turn.request.timeout / 1000


def shortest_duration(turn: Turn) -> float:
    """The fewest seconds that the client's call can have lasted."""
    by_itself = turn.said.at - turn.request.at - turn.overhead
    if not turn.answers:
        return by_itself - turn.stall
    shorter = min(by_itself, turn.said.at - turn.answers[0].sent_at)
    last = turn.answers[-1]
    if _is_unanswered(last) and last.received_at < turn.said.at:
        # It gave up its connection before the driver replied: so long it waited, whatever its driver does then.
        shorter = min(shorter, max(last.received_at - turn.answers[0].sent_at, shorter - _AFTER_GIVING_UP))
    return shorter - turn.stall


def longest_duration(turn: Turn) -> float:
    """The most seconds that the client's call can have lasted: what is needed for a call may be needed within it."""
    return turn.said.at - turn.request.at + turn.stall


def went_on_after_an_error(turn: Turn) -> bool:
    """Whether an attempt was answered with an error, and another one was made: the deadline is that of both."""
    first = turn.answers[0] if len(turn.answers) > 1 else None
    return first is not None and first.response is not None and not first.succeeded()


def ran_out_of_time(turn: Turn) -> bool:
    """Whether no attempt was answered before the client had given up."""
    return (
        bool(turn.answers)
        and all(_is_unanswered(exchange) for exchange in turn.answers)
        and not _ended_with_the_head(turn)
    )


def _is_unanswered(exchange: Exchange) -> bool:
    return isinstance(exchange.outcome, Failure) and exchange.outcome.kind in _NOT_WHOLE


_NOT_WHOLE = (FailureKind.TIMEOUT, FailureKind.UNFINISHED)


def _ended_with_the_head(turn: Turn) -> bool:
    """Whether the call was a success when the head of its answer said so, and did not wait for the content.

    Another requirement is about calls without a result, where the content does not matter.
    """
    last = turn.answers[-1].outcome
    return (
        turn.said.is_ok
        and not turn.asks(Method.GET)
        and isinstance(last, Failure)
        and last.kind is FailureKind.UNFINISHED
        and shortest_duration(turn) < deadline_of(turn) * _EARLY
    )


@turn_rule(
    "client-retry.deadline-is-kept",
    when=lambda turn: not went_on_after_an_error(turn) and (ran_out_of_time(turn) or _is_overdue(turn)),
)
def a_call_ends_at_its_deadline(turn: Turn) -> Complaint | None:
    if turn.answers:
        end = turn.answers[0].sent_at + deadline_of(turn) + turn.stall
        late = [exchange for exchange in turn.answers if exchange.sent_at > end]
        # One that was late may have been held up.
        if len(late) > 1:
            return turn.complain(f"the deadline was {turn.request.timeout} ms, and {len(late)} attempts began after it")
    if not _is_overdue(turn):
        return None
    ended = "had not ended" if turn.said.is_missing else "succeeded" if turn.said.is_ok else "ended"
    took = shortest_duration(turn)
    hint = "; does the driver pass `timeout_ms` on?" if took > deadline_of(turn) * _MUCH_LATER else ""
    return turn.complain(
        f"the deadline was {turn.request.timeout} ms, and the call {ended} after {took * 1000:.0f} ms{hint}"
    )


def _is_overdue(turn: Turn) -> bool:
    return shortest_duration(turn) > deadline_of(turn) + slack(deadline_of(turn))


@turn_rule(
    "client-retry.deadline-ends-the-retries", when=lambda turn: went_on_after_an_error(turn) and _is_overdue(turn)
)
def stops_at_its_deadline(turn: Turn) -> Complaint | None:
    """No attempt begins after the deadline, and none after it can make the call succeed."""
    if turn.answers:
        since = turn.answers[-1].sent_at - turn.answers[0].sent_at - turn.stall
        if since > deadline_of(turn) + slack(deadline_of(turn)):
            return turn.complain(
                f"the deadline was {turn.request.timeout} ms, and attempt {len(turn.answers)} came"
                f" {since * 1000:.0f} ms after the first"
            )
    return a_call_ends_at_its_deadline(turn)


def was_unanswered_in_time(turn: Turn) -> bool:
    """Whether nothing came back before the deadline; who goes on after it may be answered then."""
    if not turn.answers or not any(_is_unanswered(exchange) for exchange in turn.answers) or _ended_with_the_head(turn):
        return False
    end = turn.answers[0].sent_at + deadline_of(turn)
    return not any(exchange.response is not None and exchange.received_at < end for exchange in turn.answers)


def says_time_over_of_an_answer(turn: Turn) -> bool:
    """Whether the call was answered at its first attempt, and the client says that no answer came in time.

    After UNAVAILABLE that is true of who sees that the next attempt would come too late.
    """
    said = turn.said
    is_told = said.outcome is Outcome.TRANSPORT_ERROR and _TIME_OVER.search(f"{said.exception} {said.message}".lower())
    return bool(is_told) and len(turn.answers) == 1 and turn.answers[0].succeeded()


_TIME_OVER = re.compile(r"time[d ]*out|time (is |was )?over|deadline")


@turn_rule(
    "client-retry.deadline-is-used",
    when=lambda turn: was_unanswered_in_time(turn) or says_time_over_of_an_answer(turn),
)
def a_call_waits_for_its_deadline(turn: Turn) -> Complaint | None:
    took = longest_duration(turn)
    if took >= deadline_of(turn) * _EARLY:
        return None
    first = turn.answers[0]
    answered = "without an answer"
    if first.response is not None:
        answered = f"and was answered after {(first.received_at - first.sent_at) * 1000:.0f} ms"
    hint = "; does the driver take `timeout_ms` for milliseconds?" if took < deadline_of(turn) * _MUCH_EARLIER else ""
    return turn.complain(
        f"the deadline was {turn.request.timeout} ms; the client gave up after {took * 1000:.0f} ms, {answered}{hint}"
    )


def unless_given_up(judge: TurnJudge) -> TurnJudge:
    """An oracle about an answer that comes late; another requirement is about clients that do not wait for it."""

    def judge_ended(turn: Turn) -> Complaint | None:
        if turn.said.outcome is Outcome.TRANSPORT_ERROR:
            raise NotTested(f"the client gave up: {reply_in_words(turn)}")
        return judge(turn)

    return judge_ended


_SAYS_SO = frozenset({Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE, Code.UNKNOWN})
"""UNAVAILABLE and UNKNOWN truly say that there was no answer; any other code says something about the call."""


def tells_no_answer(turn: Turn) -> bool:
    """Whether the reply says that the time was over, or at least that there was no answer."""
    said = turn.said
    if said.outcome is Outcome.TRANSPORT_ERROR:
        return True
    if said.outcome is Outcome.RPC_ERROR:
        return said.code in _SAYS_SO or (said.code is None and said.http_status in (None, 408, 504))
    text = f"{said.exception} {said.message}".lower()
    return not said.is_ok and ("time" in text or "deadline" in text)


@turn_rule("client-retry.time-over-is-told", when=lambda turn: ran_out_of_time(turn) and not turn.said.is_missing)
def time_over_is_told_as_such(turn: Turn) -> Complaint | None:
    if tells_no_answer(turn):
        return None
    return turn.complain(
        f"no answer came within the deadline of {turn.request.timeout} ms, and the driver said {reply_in_words(turn)}"
    )
