"""Operations that are started by a request: their ids and names, and what a start that fails may have left."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.errors import BudgetExhausted, NotTested, TargetError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.server.target.configuration import (
    LimitsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.ledger import LedgerState
from conformance.server.target.starts import MayHaveStarted, StartRefused, Starts
from conformance.server.target.supply import Supply
from tests.targets.memory import ORIGIN, MemoryTransport, json_response, target_of
from tests.targets.supplying import NAMES, PARENT, START, Noted, answering, make, starting, supply_of


def test_each_operation_is_started_by_a_request() -> None:
    transport = MemoryTransport(starting())
    supply = Supply(SupplyForm(start=START), target_of(transport), make, Path())
    assert supply.is_given
    assert supply.starts_operations
    assert supply.take(2) == [f"{PARENT}/operations/op-1", f"{PARENT}/operations/op-2"]
    assert supply.take(1) == [f"{PARENT}/operations/op-3"]
    assert supply.handed_out == [f"{PARENT}/operations/op-{number}" for number in (1, 2, 3)]
    assert [(request.method, request.target, request.body) for request in transport.wire] == [
        ("POST", START.path, b'{"mode": "run"}')
    ] * 3


def test_a_supply_that_worked_and_breaks_is_no_mistake_of_the_configuration() -> None:
    """The server broke in the middle of the run: what needs another operation is not tested, the rest goes on."""
    fine, broken = json_response({"name": NAMES[0]}), Response(500, (), b"Internal error")
    supply = supply_of(SupplyForm(start=START), answering(fine, broken))
    supply.take(1)
    with pytest.raises(NotTested, match=r"had started 1 operations, and then: .* was answered with 500"):
        supply.take(1)


def test_unique_becomes_a_fresh_id_wherever_it_stands() -> None:
    transport = MemoryTransport(starting())
    value = {"id": "{unique}", "deep": [{"label": "x-{unique}-y"}, 1, None], "{unique}": "kept"}
    start = StartRequest("PUT", "/v1/things/{unique}?id={unique}", value)
    supply = Supply(SupplyForm(start=start), target_of(transport), make, Path())
    supply.take(2)
    ids = []
    for request in transport.wire:
        unique = request.path.rpartition("/")[2]
        assert request.query == f"id={unique}"
        assert json.loads(request.body) == {
            "id": unique,
            "deep": [{"label": f"x-{unique}-y"}, 1, None],
            "{unique}": "kept",
        }
        ids.append(unique)
    other = MemoryTransport(starting())
    Supply(SupplyForm(start=start), target_of(other), make, Path()).take(1)
    ids.append(other.wire[0].path.rpartition("/")[2])
    assert len(set(ids)) == 3, "another run starts other operations"


def test_unique_is_a_word_of_letters_and_digits() -> None:
    """It may become the name of a table, too, so it begins with a letter and has no hyphen."""
    transport = MemoryTransport(starting())
    Supply(SupplyForm(start=StartRequest("PUT", "/{unique}")), target_of(transport), make, Path()).take(1)
    assert re.fullmatch("/lroc[a-z0-9]{10,40}", transport.wire[0].path)


CALLED = SupplyForm(start=StartRequest("PUT", "/v1/things?id={id}", {"id": "{id}", "label": "{unique}"}))


def test_an_operation_is_started_with_the_id_that_a_check_has_chosen() -> None:
    transport = MemoryTransport(starting())
    supply = Supply(CALLED, target_of(transport), make, Path())
    assert supply.takes_ids
    assert supply.take_called(["a:b", "C"]) == [f"{PARENT}/operations/op-1", f"{PARENT}/operations/op-2"]
    supply.take(1)
    first, second, ordinary = transport.wire
    assert (first.query, second.query) == ("id=a%3Ab", "id=C")
    assert [json.loads(one.body)["id"] for one in (first, second)] == ["a:b", "C"]
    assert json.loads(first.body)["label"] != json.loads(second.body)["label"]
    assert ordinary.query == f"id={json.loads(ordinary.body)['id']}"
    assert len(supply.handed_out) == 3, "they are ours, as all others"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(400, (), b"no such id"), StartRefused),
        (Response(409, (), b"taken"), StartRefused),
        (Response(403, (), b"not you"), TargetError),
        (Response(500, (), b"oops"), MayHaveStarted),
    ],
    ids=["invalid", "taken", "not you", "broken"],
)
def test_an_id_that_a_server_refuses_is_told_from_a_start_that_went_wrong(
    answer: Response, kind: type[TargetError]
) -> None:
    supply = supply_of(CALLED, answering(answer, json_response({"name": NAMES[0]})))
    refused, taken = supply.take_called(["-", "fine"])
    assert type(refused) is kind
    assert taken == NAMES[0]


def test_a_start_request_without_the_placeholder_takes_no_ids() -> None:
    assert not supply_of(SupplyForm(start=START)).takes_ids
    assert not supply_of(SupplyForm(names=NAMES)).takes_ids


def test_a_start_may_have_no_body() -> None:
    transport = MemoryTransport(starting())
    Supply(SupplyForm(start=StartRequest("POST", "/x")), target_of(transport), make, Path()).take(1)
    assert transport.wire[0].body == b""


@pytest.mark.parametrize(
    ("pointer", "document"),
    [
        ("/name", {"name": "op"}),
        ("/operation/name", {"operation": {"name": "op"}}),
        ("/0/name", [{"name": "op"}]),
        ("/a~1b/~0c", {"a/b": {"~c": "op"}}),
        ("/", {"": "op"}),
    ],
)
def test_the_name_is_where_the_pointer_says(pointer: str, document: object) -> None:
    form = SupplyForm(start=StartRequest("POST", "/x", name=pointer))
    assert supply_of(form, answering(json_response(document))).take(1) == ["op"]


@pytest.mark.parametrize(
    "answer",
    [{}, {"name": None}, {"name": 1}, {"name": ""}, [], "op", None, {"name": {"name": "op"}}],
)
def test_an_answer_without_a_name(answer: object) -> None:
    with pytest.raises(TargetError, match="was answered with no name at /name") as caught:
        supply_of(SupplyForm(start=START), answering(json_response(answer))).take(1)
    assert "operations.start.name" in caught.value.remedy


@pytest.mark.parametrize("pointer", ["/1/name", "/x/name", "/-/name", "/\u00b2/name", "/0/name/more"])
def test_a_pointer_that_leads_nowhere(pointer: str) -> None:
    form = SupplyForm(start=StartRequest("POST", "/x", name=pointer))
    with pytest.raises(TargetError, match="no name at"):
        supply_of(form, answering(json_response([{"name": "op"}]))).take(1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json(body: bytes) -> None:
    with pytest.raises(TargetError, match="a body that is not JSON") as caught:
        supply_of(SupplyForm(start=START), answering(Response(200, (), body))).take(1)
    assert "fix [operations] start" in caught.value.remedy


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500])
def test_a_start_that_is_refused(status: int) -> None:
    with pytest.raises(TargetError) as caught:
        supply_of(SupplyForm(start=START), answering(json_response({"error": "because"}, status))).take(1)
    assert f"POST {START.path} was answered with {status}" in caught.value.message
    assert "because" in caught.value.message
    assert "[operations] start, or [auth]" in caught.value.remedy


def test_an_error_that_quotes_an_answer_does_not_steer_the_terminal() -> None:
    """The message is printed as it is, and the answer is whatever a stranger sent."""
    hostile = Response(500, (), "\x1b[2J\x9b31m\rverdict: CONFORMANT\u202e\0\ud800".encode("utf-8", "surrogatepass"))
    with pytest.raises(TargetError) as caught:
        supply_of(SupplyForm(start=START), answering(hostile)).take(1)
    assert {character for character in caught.value.message if not character.isprintable()} == set()


def test_a_start_where_nobody_listens() -> None:
    with pytest.raises(TargetError, match=f"nobody listens at {ORIGIN}") as caught:
        supply_of(SupplyForm(start=START), answering(Failure(FailureKind.REFUSED))).take(1)
    assert "start the server" in caught.value.remedy


def test_a_start_that_is_not_answered() -> None:
    with pytest.raises(TargetError, match="was not answered"):
        supply_of(SupplyForm(start=START), answering(Failure(FailureKind.TIMEOUT, "10 s"))).take(1)


def test_what_was_started_before_another_start_failed_is_still_ours_to_clean_up() -> None:
    """Three are asked for and the second fails: the first and the third run on somebody else's machine."""
    first, third = json_response({"name": NAMES[0]}), json_response({"name": NAMES[2]})
    supply = supply_of(SupplyForm(start=START), answering(first, json_response({}, 500), third))
    with pytest.raises(TargetError):
        supply.take(3)
    assert supply.handed_out == [NAMES[0], NAMES[2]]


