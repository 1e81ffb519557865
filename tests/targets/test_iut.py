"""The implementation as checks see it: requests by the contract, time for evidence, and clean hands at the end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from conformance.errors import NotTested
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.exchange.curl import curl_line
from conformance.judging.statement import StatementSection
from conformance.lro import VirtualClock
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import (
    Configuration,
    IutSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.iut import Iut, listed_names
from conformance.server.target.ledger import LedgerState
from conformance.server.target.starts import ForeignOperation
from conformance.server.target.token import FixedToken
from conformance.spec.contract import Contract
from tests.targets.memory import Answers, MemoryTransport, json_response, ok, target_of

PARENT = "projects/demo/locations/us"
NAME = f"{PARENT}/operations/op-1"
CONTRACT = Contract.load("beyondcorp.v1")
CREDENTIALS = Credentials(FixedToken(Secret("main"), "$MAIN"), FixedToken(Secret("weak"), "$WEAK"))
STARTED = SupplyForm(start=StartRequest("POST", f"/v1/{PARENT}/operations:start"))


def iut_of(
    answers: Answers = ok,
    configuration: Configuration | None = None,
    credentials: Credentials = CREDENTIALS,
    clock: VirtualClock | None = None,
) -> tuple[Iut, MemoryTransport]:
    transport = MemoryTransport(answers)
    target = target_of(transport, clock=clock, identify=CONTRACT.identify)
    return Iut(configuration or Configuration(), CONTRACT, target, credentials), transport


def test_a_plain_cancel() -> None:
    iut, transport = iut_of()
    exchange = iut.cancel(NAME)
    assert exchange.request == Request(
        "POST",
        f"/v1/{NAME}:cancel",
        (
            ("Host", "127.0.0.1:1"),
            ("Authorization", "Bearer $MAIN"),
            ("Accept", "*/*"),
            ("Content-Type", "application/json"),
            ("Content-Length", "2"),
        ),
        b"{}",
    )
    assert transport.wire[0].header("Authorization") == "Bearer main"


@pytest.mark.parametrize(
    ("framing", "body", "expected"),
    [
        ("length", b"", {"Content-Length": "0"}),
        ("length", b"{}", {"Content-Length": "2"}),
        ("chunked", b"{}", {"Transfer-Encoding": "chunked"}),
        ("chunked", b"", {"Transfer-Encoding": "chunked"}),
        ("none", b"", {}),
    ],
)
def test_the_end_of_a_body_is_told_as_asked(framing: str, body: bytes, expected: dict[str, str]) -> None:
    iut, _ = iut_of()
    headers = dict(iut.cancel(NAME, body=body, content_type=None, framing=framing).request.headers)
    assert {name: headers[name] for name in headers if name.endswith(("Length", "Encoding", "Type"))} == expected


def test_a_get_has_no_length() -> None:
    iut, _ = iut_of()
    assert iut.get(NAME).request.header("content-length") is None


@pytest.mark.parametrize(
    ("credential", "recorded", "sent"),
    [
        (Credential.MAIN, "Bearer $MAIN", "Bearer main"),
        (Credential.FORBIDDEN, "Bearer $WEAK", "Bearer weak"),
        (Credential.INVALID, "Bearer lro-conformance-invalid-token", "Bearer lro-conformance-invalid-token"),
        (Credential.NONE, None, None),
    ],
)
def test_a_request_carries_the_credential_that_is_named(
    credential: Credential, recorded: str | None, sent: str | None
) -> None:
    iut, transport = iut_of()
    assert iut.cancel(NAME, credential=credential).request.header("authorization") == recorded
    assert transport.wire[0].header("authorization") == sent
    assert iut.has_credential(credential)


def test_without_configured_credentials_two_kinds_of_request_are_left() -> None:
    iut, _ = iut_of(credentials=Credentials())
    assert [credential for credential in Credential if iut.has_credential(credential)] == [
        Credential.NONE,
        Credential.INVALID,
    ]


def test_configured_headers_and_those_of_a_check_go_with_every_request() -> None:
    iut, _ = iut_of(configuration=Configuration(iut=IutSection(headers={"X-Tenant": "t"})))
    headers = iut.cancel(NAME, headers=[("X-One", "1")], query="a=b").request.headers
    assert ("X-Tenant", "t") in headers
    assert ("X-One", "1") in headers
    assert ("X-Tenant", "t") in iut.get(NAME).request.headers


# --- lists --------------------------------------------------------------------------------------------------------


def test_a_list_is_read_page_by_page() -> None:
    pages = {
        "": {"operations": [{"name": "a"}], "nextPageToken": "t&=/ 2"},
        "t&=/ 2": {"operations": [{"name": "b"}], "nextPageToken": ""},
    }

    def answer(request: Request) -> Response:
        return json_response(pages[parse_qs(request.query).get("pageToken", [""])[0]])

    iut, transport = iut_of(answer)
    read = iut.list_pages(PARENT)
    assert listed_names(read) == {"a", "b"}
    assert [request.path for request in transport.wire] == [f"/v1/{PARENT}/operations"] * 2
    assert listed_names(read[:1]) == {"a"}


def test_a_list_whose_token_comes_again_ends() -> None:
    iut, _ = iut_of(lambda _: json_response({"nextPageToken": "again"}))
    assert len(iut.list_pages(PARENT, most=7)) == 2


@pytest.mark.parametrize(
    "outcome",
    [
        Response(404),
        Response(200, (), b"<html>"),
        json_response([]),
        json_response({"nextPageToken": None}),
        json_response({"nextPageToken": "x"}, 500),
        Failure(FailureKind.RESET),
    ],
)
def test_a_list_ends_with_what_is_no_page(outcome: Response | Failure) -> None:
    iut, _ = iut_of(lambda _: outcome)
    assert len(iut.list_pages(PARENT)) == 1


# --- looking and waiting ------------------------------------------------------------------------------------------


def test_a_look_shows_the_operation_or_nothing_is_tested() -> None:
    iut, _ = iut_of(lambda _: json_response({"name": NAME}))
    exchange, operation = iut.look(NAME)
    assert (exchange.number, operation.name) == (1, NAME)
    iut, _ = iut_of(lambda _: json_response({}, 404))
    with pytest.raises(NotTested, match=f"a get of {NAME} does not show the operation"):
        iut.look(NAME)


def waiting(settle: float, ends_after: float) -> tuple[Iut, VirtualClock]:
    clock = VirtualClock(1000)
    configuration = Configuration(operations=OperationsSection(settle=settle))
    iut, _ = iut_of(lambda _: json_response({"name": NAME, "done": clock.now() >= 1000 + ends_after}), configuration,
                    clock=clock)  # fmt: skip
    return iut, clock


@pytest.mark.parametrize("ends_after", [0, 0.01, 1, 9.9])
def test_the_end_of_an_operation_is_seen(ends_after: float) -> None:
    iut, clock = waiting(10, ends_after)
    last = iut.await_end([NAME])[NAME]
    assert last.response is not None
    assert last.response.json()["done"] is True
    assert clock.now() - 1000 <= max(2 * ends_after + 0.05, ends_after + 2)


def test_the_wait_is_over_when_it_is_said_to_be() -> None:
    iut, clock = waiting(10, 99)
    last = iut.await_end([NAME])[NAME]
    assert last.sent_at == 1010, "the last look is taken at the end of the wait"
    assert clock.now() == 1010
    assert len(iut.target.exchanges) < 15


def test_an_answer_that_took_longer_than_the_wait_is_not_the_last_look() -> None:
    """It was asked for at the beginning, and says what was then."""
    clock = VirtualClock()

    def slowly(_: Request) -> Response:
        done = clock.now() > 0
        clock.sleep(30)
        return json_response({"name": NAME, "done": done})

    iut, _ = iut_of(slowly, Configuration(operations=OperationsSection(settle=10)), clock=clock)
    last = iut.await_end([NAME])[NAME]
    assert last.response is not None
    assert last.response.json()["done"] is True


def test_nobody_waits_for_what_is_not_there() -> None:
    clock = VirtualClock()
    iut, _ = iut_of(lambda _: json_response({}, 404), clock=clock)
    assert iut.await_end([NAME, NAME + "x"]).keys() == {NAME, NAME + "x"}
    assert iut.await_end([]) == {}
    assert clock.now() == 0


# --- finding out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "auth"), [(401, True), (403, True), (200, False), (404, False), (500, False)])
def test_whether_anybody_asks_for_credentials_is_found_out(status: int, auth: bool) -> None:
    iut, transport = iut_of(lambda _: json_response({}, status))
    iut.find_out_about_auth(NAME)
    assert transport.wire[0].header("Authorization") is None
    assert iut.statement.value("auth") is auth


@pytest.mark.parametrize("status", [302, 400, 500])
def test_who_answers_strangers_otherwise_asks_for_credentials(status: int) -> None:
    """A page to log in at, or a crash where no credentials are: with them the same get succeeds."""
    iut, _ = iut_of(lambda request: json_response({"name": NAME}, 200 if request.header("Authorization") else status))
    iut.find_out_about_auth(NAME)
    assert iut.statement.value("auth") is True


def test_what_is_declared_or_cannot_be_asked_is_not_found_out() -> None:
    iut, transport = iut_of(configuration=Configuration(statement=StatementSection(auth=True)))
    iut.find_out_about_auth(NAME)
    assert (transport.wire, iut.statement.value("auth")) == ([], True)
    iut, transport = iut_of(credentials=Credentials())
    iut.find_out_about_auth(NAME)
    assert (transport.wire, iut.statement.value("auth")) == ([], False)


def test_a_server_that_does_not_answer_has_said_nothing_about_credentials() -> None:
    for outcome in (Failure(FailureKind.TIMEOUT), Response(503), Response(429)):
        iut, _ = iut_of(lambda _, outcome=outcome: outcome)  # type: ignore[misc]
        iut.find_out_about_auth(NAME)
        assert iut.statement.value("auth") is None


# --- cleaning up --------------------------------------------------------------------------------------------------

OURS = Configuration(
    operations=OperationsSection(running=STARTED, completed=STARTED), statement=StatementSection(delete=True)
)


def after_a_run(configuration: Configuration) -> tuple[list[str], list[str]]:
    """What is cancelled and what deleted after a run that took two operations, one completed one, which it saw done,
    and deleted the first itself.
    """
    numbers = itertools.count(1)

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return json_response({"name": request.path.removeprefix("/v1/"), "done": True})
        is_start = request.path.endswith(":start")
        return json_response({"name": f"{PARENT}/operations/op-{next(numbers)}"} if is_start else {})

    iut, transport = iut_of(answer, configuration)
    taken = iut.running(2)
    if configuration.operations.completed.is_given:
        iut.get(iut.completed_supply.take(1)[0])
    iut.delete(taken[0])
    before = len(transport.wire)
    iut.clean_up()
    return tuple(  # type: ignore[return-value]
        [
            request.path.removeprefix("/v1/").removesuffix(":cancel")
            for request in transport.wire[before:]
            if request.method == method
        ]
        for method in ("POST", "DELETE")
    )


def test_what_was_started_is_cancelled_and_deleted_once() -> None:
    second, completed = f"{PARENT}/operations/op-2", f"{PARENT}/operations/op-3"
    assert after_a_run(OURS) == ([second], [second, completed])


@pytest.mark.parametrize(
    "statement",
    [StatementSection(), StatementSection(delete=False)],
    ids=["nobody says that delete works", "delete does not work"],
)
def test_what_cannot_be_deleted_is_cancelled_at_least(statement: StatementSection) -> None:
    assert after_a_run(replace(OURS, statement=statement)) == ([f"{PARENT}/operations/op-2"], [])


@pytest.mark.parametrize(
    "configuration",
    [
        replace(OURS, operations=replace(OURS.operations, cleanup="none")),
        replace(OURS, operations=OperationsSection(running=SupplyForm(names=(NAME, NAME + "x")))),
    ],
    ids=["cleanup = none", "operations given by name"],
)
def test_nothing_is_touched(configuration: Configuration) -> None:
    """Least of all what somebody else made, and only lent to the run by its name."""
    assert after_a_run(configuration) == ([], [])


def test_what_two_starts_named_is_left_alone_and_told() -> None:
    """An idempotent start: what the first was answered with may be ours, and runs on."""
    iut, transport = iut_of(lambda _: json_response({"name": NAME}), OURS)
    iut.running(1)
    with pytest.raises(ForeignOperation):
        iut.running(1)
    iut.clean_up()
    assert len(transport.wire) == 2, "it is neither cancelled nor deleted"
    assert iut.left_over() == {NAME: LedgerState.UNCLEAR}


def test_cleaning_up_is_never_an_error() -> None:
    numbers = itertools.count(1)
    answers = [json_response({"name": f"{PARENT}/operations/op-{next(numbers)}"}) for _ in range(9)]
    iut, transport = iut_of(lambda _: answers.pop(0) if answers else Failure(FailureKind.REFUSED), OURS)
    names = iut.running(9)
    iut.clean_up()
    assert len(transport.wire) == 9 + 3, "a target that is gone is not asked on"
    assert iut.left_over() == dict.fromkeys(names, LedgerState.STARTED)


# --- configured headers that carry credentials --------------------------------------------------------------------

KEY = "AIzaSyExample-0123456789"


def with_key(answers: Answers = ok, **headers: str) -> tuple[Iut, MemoryTransport]:
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return iut_of(answers, Configuration(iut=IutSection(headers=spelt)), Credentials())


@pytest.mark.parametrize("name", ["X-Goog-Api-Key", "x-csrf-token", "Proxy-Authorization", "Cookie", "X-Client-Secret"])
def test_a_configured_credential_goes_over_the_wire_and_its_record_is_a_placeholder(name: str) -> None:
    iut, transport = iut_of(configuration=Configuration(iut=IutSection(headers={name: KEY})))
    exchange = iut.cancel(NAME)
    placeholder = "$" + name.upper().replace("-", "_")
    assert transport.wire[0].header(name) == KEY
    assert exchange.request.header(name) == placeholder
    assert f'-H "{name}: {placeholder}"' in curl_line(exchange.request, "http://127.0.0.1:1")
    assert KEY not in repr(iut.configuration)
    assert KEY not in repr(iut.cancel_request(NAME))


def test_without_credentials_no_configured_secret_is_sent_either() -> None:
    iut, transport = with_key(X_Api_Key=KEY, X_Plain="public")
    iut.send(iut.cancel_request(NAME, credential=Credential.NONE))
    names = {name for name, _ in transport.wire[0].headers}
    assert "X-Plain" in names
    assert "X-Api-Key" not in names


def test_who_has_a_key_may_be_known() -> None:
    assert with_key(X_Api_Key=KEY)[0].knows_the_caller
    iut, _ = with_key(X_Plain="public")
    iut.statement.find("auth", False, "a get without credentials is answered with 200")
    assert not iut.knows_the_caller


def test_a_header_of_a_check_takes_the_place_of_a_configured_one() -> None:
    iut, transport = with_key(X_Api_Key=KEY)
    iut.cancel(NAME, headers=[("X-Api-Key", "another")])
    assert [value for name, value in transport.wire[0].headers if name == "X-Api-Key"] == ["another"]


def test_a_configured_credential_that_a_server_echoes_is_blotted_out() -> None:
    iut, _ = with_key(lambda _: json_response({"seen": KEY}), X_Auth=f"Basic {KEY}")
    exchange = iut.cancel(NAME)
    assert exchange.response == json_response({"seen": KEY}), "a rule has to see it"
    assert iut.target.masking().exchange(exchange).response == json_response({"seen": "[secret 2]"})


def test_a_short_value_stays_where_it_stands_in_an_answer() -> None:
    """Or `X-Auth-Enabled: true` would make a server lie that says `"done": true`."""
    iut, _ = with_key(lambda _: json_response({"done": True}), X_Auth_Enabled="true")
    assert iut.target.masking().exchange(iut.cancel(NAME)).response == json_response({"done": True})
