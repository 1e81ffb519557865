"""The target: limits, order, concurrency, and records without secrets."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import BudgetExhausted, NotTested, TargetDead, TargetError
from conformance.exchange import Call, Failure, FailureKind, Method, Request, Response
from conformance.exchange.serial import exchange_as_json
from conformance.lro import VirtualClock
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.target import Outgoing, Target, is_refused
from conformance.server.target.token import FixedToken
from conformance.server.target.transport import MAX_BODY
from tests.targets.memory import ORIGIN, MemoryTransport, get, ok, target_of

NO_ANSWER = Failure(FailureKind.TIMEOUT, "10 s")


def test_an_exchange_is_recorded_with_all_that_is_known_of_it() -> None:
    clock = VirtualClock(100)

    def slow(_: Request) -> Response:
        clock.sleep(2)
        return Response(200, (), b"{}")

    transport = MemoryTransport(slow)
    target = target_of(transport, LimitsSection(timeout=7), clock=clock)
    target.check = "test_x"
    exchange = target.send(Outgoing(Request("POST", "/a?x=/b"), note="a cancel"))
    assert target.exchanges == [exchange]
    assert (exchange.number, exchange.check, exchange.note, exchange.origin) == (1, "test_x", "a cancel", ORIGIN)
    assert (exchange.sent_at, exchange.received_at) == (100, 102)
    assert exchange.call == Call(Method.CANCEL, "/a"), "what a request means is told by its method and its path"
    assert transport.timeouts == [7]
    assert target.send(get()).call is None


def test_requests_are_numbered_and_counted() -> None:
    target = target_of(MemoryTransport(ok))
    assert [target.send(get()).number for _ in range(3)] == [1, 2, 3]
    assert target.requests_used == 3


# --- limits -------------------------------------------------------------------------------------------------------


def test_the_limit_of_requests_holds() -> None:
    transport = MemoryTransport(ok)
    target = target_of(transport, LimitsSection(requests=2))
    target.send_all([get(), get()])
    for _ in range(2):
        with pytest.raises(BudgetExhausted, match=r"the limit of 2 requests is used up \(\[limits\] requests\)"):
            target.send(get())
    assert (target.requests_used, len(transport.wire)) == (2, 2)


def test_the_answers_of_a_run_fit_into_memory() -> None:
    """Each is small enough to be read, and there are many."""
    target = target_of(MemoryTransport(lambda _: Response(200, (), bytes(MAX_BODY))))
    for _ in range(9):
        target.send(get())
    with pytest.raises(BudgetExhausted, match="which is all that a run keeps"):
        target.send(get())
    target.grant(1)
    assert target.send(get()).succeeded(), "no limit keeps an operation of ours running"


def test_a_limit_that_is_used_up_is_no_failure_of_the_server() -> None:
    """It is nobody's verdict: the check was not tested."""
    assert issubclass(BudgetExhausted, NotTested)
    assert issubclass(TargetDead, NotTested)


def test_the_limit_of_operations_holds() -> None:
    target = target_of(MemoryTransport(ok), LimitsSection(operations=1))
    target.count_operation()
    with pytest.raises(BudgetExhausted, match=r"\[limits\] operations"):
        target.count_operation()
    assert target.operations_used == 1


@pytest.mark.parametrize("parallel", [False, True])
def test_many_threads_share_one_limit(parallel: bool) -> None:
    transport = MemoryTransport(ok)
    target = target_of(transport, LimitsSection(requests=50), parallel=parallel)
    refusals: list[BudgetExhausted] = []

    def work() -> None:
        for _ in range(20):
            try:
                target.send(get())
            except BudgetExhausted as error:
                refusals.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    target.close()
    assert (len(transport.wire), len(refusals)) == (50, 30)
    assert sorted(exchange.number for exchange in target.exchanges) == list(range(1, 51))


# --- rate ---------------------------------------------------------------------------------------------------------


def test_the_rate_spaces_requests_evenly() -> None:
    clock = VirtualClock()
    target = target_of(MemoryTransport(ok), LimitsSection(rate=4), clock=clock)
    assert [target.send(get()).sent_at for _ in range(5)] == [0, 0.25, 0.5, 0.75, 1]


def test_time_that_passes_by_itself_counts_and_is_not_saved_up() -> None:
    clock = VirtualClock()
    target = target_of(MemoryTransport(ok), LimitsSection(rate=2), clock=clock)
    first = target.send(get())
    clock.sleep(10)
    later = [target.send(get()).sent_at for _ in range(3)]
    assert (first.sent_at, later) == (0, [10, 10.5, 11]), "no burst after a pause"