def test_the_limit_of_requests_in_the_middle_of_a_take_loses_nothing() -> None:
    """Three are asked for at once and only two requests may be sent: both operations run, and both are known."""
    noted = Noted()
    target = target_of(MemoryTransport(starting()), LimitsSection(requests=2, concurrency=3), parallel=True)
    supply = Supply(SupplyForm(start=START), target, make, Path(), Starts(note=noted))
    with pytest.raises(BudgetExhausted):
        supply.take(3)
    started = [f"{PARENT}/operations/op-1", f"{PARENT}/operations/op-2"]
    assert sorted(supply.handed_out) == started
    assert sorted(noted.in_state(LedgerState.STARTED)) == [(name, "start") for name in started]
    assert len(noted.in_state(LedgerState.STARTING)) == 3
    assert len(noted.in_state(LedgerState.NOT_STARTED)) == 1, "the one that was never sent"


def test_an_operation_is_noted_before_the_next_is_started() -> None:
    noted = Noted()
    seen_by_server: list[list[str]] = []

    def answer(request: Request) -> Response:
        seen_by_server.append([state.value for _, _, _, state in noted.lines])
        return json_response({"name": f"op-{len(seen_by_server)}"})

    target = target_of(MemoryTransport(answer))
    Supply(SupplyForm(start=START), target, make, Path(), Starts(note=noted)).take(2)
    assert seen_by_server == [["starting"], ["starting", "started", "starting"]]


@pytest.mark.parametrize(
    ("outcome", "unnamed"),
    [
        (Failure(FailureKind.TIMEOUT), 1),
        (Failure(FailureKind.RESET), 1),
        (Failure(FailureKind.REFUSED), 0),
        (Failure(FailureKind.UNCONNECTED), 0),
        (json_response({"id": "op-1"}), 1),
        (json_response({"error": "no"}, 403), 0),
        (Response(504, (), b"upstream timed out"), 1),
    ],
    ids=["timeout", "reset", "refused", "no connection", "no name in it", "an error", "a gateway gave up"],
)
def test_a_start_that_may_have_started_something_without_a_name_is_counted(
    outcome: Response | Failure, unnamed: int
) -> None:
    supply = supply_of(SupplyForm(start=START), answering(outcome))
    with pytest.raises(TargetError):
        supply.take(1)
    assert (supply.unnamed, supply.handed_out) == (unnamed, [])


def test_names_that_were_given_are_not_noted_as_started() -> None:
    noted = Noted()
    target = target_of(MemoryTransport(starting()))
    Supply(SupplyForm(names=NAMES), target, make, Path(), Starts(note=noted)).take(3)
    assert noted.lines == []
