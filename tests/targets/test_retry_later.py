"""429, and 503 with Retry-After: the request is sent again when it is time, in the run's own time, and not for ever."""

from __future__ import annotations

import itertools

import pytest

from conformance.errors import RateLimited
from conformance.exchange import Exchange, Request, Response
from conformance.lro import VirtualClock
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.retry_later import Patience, seconds_asked
from conformance.server.target.target import Outgoing, Target
from tests.targets.memory import Answers, MemoryTransport, get, ok, target_of

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_IN_SECONDS = 1795348800.0


def limited(after: str | None = None, status: int = 429, **more: str) -> Response:
    headers = {**({"Retry-After": after} if after is not None else {}), **more}
    return Response(status, tuple(headers.items()), b"<html>Rate exceeded")


def in_turn(*answers: Response) -> Answers:
    """Answers with these, then with 200 for ever."""
    queue = itertools.chain(answers, itertools.repeat(ok(Request("GET", "/"))))
    return lambda _: next(queue)


def target_with(*answers: Response, limits: LimitsSection | None = None) -> tuple[Target, VirtualClock]:
    clock = VirtualClock()
    return target_of(MemoryTransport(in_turn(*answers)), limits or LimitsSection(), clock=clock), clock


@pytest.mark.parametrize(
    ("answers", "waited"),
    [
        ([limited("3")], 3),
        ([limited("0")], 0),
        ([limited("3", status=503)], 3),
        ([limited("2"), limited("5")], 7),
        ([limited("Sun, 22 Nov 2026 12:00:07 GMT", Date=NOON)], 7),
        ([limited("Sun, 22 Nov 2026 11:00:00 GMT", Date=NOON)], 0),
        ([limited()], 1),
        ([limited(), limited(), limited()], 7),
        ([limited("soon")], 1),
    ],
    ids=["seconds", "at once", "503", "twice", "a date", "a date gone by", "not said", "doubled", "no sense"],
)
def test_it_is_sent_again_when_it_is_time(answers: list[Response], waited: float) -> None:
    target, clock = target_with(*answers)
    exchange = target.send(get())
    assert exchange.succeeded()
    assert clock.now() == waited
    recorded = [one.response.status for one in target.exchanges if one.response is not None]
    assert recorded == [*(answer.status for answer in answers), 200], "every answer is on record"
    assert exchange.number == len(answers) + 1


def test_a_503_without_a_time_is_an_answer() -> None:
    target, clock = target_with(limited(status=503))
    exchange = target.send(get())
    assert exchange.response is not None
    assert (exchange.response.status, clock.now()) == (503, 0)


@pytest.mark.parametrize(
    ("after", "sent", "waited", "says"),
    [
        ("3600", 1, 0, "GET /x was answered with 429 once, the last time with Retry-After: 3600 s"),
        ("15", 3, 30, "GET /x was answered with 429 3 times, the last time with Retry-After: 15 s"),
        (None, 5, 15, "GET /x was answered with 429 5 times"),
    ],
    ids=["longer than is waited", "again and again", "without a time"],
)
def test_it_is_not_sent_for_ever(after: str | None, sent: int, waited: float, says: str) -> None:
    target, clock = target_with(*[limited(after)] * 99)
    with pytest.raises(RateLimited) as caught:
        target.send(get())
    assert caught.value.reason == f"rate limited: {says}; lower [limits] rate"
    assert (len(target.exchanges), clock.now()) == (sent, waited)


def test_a_run_waits_only_so_long_in_all() -> None:
    """A target that limits every request for half a minute must not make a run of hours."""
    target, clock = target_with(*[limited("15")] * 999)
    for _ in range(20):
        with pytest.raises(RateLimited):
            target.send(get())
    assert clock.now() == 120
    assert len(target.exchanges) == 8 + 20


def test_requests_that_wait_together_wait_once() -> None:
    """A second that sixteen requests are asked to wait is one second of the run's patience."""
    patience = Patience()
    said = Exchange(1, get().request, limited("10"), 0.0, 0.0)
    assert [patience.pause(said, 1, 0.0, held) for held in (0.0, *[10.0] * 30)] == [10.0] * 31
    assert [patience.pause(said, 1, 0.0) for _ in range(11)] == [10.0] * 11
    with pytest.raises(RateLimited):
        patience.pause(said, 1, 0.0)


def test_repetitions_count_against_the_limit_of_requests() -> None:
    target, _ = target_with(limited("0"), limited("0"), limits=LimitsSection(requests=2))
    with pytest.raises(Exception, match="the limit of 2 requests"):
        target.send(get())


def test_others_wait_too() -> None:
    """What one request is told, the next one need not be told again."""
    target, clock = target_with(limited("5"))
    target.send(get())
    before = clock.now()
    target.send(get())
    assert (before, clock.now()) == (5, 5)
    assert [one.sent_at for one in target.exchanges] == [0, 5, 5]


def test_a_race_repeats_those_that_lost_it() -> None:
    statuses = {"/a": [200], "/b": [200], "/c": [429, 200]}

    def answer(request: Request) -> Response:
        status = statuses[request.path].pop(0)
        return limited("1") if status == 429 else ok(request)

    target = target_of(MemoryTransport(answer), parallel=True)
    sent = target.send_together([Outgoing(Request("GET", path)) for path in statuses])
    assert [(one.request.path, one.succeeded()) for one in sent] == [("/a", True), ("/b", True), ("/c", True)]


def test_where_one_alone_was_answered_the_others_race_once_more() -> None:
    target, clock = target_with(limited("1"), limited("1"))
    sent = target.send_together([get(), get(), get()])
    assert all(one.succeeded() for one in sent)
    assert (len(target.exchanges), clock.now()) == (5, 1)


@pytest.mark.parametrize("limits", [1, 3])
def test_a_race_of_one_is_none(limits: int) -> None:
    """One of two is answered alone, at once or when both are repeated."""
    target, _ = target_with(*[limited("0")] * limits)
    with pytest.raises(RateLimited, match=f"of 2 requests at once {min(limits, 2)} were asked to retry later"):
        target.send_together([get(), get()])


@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        (limited("12"), 12),
        (limited(" 12 "), 12),
        (limited("Sun, 22 Nov 2026 12:01:00 GMT"), 60),
        (limited("Sun, 22 Nov 2026 12:01:00 -0000"), 60),
        (limited("9" * 400), 999999999999),
        (limited("-1"), None),
        (limited("\u00b2"), None),
        (limited(""), None),
        (limited(), None),
        (limited("Sun, 99 Nov 2026 12:01:00 GMT"), None),
    ],
    ids=[
        "seconds",
        "blanks",
        "a date",
        "no zone",
        "huge",
        "negative",
        "superscript",
        "empty",
        "missing",
        "no such day",
    ],
)
def test_what_retry_after_asks_for(response: Response, seconds: float | None) -> None:
    assert seconds_asked(response, lambda: NOON_IN_SECONDS) == seconds