def test_without_a_rate_nothing_waits() -> None:
    clock = VirtualClock()
    target = target_of(MemoryTransport(ok), clock=clock)
    for _ in range(100):
        target.send(get())
    assert clock.now() == 0


@given(st.integers(1, 1000), st.lists(st.floats(0, 3), min_size=1, max_size=30))
def test_no_two_requests_are_nearer_than_the_rate_allows(rate: int, pauses: list[float]) -> None:
    clock = VirtualClock()
    target = target_of(MemoryTransport(ok), LimitsSection(rate=rate), clock=clock)
    times = []
    for pause in pauses:
        times.append(target.send(get()).sent_at)
        clock.sleep(pause)
    assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in itertools.pairwise(times))


# --- many at once -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parallel", [False, True])
def test_answers_come_in_the_order_of_the_requests(parallel: bool) -> None:
    transport = MemoryTransport(lambda request: Response(200, (), request.target.encode()))
    target = target_of(transport, LimitsSection(concurrency=4), parallel=parallel)
    paths = [f"/{number}" for number in range(40)]
    exchanges = target.send_all([get(path) for path in paths])
    target.close()
    assert [exchange.request.target for exchange in exchanges] == paths
    assert [exchange.response.body.decode() for exchange in exchanges if exchange.response] == paths
    assert transport.is_closed


def test_requests_overlap_as_far_as_the_limit_allows() -> None:
    """Four answers are held back until four requests have arrived; a fifth is never there with them."""
    arrived = threading.Barrier(4, timeout=5)
    present, most = [0], [0]
    lock = threading.Lock()

    def answer(_: Request) -> Response:
        with lock:
            present[0] += 1
            most[0] = max(most[0], present[0])
        arrived.wait()
        with lock:
            present[0] -= 1
        return Response(200)

    target = target_of(MemoryTransport(answer), LimitsSection(concurrency=4), parallel=True)
    assert len(target.send_all([get() for _ in range(12)])) == 12
    target.close()
    assert most == [4]


def test_requests_sent_together_all_overlap() -> None:
    clock = VirtualClock()

    def answer(_: Request) -> Response:
        clock.sleep(1)
        return Response(200)

    target = target_of(MemoryTransport(answer), clock=clock)
    exchanges = target.send_together([get(f"/{number}") for number in range(5)])
    assert [exchange.request.target for exchange in exchanges] == [f"/{number}" for number in range(5)]
    assert not any(a.precedes(b) for a in exchanges for b in exchanges)


def test_requests_that_cannot_all_be_sent_together_are_not_sent_at_all() -> None:
    transport = MemoryTransport(ok)
    target = target_of(transport, LimitsSection(requests=3))
    with pytest.raises(BudgetExhausted):
        target.send_together([get() for _ in range(4)])
    assert transport.wire == []
    assert target.requests_used == 0, "what was not sent does not count"


def test_a_limit_in_the_middle_of_many_stops_the_rest() -> None:
    transport = MemoryTransport(ok)
    target = target_of(transport, LimitsSection(concurrency=2, requests=3), parallel=True)
    with pytest.raises(BudgetExhausted):
        target.send_all([get() for _ in range(10)])
    target.close()
    assert len(transport.wire) == 3


def test_nothing_is_sent_for_nothing() -> None:
    target = target_of(MemoryTransport(ok), parallel=True)
    assert target.send_all([]) == []
    target.close()


# --- a target that is dead ----------------------------------------------------------------------------------------


def test_three_failures_in_a_row_are_the_end() -> None:
    transport = MemoryTransport(lambda _: NO_ANSWER)
    target = target_of(transport)
    for _ in range(3):
        target.send(get())
    with pytest.raises(TargetDead, match="not answered 3 requests in a row: no complete response within the timeout"):
        target.send(get())
    assert (len(transport.wire), target.requests_used) == (3, 3)


def test_an_answer_in_between_shows_that_it_lives() -> None:
    outcomes: Iterator[Response | Failure] = itertools.cycle([NO_ANSWER, NO_ANSWER, Response(500)])
    target = target_of(MemoryTransport(lambda _: next(outcomes)))
    for _ in range(30):
        target.send(get())
    assert target.requests_used == 30


