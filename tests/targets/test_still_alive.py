"""Whether the target is alive, which is asked when some requests in a row were not answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.errors import TargetDead
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.server.target.target import STILL_ALIVE, Outgoing, Target
from tests.targets.memory import MemoryTransport, get, json_response, target_of

KNOWN = get("/v1/known")
ODD = Outgoing(Request("PUT", "/v1/known:cancel"))


def target_that(odd: Iterator[Response | Failure] | Failure, known: Iterator[Response | Failure]) -> Target:
    """Answers a get with what comes next of `known`, and an odd request with a failure, or what comes next."""

    def answer(request: Request) -> Response | Failure:
        if request.method == "GET":
            return next(known)
        return odd if isinstance(odd, Failure) else next(odd)

    def identify(method: str, path: str) -> Call | None:
        return Call(Method.GET, path) if method == "GET" else None

    return target_of(MemoryTransport(answer), identify=identify)


def alive() -> Iterator[Response | Failure]:
    while True:
        yield json_response({"name": "known"})


def questions(target: Target) -> list[Exchange]:
    return [one for one in target.exchanges if one.note == STILL_ALIVE]


def test_a_run_goes_on_where_only_odd_requests_are_cut_off() -> None:
    target = target_that(Failure(FailureKind.RESET), alive())
    target.send(KNOWN)
    for _ in range(30):
        target.send(ODD)
    assert len(questions(target)) == 9, "once after each three, but for the last three"
    assert target.requests_used == len(target.exchanges) == 40


def test_what_does_not_answer_what_it_has_answered_is_dead_and_asked_once() -> None:
    target = target_that(Failure(FailureKind.RESET), iter([json_response({}), Failure(FailureKind.REFUSED)]))
    target.send(KNOWN)
    for _ in range(3):
        target.send(ODD)
    for _ in range(2):
        with pytest.raises(TargetDead, match="has not answered 4 requests in a row: connection refused"):
            target.send(ODD)
    assert len(questions(target)) == 1


def test_a_get_that_was_refused_is_not_what_is_asked() -> None:
    target = target_that(Failure(FailureKind.RESET), iter([Response(404)]))
    target.send(KNOWN)
    for _ in range(3):
        target.send(ODD)
    with pytest.raises(TargetDead):
        target.send(ODD)
    assert questions(target) == []


def test_requests_that_hang_are_waited_for_so_often_and_no_longer() -> None:
    target = target_that(Failure(FailureKind.TIMEOUT), alive())
    target.send(KNOWN)
    for _ in range(3 * 6):
        target.send(ODD)
    with pytest.raises(TargetDead):
        target.send(ODD)
    assert len(questions(target)) == 5


def test_the_clean_up_tries_once_more() -> None:
    gets: Iterator[Response | Failure] = iter([json_response({}), Failure(FailureKind.RESET), json_response({})])
    target = target_that(Failure(FailureKind.RESET), gets)
    target.send(KNOWN)
    for _ in range(3):
        target.send(ODD)
    with pytest.raises(TargetDead):
        target.send(ODD)
    target.grant(1)
    assert target.send(KNOWN).succeeded()
