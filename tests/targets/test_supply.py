"""The supply of operations: three forms, each mistake with its remedy, and no operation twice."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.errors import BudgetExhausted, NotTested, TargetError
from conformance.exchange import Failure, FailureKind, Method, Request, Response
from conformance.server.target.configuration import (
    Configuration,
    LimitsSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.credentials import Credentials
from conformance.server.target.iut import Iut
from conformance.server.target.ledger import LedgerState
from conformance.server.target.starts import MayHaveStarted, StartRefused, Starts
from conformance.server.target.supply import Supply
from conformance.server.target.target import Outgoing
from conformance.spec.contract import Contract
from tests.targets.memory import ORIGIN, Answers, MemoryTransport, json_response, target_of

PARENT = "projects/demo/locations/us"
START = StartRequest("POST", f"/v1/{PARENT}/operations:start", {"mode": "run"})
NAMES = (f"{PARENT}/operations/a", f"{PARENT}/operations/b", f"{PARENT}/operations/c")


def make(method: str, target: str, body: bytes) -> Outgoing:
    return Outgoing(Request(method, target, (), body))


class Noted:
    """What was noted of the starts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, LedgerState]] = []

    def __call__(self, serial: str, name: str, form: str, state: LedgerState) -> None:
        self.lines.append((serial, name, form, state))

    def in_state(self, wanted: LedgerState) -> list[tuple[str, str]]:
        return [(name, form) for _, name, form, state in self.lines if state is wanted]


def supply_of(
    form: SupplyForm, answers: Answers | None = None, directory: Path = Path(), operations: int = 60
) -> Supply:
    transport = MemoryTransport(answers or starting())
    return Supply(form, target_of(transport, LimitsSection(operations=operations)), make, directory)


def starting() -> Answers:
    """Answers every start with a fresh operation."""
    numbers = itertools.count(1)
    return lambda _: json_response({"name": f"{PARENT}/operations/op-{next(numbers)}"})


def answering(*responses: Response | Failure) -> Answers:
    """Answers with these, in turn."""
    queue: Iterator[Response | Failure] = iter(responses)
    return lambda _: next(queue)


def command(*lines: str) -> SupplyForm:
    return SupplyForm(command=(sys.executable, "-c", "\n".join(lines)))


# --- start --------------------------------------------------------------------------------------------------------


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
    assert "mend [operations] start" in caught.value.remedy


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


# --- command ------------------------------------------------------------------------------------------------------


def test_each_operation_is_started_by_a_command(tmp_path: Path) -> None:
    (tmp_path / "parent").write_text(PARENT)
    script = command(
        "import uuid, pathlib", 'print(pathlib.Path("parent").read_text() + f"/operations/{uuid.uuid4()}")'
    )
    supply = supply_of(script, directory=tmp_path)
    names = supply.take(2)
    assert supply.starts_operations
    assert sorted(supply.handed_out) == sorted(names)
    assert len(set(names)) == 2
    assert all(name.startswith(f"{PARENT}/operations/") for name in names)


def test_a_relative_command_is_relative_to_the_configuration(tmp_path: Path) -> None:
    script = tmp_path / "start"
    script.write_text(f"#!/bin/sh\necho {NAMES[0]}\n")
    script.chmod(0o755)
    assert supply_of(SupplyForm(command=("./start",)), directory=tmp_path).take(1) == [NAMES[0]]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["pass"], "printed nothing (exit status 0): no message"),
        (["print()"], "printed nothing (exit status 0): no message"),
        (["print('a')", "print('b')"], "printed no name (exit status 0): no message; it printed 2 lines: a | b"),
        (["import sys", "print('a')", "sys.exit('the cluster is down')"], "(exit status 1): the cluster is down"),
        (["import sys", "sys.stdout.buffer.write(bytes([255, 254]))"], "printed"),
    ],
    ids=["nothing", "an empty line", "two lines", "failed", "no text"],
)
def test_a_command_that_gives_no_name(lines: list[str], says: str) -> None:
    with pytest.raises(TargetError) as caught:
        supply_of(command(*lines)).take(1)
    assert "operations.command" in caught.value.message
    assert says in caught.value.message
    assert caught.value.remedy


