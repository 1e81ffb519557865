"""Rules and oracles about retries: what is retried, and how often."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from conformance.exchange import Exchange, Method, Response
from conformance.lro.codes import Code
from conformance.rules.client.codes import code_in
from conformance.rules.client.reading import about, is_error, is_wait, reply_in_words
from conformance.rules.client.turn import Outcome, Turn, turn_rule
from conformance.rules.rule import Complaint

LATE = 0.25
"""A request that arrives so many seconds after the reply was not under way at the time of the reply."""

MOST_ATTEMPTS = 5
"""maxAttempts of CancelOperation in longrunning_grpc_service_config.json."""

_NO_PAUSE = 0.005
"""Seconds; the same file begins with half a second. A random part of 0.1 s, which google-gax draws, may be as short,
but not again and again."""

_FEWEST_PAUSES = 3
"""Of fewer pauses nobody knows whether they were drawn so short."""


@turn_rule(
    "client-retry.nothing-after-the-reply", when=lambda turn: bool(turn.answers) and turn.said.outcome is not Outcome.OK
)
def nothing_is_sent_after_the_reply(turn: Turn) -> Complaint | None:
    late = [exchange for exchange in turn.arrived if exchange.sent_at > turn.said.at + LATE + turn.stall]
    return about(
        turn,
        late,
        lambda exchange: f"a request arrived {exchange.sent_at - turn.said.at:.2f} s after the call was over",
    )


def _final(requirement: str, what: str, is_final: Callable[[Exchange], bool], *, of_waits: bool = False) -> None:
    """Register the rule that such an answer ends the call, and a wait if it is `of_waits`."""

    def judge(turn: Turn) -> Complaint | None:
        attempts = turn.answers
        for number, (earlier, later) in enumerate(pairwise(attempts), start=1):
            # An answer that came after the next attempt had been sent is one that the client no longer waited for.
            if is_final(earlier) and earlier.received_at <= later.sent_at and not _is_next_page(earlier, later):
                return turn.complain(f"{what} was followed by {len(attempts) - number} more of the same", *attempts)
        return None

    turn_rule(
        requirement,
        when=lambda turn: (of_waits or not is_wait(turn)) and any(is_final(exchange) for exchange in turn.answers),
    )(judge)


def _is_next_page(earlier: Exchange, later: Exchange) -> bool:
    """Whether a list goes on at another page."""
    return later.calls(Method.LIST) and later.request.query != earlier.request.query


def _is_whole(response: Response) -> bool:
    """Whether as many bytes were sent as were announced."""
    return response.header("content-length") in (None, str(len(response.body)))


def _answered(was_final: Callable[[Response], bool]) -> Callable[[Exchange], bool]:
    """What tells an exchange whose answer is like this."""
    return lambda exchange: exchange.response is not None and was_final(exchange.response)


_final(
    "client-retry.success-is-final",
    "an answer of class 2xx",
    _answered(lambda response: 200 <= response.status < 300 and _is_whole(response)),
)
# 401 is not final: a client that gets a new token for it is authenticated then. 408 and 429 ask for another attempt;
# 415 tells a client that coded its content to send it as it is (RFC 9110, section 15.5.16).
_final("client-retry.unimplemented-is-final", "an answer 501", _answered(lambda response: response.status == 501))
_final(
    "client-retry.refusal-is-final",
    "a refusal of the request",
    _answered(lambda response: 400 <= response.status < 500 and response.status not in (401, 408, 415, 429)),
    of_waits=True,
)
_final("client-retry.internal-error-is-final", "an answer 500", _answered(lambda response: response.status == 500))
# AIP-194: DATA_LOSS is an unrecoverable error and must immediately be surfaced to the application.
_final(
    "client-retry.data-loss-is-final",
    "DATA_LOSS",
    lambda exchange: is_error(exchange) and code_in(exchange.view) is Code.DATA_LOSS,
    of_waits=True,
)


@turn_rule(
    "client-retry.pauses-are-made",
    when=lambda turn: not is_wait(turn) and len(_pauses_after_unavailable(turn)) >= _FEWEST_PAUSES,
)
def pauses_are_made(turn: Turn) -> Complaint | None:
    """A busy machine makes pauses longer, so one in four may be long; who tries again at once, once, may do so."""
    pauses = _pauses_after_unavailable(turn)
    if sum(pause >= _NO_PAUSE for pause in pauses) > len(pauses) // 4:
        return None
    shown = ", ".join(f"{pause * 1000:.0f} ms" for pause in pauses[:MOST_ATTEMPTS])
    more = f", and so {len(pauses) - MOST_ATTEMPTS} more" if len(pauses) > MOST_ATTEMPTS else ""
    return turn.complain(f"the pauses after UNAVAILABLE were {shown}{more}")


def _pauses_after_unavailable(turn: Turn) -> list[float]:
    """How long the client waited each time until it tried again; what it had sent before the answer is none."""
    return [
        later.sent_at - earlier.received_at
        for earlier, later in pairwise(turn.answers)
        if earlier.view.http_status == Code.UNAVAILABLE.http_status and later.sent_at >= earlier.received_at
    ]


def is_repeated_until_available(turn: Turn) -> Complaint | None:
    """An UNAVAILABLE is followed by another attempt, whose success is the success of the call."""
    if turn.said.is_ok:
        return None
    return turn.complain(f"after UNAVAILABLE the driver said {reply_in_words(turn)}; attempts: {len(turn.answers)}")


def attempts_are_limited(turn: Turn) -> Complaint | None:
    """There are no more attempts than the service configuration allows."""
    if len(turn.answers) <= MOST_ATTEMPTS:
        return None
    return turn.complain(f"{len(turn.answers)} attempts were made; the configuration allows {MOST_ATTEMPTS}")