def test_only_a_refused_connection_says_that_nobody_listens() -> None:
    for kind in FailureKind:
        outcomes: Iterator[Response | Failure] = iter([Response(200), Failure(kind)])
        target = target_of(MemoryTransport(lambda _: next(outcomes)))  # noqa: B023 - sent before the next turn
        assert [is_refused(target.send(get())) for _ in range(2)] == [False, kind is FailureKind.REFUSED]


def test_where_nobody_has_listened_from_the_start_there_is_no_server_to_judge() -> None:
    target, _ = echoing(Failure(FailureKind.REFUSED))
    with pytest.raises(TargetError, match="nobody listens at"):
        target.send(get())
    assert not is_refused(target_of(MemoryTransport(ok)).send(get()))


# --- secrets ------------------------------------------------------------------------------------------------------

TOKEN = "ya29.s3cr3t-t0ken"
AUTHORISED = Outgoing(
    Request("POST", "/x", (("Host", "h"), ("authorization", "Bearer $IUT_TOKEN"), ("X", "y")), b"{}"),
    FixedToken(Secret(TOKEN), "$IUT_TOKEN"),
)


def echoing(outcome: Response | Failure, *secrets: str) -> tuple[Target, MemoryTransport]:
    transport = MemoryTransport(lambda _: outcome)
    target = target_of(transport)
    target.keep_secrets(Secret(text) for text in secrets)
    return target, transport


def recorded(target: Target) -> str:
    """All that would be written of the traffic."""
    masked = [target.masking().exchange(exchange) for exchange in target.exchanges]
    return json.dumps([exchange_as_json(exchange) for exchange in masked]) + repr(masked)


def test_the_wire_has_the_token_and_the_record_has_its_placeholder() -> None:
    target, transport = echoing(Response(200), TOKEN)
    exchange = target.send(AUTHORISED)
    assert transport.wire[0].headers == (("Host", "h"), ("authorization", f"Bearer {TOKEN}"), ("X", "y"))
    assert exchange.request == AUTHORISED.request
    assert exchange.request.header("Authorization") == "Bearer $IUT_TOKEN"
    assert TOKEN not in recorded(target)


def test_a_request_without_credentials_goes_as_it_is() -> None:
    target, transport = echoing(Response(200), TOKEN)
    request = Request("POST", "/x", (("Authorization", "Bearer nonsense"),))
    target.send(Outgoing(request))
    assert transport.wire == [request]


@pytest.mark.parametrize(
    "outcome",
    [
        Response(401, (), f'{{"error": "no such token {TOKEN}"}}'.encode()),
        Response(401, (), b"\xff" + TOKEN.encode() + TOKEN.encode() + b"\xfe"),
        Response(401, (("WWW-Authenticate", f'Bearer token="{TOKEN}"'), ("X", TOKEN))),
        Response(401, ((TOKEN, "x"),)),
        Response(401, (), b"", f"token {TOKEN} is unknown"),
        Failure(FailureKind.MALFORMED, f"illegal header line: bytearray(b'Bearer {TOKEN}')"),
    ],
    ids=["body", "bytes", "header", "header name", "reason", "failure"],
)
def test_what_a_server_echoes_is_blotted_out(outcome: Response | Failure) -> None:
    target, _ = echoing(outcome, TOKEN)
    target.send(AUTHORISED)
    assert TOKEN not in recorded(target)
    assert "[secret" in recorded(target)


def test_an_answer_without_secrets_is_left_as_it_came() -> None:
    response = Response(200, (("X", "y"),), b"\xff\0", "OK")
    target, _ = echoing(response, TOKEN)
    assert target.send(AUTHORISED).outcome == response


def test_of_two_secrets_that_overlap_nothing_is_left() -> None:
    """The longer goes first, or its tail stays behind. Many pairs, for the order of a set is anybody's guess."""
    for number in range(40):
        short, long = f"token-{number}", f"token-{number}-weak"
        target, _ = echoing(Response(200, (("X", long),), long.encode()), short, long)
        target.send(get())
        assert "weak" not in recorded(target)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8), st.binary(), st.binary())
def test_any_secret_is_blotted_out_of_any_body(secret: str, before: bytes, after: bytes) -> None:
    target, _ = echoing(Response(200, (), before + secret.encode() + after), secret)
    shown = target.masking().exchange(target.send(get())).response
    assert shown is not None
    if secret not in "[secret 1]":
        assert secret.encode() not in shown.body.replace(b"[secret 1]", b"\0")