FAILS = ["import sys", f"print('{NAMES[0]}')", "sys.exit('the network went')"]
ELSEWHERE = [line.replace("/us/", "/eu/") for line in FAILS]
CHATS = ["print('hello')", f"print('{NAMES[0]}')", "print('bye')"]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (FAILS, LedgerState.UNCLEAR),
        (CHATS, LedgerState.UNCLEAR),
        ([line.replace("/us/", "/eu/") for line in FAILS], LedgerState.FOREIGN),
    ],
    ids=["failed", "three lines", "below another parent"],
)
def test_what_a_command_printed_that_went_wrong_is_told_and_not_used(lines: list[str], state: LedgerState) -> None:
    """It may have failed after the start, or have named what was there before."""
    noted = Noted()
    contract = Contract.load("beyondcorp.v1")

    def is_bound(name: str) -> bool:
        return contract.binds(Method.CANCEL, name)

    target = target_of(MemoryTransport(starting()))
    supply = Supply(command(*lines), target, make, Path(), Starts((PARENT,), note=noted), is_bound)
    with pytest.raises(MayHaveStarted, match="it printed"):
        supply.take(1)
    assert (noted.lines[-1][3], supply.handed_out, supply.unnamed) == (state, [], 0)


def test_a_command_that_fails_without_a_word_may_have_started_something() -> None:
    supply = supply_of(command("import sys", "sys.exit(1)"))
    with pytest.raises(MayHaveStarted, match=r"failed \(exit status 1\)"):
        supply.take(1)
    assert supply.unnamed == 1


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(TargetError, match=r"operations\.command '\./no-such-command' cannot be run") as caught:
        supply_of(SupplyForm(command=("./no-such-command",))).take(1)
    assert caught.value.remedy == "mend [operations] command"


# --- names --------------------------------------------------------------------------------------------------------


def test_names_are_handed_out_in_their_order() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    assert not supply.starts_operations
    assert supply.take(1) == [NAMES[0]]
    assert supply.take(2) == [NAMES[1], NAMES[2]]
    assert supply.handed_out == list(NAMES)


def test_names_that_are_used_up() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    supply.take(3)
    with pytest.raises(NotTested) as caught:
        supply.take(1)
    assert "names has 3 operations, and all are used; add more names" in caught.value.reason


def test_a_check_that_asks_for_too_many_leaves_the_rest_to_others() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    supply.take(1)
    with pytest.raises(NotTested):
        supply.take(3)
    assert supply.take(2) == [NAMES[1], NAMES[2]]


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        (SupplyForm(names=(NAMES[0], NAMES[0])), None),
        (command(f"print({NAMES[0]!r})"), None),
        (SupplyForm(start=START), lambda _: json_response({"name": NAMES[0]})),
    ],
    ids=["names", "command", "start"],
)
def test_no_operation_is_handed_out_twice(form: SupplyForm, answers: Answers | None) -> None:
    """Two checks that share an operation without knowing accuse the server of each other's work."""
    supply = supply_of(form, answers)
    supply.take(1)
    with pytest.raises((TargetError, NotTested)) as caught:
        supply.take(1)
    assert NAMES[0] in str(caught.value)


# --- all forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", [SupplyForm(start=START), SupplyForm(names=NAMES), command("print('x')")], ids=["start", "names", "command"]
)
def test_nothing_is_asked_for(form: SupplyForm) -> None:
    supply = supply_of(form)
    assert supply.take(0) == []
    assert supply.handed_out == []


def test_no_form_is_no_supply() -> None:
    supply = supply_of(SupplyForm())
    assert not supply.is_given
    with pytest.raises(NotTested):
        supply.take(1)


@pytest.mark.parametrize("form", [SupplyForm(start=START), SupplyForm(names=NAMES)], ids=["start", "names"])
def test_the_limit_of_operations_holds(form: SupplyForm) -> None:
    supply = supply_of(form, operations=2)
    supply.take(2)
    with pytest.raises(BudgetExhausted, match=r"the limit of 2 operations is used up \(\[limits\] operations\)"):
        supply.take(1)


def test_what_was_not_started_does_not_count() -> None:
    transport = MemoryTransport(starting())
    target = target_of(transport, LimitsSection(operations=3))
    supply = Supply(SupplyForm(start=START), target, make, Path())
    supply.take(1)
    with pytest.raises(BudgetExhausted):
        supply.take(3)
    assert (target.operations_used, len(transport.wire)) == (1, 1)
    assert len(supply.take(2)) == 2


def test_an_operation_that_is_done_already_is_handed_out_and_shows_it_at_the_first_look() -> None:
    """The supply of completed operations lives on it; whether a running one runs, the first look tells."""
    name = f"{PARENT}/operations/quick"
    contract = Contract.load("beyondcorp.v1")
    configuration = Configuration(operations=OperationsSection(completed=SupplyForm(start=START)))
    transport = MemoryTransport(lambda _: json_response({"name": name, "done": True, "response": {"@type": "x/y"}}))
    iut = Iut(configuration, contract, target_of(transport, identify=contract.identify), Credentials())
    assert iut.completed_supply.take(1) == [name]
    _, operation = iut.look(name)
    assert operation.done
