"""The rules about clients, by requests that official clients were seen to send and by answers as drivers give them.

The requests are those of the published clients of Python, Node.js, Go and Java; what is kept and what is not by each is
written beside it.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    attempts_are_limited,
    client_rules,
    credentials_are_in_the_header,
    credentials_stay_with_their_origin,
    get_is_no_cancel,
    if_answered_last,
    is_accepted,
    keeps_the_class,
    keeps_the_code,
    keeps_the_message,
    keeps_the_method,
    keeps_the_status,
    nothing_is_sent,
    reports,
    shows,
    shows_a_list,
    slash_stays_in_its_segment,
    stops_at_its_deadline,
    unless_repeated,
)
from conformance.rules.client.deadlines import a_call_ends_at_its_deadline
from conformance.rules.client.turn import Outcome, Said, Told, Turn
from conformance.sdk.answers import bare_status, envelope
from conformance.sdk.credentials import TOKEN, carries_token, carries_what_was_the_token, masking_of
from conformance.sdk.grpc_side import HTTP_ONLY

from .in_process import CONTRACT

HERE = "http://127.0.0.1:1"
PARENT = "projects/p1/locations/us-central1/operations"
JSON = ("Content-Type", "application/json")
SUCCESS = Response(200, (JSON,), b"{}")


def arrived(
    target: str,
    *headers: tuple[str, str],
    body: bytes = b"",
    method: str = "POST",
    outcome: Response | Failure = SUCCESS,
    at: float = 0.01,
    number: int = 1,
    origin: str = HERE,
) -> Exchange:
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", origin.removeprefix("http://")), *headers)
    request = Request(method, target, headers, body)
    call = CONTRACT.identify(method, request.path)
    return Exchange(number, request, outcome, at, at + 0.001, call, "story", origin)


def turn(
    *exchanges: Exchange,
    name: str = f"{PARENT}/op-1",
    method: Method = Method.CANCEL,
    outcome: Outcome = Outcome.OK,
    timeout: int = 100,
    at: float = 0.02,
    **said: Any,
) -> Turn:
    told = Told(1, method, HERE, name, timeout, "rest", 0.0, is_bound=CONTRACT.binds(method, name))
    return Turn("story", told, Said(outcome, "{}", at, **said), exchanges)


def broken(a_turn: Turn) -> set[str]:
    """The requirements whose rule complains."""
    return {rule.requirement for rule in client_rules().values() if rule.when(a_turn) and rule.judge(a_turn)}


ANOTHER = {"client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled"}
"""What a path breaks that is that of another operation."""

LENGTH_0 = ("Content-Length", "0")
LENGTH_2 = ("Content-Length", "2")
CANCEL = f"/v1/{PARENT}/op-1:cancel"


@pytest.mark.parametrize(
    ("exchange", "breaks"),
    [
        (arrived(CANCEL + "?alt=json", LENGTH_0), set()),
        (arrived(CANCEL + "?alt=json", ("content-type", "application/json"), LENGTH_2, body=b"{}"), set()),
        (arrived(CANCEL, ("x-goog-request-params", f"name={PARENT}/op-1"), JSON, LENGTH_0), set()),
        (arrived(CANCEL, ("x-goog-request-params", f"name={PARENT}/op-1"), JSON, LENGTH_2, body=b"{}"), set()),
        (arrived(CANCEL, ("content-length", "2"), ("content-type", "application/json"), body=b"{}"), set()),
        (arrived(CANCEL + "?", JSON, LENGTH_2, body=b"{}"), set()),
        (arrived(CANCEL + "?$alt=json%3Benum-encoding=int", JSON, LENGTH_2, body=b"{}"), set()),
        (arrived(CANCEL + "?alt=json&prettyPrint=false", JSON, ("Content-Length", "3"), body=b"{}\n"), set()),
        (
            arrived(
                CANCEL + "?%24alt=json%3Benum-encoding%3Dint",
                JSON,
                ("Content-Length", "60"),
                ("X-Goog-Request-Params", "name=projects%2Fp1%2Flocations%2Fus-central1%2Foperations%2Fop-1"),
                body=json.dumps({"name": f"{PARENT}/op-1"}).encode(),
            ),
            {"client-request.body-does-not-repeat-the-name"},
        ),
        (arrived(CANCEL, JSON, ("Transfer-Encoding", "chunked"), body=b"{}"), set()),
        (arrived(CANCEL), {"client-request.length-is-declared"}),
        (arrived(CANCEL, LENGTH_2, body=b"{}"), {"client-request.body-is-labelled-json"}),
        (arrived(CANCEL, JSON, ("Content-Length", "4"), body=b"null"), {"client-request.body-is-empty"}),
        (arrived(CANCEL, JSON, ("Content-Length", "1"), body=b"{"), {"client-request.body-is-empty"}),
        (arrived(CANCEL + "?name=x", LENGTH_0), {"client-request.no-foreign-query"}),
        (arrived(CANCEL + "?force", LENGTH_0), {"client-request.no-foreign-query"}),
    ],
)
def test_what_official_clients_send(exchange: Exchange, breaks: set[str]) -> None:
    assert broken(turn(exchange)) == breaks


@pytest.mark.parametrize(
    ("id_", "target", "breaks"),
    [
        ("a:b", "a:b:cancel", set()),
        ("a:b", "a%3Ab:cancel", set()),
        ("a?b#c%2Fd", "a%3Fb%23c%252Fd:cancel", set()),
        ("a b", "a%20b:cancel", set()),
        ("a b", "a b:cancel", {"client-request.name-is-escaped"}),
        ("a b", "a+b:cancel", ANOTHER),
        ("é?#", "%C3%A9", {"client-request.verb-is-kept"}),
        ("a?b", "a?b:cancel", {"client-request.verb-is-kept"}),
        ("é", "%E9:cancel", {"client-request.name-is-escaped"}),
        ("é", r"\xc3\xa9:cancel", ANOTHER),
        ("100%", "100%:cancel", {"client-request.name-is-escaped"}),
        ("a", "a%3Acancel", {"client-request.verb-is-kept"}),
        ("a", "a:Cancel", {"client-request.verb-is-kept"}),
        ("a", "b:cancel", ANOTHER),
        ("a:cancel", "a:cancel", ANOTHER),
        ("a:cancel", "a:cancel:cancel", set()),
    ],
)
def test_how_a_name_becomes_a_path(id_: str, target: str, breaks: set[str]) -> None:
    found = broken(turn(arrived(f"/v1/{PARENT}/{target}", LENGTH_0), name=f"{PARENT}/{id_}", outcome=Outcome.RPC_ERROR))
    assert found == breaks


@pytest.mark.parametrize("id_", ["a b&c=d+e%f", "é", "a:b"])
def test_the_routing_header_may_escape_as_a_form_does(id_: str) -> None:
    from urllib.parse import quote, quote_plus

    for value in (quote(f"{PARENT}/{id_}"), quote(f"{PARENT}/{id_}", safe=""), quote_plus(f"{PARENT}/{id_}")):
        header = ("x-goog-request-params", f"name={value}")
        kept = turn(arrived(f"/v1/{PARENT}/{quote(id_)}:cancel", LENGTH_0, header), name=f"{PARENT}/{id_}")
        assert broken(kept) == set()


def test_a_method_that_the_path_does_not_bind() -> None:
    put = turn(arrived(CANCEL, LENGTH_0, method="PUT"), outcome=Outcome.RPC_ERROR)
    assert broken(put) == {"client-request.method-is-bound"}
    look_first = turn(arrived(f"/v1/{PARENT}/op-1", method="GET"), arrived(CANCEL, LENGTH_0, number=2))
    assert broken(look_first) == set()
    delete = turn(arrived(CANCEL, LENGTH_0), arrived(f"/v1/{PARENT}/op-1", method="DELETE", number=2))
    assert broken(delete) == {"client-request.nothing-else-is-called"}


def test_a_get_has_no_parameters_either() -> None:
    shown = {"name": f"{PARENT}/op-1", "done": False, "response": False}

    def get(query: str) -> Turn:
        answer = Response(200, (JSON,), json.dumps({"name": f"{PARENT}/op-1"}).encode())
        looked = arrived(f"/v1/{PARENT}/op-1{query}", method="GET", outcome=answer)
        return turn(looked, method=Method.GET, operation=shown)

    assert broken(get("?$alt=json")) == broken(get("")) == set()
    assert broken(get("?view=FULL")) == {"client-request.no-foreign-query"}


def test_a_get_is_sent_and_no_list_in_its_place() -> None:
    shown = {"name": f"{PARENT}/op-1", "done": False, "response": False}
    listed = arrived(f"/v1/{PARENT}", method="GET")
    assert broken(turn(listed, method=Method.GET, operation=shown)) == {"client-request.get-is-sent"}
    assert broken(turn(listed, method=Method.GET, outcome=Outcome.DECODE_ERROR)) == {"client-request.get-is-sent"}
    assert "client-request.get-is-sent" in broken(turn(method=Method.GET, operation=shown))


def test_what_a_request_is_written_like() -> None:
    """Host, lengths, line ends, and where it is sent to."""
    for field, breaks in (
        (("Host", "127.0.0.1"), {"client-request.host-is-right"}),
        (("Host", "127.0.0.1:1"), set()),
        (("Transfer-Encoding", "chunked"), {"client-request.length-is-unambiguous"}),
        (("x-name", "a\nb"), {"client-request.name-makes-no-header"}),
    ):
        assert broken(turn(arrived(CANCEL, LENGTH_0, field))) == breaks
    astray = arrived(CANCEL, LENGTH_0, origin="http://127.0.0.1:2")
    assert broken(turn(astray)) == {"client-request.endpoint-is-kept"}


def test_refusals_are_answered_and_not_invented() -> None:
    broken_down = arrived(CANCEL, LENGTH_0, outcome=Response(503))
    for code, is_invented in ((Code.UNAVAILABLE, False), (Code.INTERNAL, False), (Code.NOT_FOUND, True)):
        said = turn(broken_down, outcome=Outcome.RPC_ERROR, code=code)
        assert ("client-answer.no-refusal-is-invented" in broken(said)) is is_invented
    assert "client-answer.no-refusal-is-invented" in broken(turn(outcome=Outcome.RPC_ERROR, code=Code.UNIMPLEMENTED))
    refused = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.NOT_FOUND, "no").response)
    assert broken(turn(refused, outcome=Outcome.RPC_ERROR, code=Code.NOT_FOUND)) == set()
    rule = client_rules()["client-answer.no-refusal-is-invented"]
    assert rule.when(turn(broken_down, outcome=Outcome.DECODE_ERROR)), "who says that it cannot read it invents nothing"
    assert not rule.when(turn(outcome=Outcome.CLIENT_ERROR)), "of who sends nothing nothing is known"


def test_a_list_after_a_cancel_is_bound() -> None:
    listed = arrived(f"/v1/{PARENT}", method="GET", number=2)
    assert broken(turn(arrived(CANCEL, LENGTH_0), listed)) == set()


@pytest.mark.parametrize(
    ("target", "breaks"),
    [
        ("/v1/op-1:cancel", {"client-request.name-is-escaped"}),
        ("/v1/:cancel", {"client-request.name-is-escaped"}),
        (f"/v1//{PARENT}/op-1:cancel", {"client-request.name-is-escaped"}),
        ("/google.cloud.beyondcorp.Operations/CancelOperation", {"client-request.method-is-bound"}),
        ("/google.longrunning.Operations/WaitOperation", {"client-request.method-is-bound"}),
    ],
)
def test_what_is_called_over_grpc(target: str, breaks: set[str]) -> None:
    """The rules of HTTP/JSON, which the gate does not apply to gRPC, are left out."""
    wrong = turn(arrived(target, LENGTH_0), outcome=Outcome.RPC_ERROR)
    assert broken(replace(wrong, told=replace(wrong.told, transport="grpc"))) - HTTP_ONLY == breaks
    and_right = turn(arrived(CANCEL, LENGTH_0), arrived("/google.longrunning.Operations/ListOperations", number=2))
    assert broken(replace(and_right, told=replace(and_right.told, transport="grpc"))) - HTTP_ONLY == set()


def test_a_path_that_nothing_binds() -> None:
    for path in (f"/v2/{PARENT}/op-1:cancel", f"/v1/Projects{CANCEL[12:]}", "/v1/operations/op-1:cancel"):
        assert broken(turn(arrived(path, LENGTH_0), outcome=Outcome.RPC_ERROR)) == {"client-request.path-is-bound"}


def test_success_is_not_invented() -> None:
    assert broken(turn()) == {"client-request.cancel-is-sent"}
    assert broken(turn(outcome=Outcome.TRANSPORT_ERROR)) == set()
    garbage = Exchange(1, Request("", "", (), b"\x16\x03"), Failure(FailureKind.MALFORMED, "TLS"), 0.01, 0.01)
    assert broken(turn(garbage)) == {"client-request.cancel-is-sent", "client-request.is-http"}
    refused = envelope(Code.NOT_FOUND, "no").response
    assert broken(turn(arrived(CANCEL, LENGTH_0, outcome=refused))) == {"client-answer.error-is-no-success"}


def test_a_client_that_breaks_on_an_answer() -> None:
    answered = arrived(CANCEL, LENGTH_0)
    assert broken(turn(answered, outcome=Outcome.CLIENT_ERROR)) == {"client-answer.never-breaks-the-client"}
    assert broken(turn(outcome=Outcome.CLIENT_ERROR)) == set()


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (200, "client-retry.success-is-final"),
        (204, "client-retry.success-is-final"),
        (307, None),
        (501, "client-retry.unimplemented-is-final"),
        (404, "client-retry.refusal-is-final"),
        (500, "client-retry.internal-error-is-final"),
        (503, None),
        (401, None),
        (429, None),
        (502, None),
    ],
)
def test_which_answers_are_final(status: int, rule: str | None) -> None:
    twice = [arrived(CANCEL, LENGTH_0, outcome=Response(status), at=number / 100, number=number) for number in (1, 2)]
    assert broken(turn(*twice, outcome=Outcome.RPC_ERROR)) == ({rule} if rule else set())


def test_a_success_is_final_when_it_arrived_whole() -> None:
    """A body that is cut off is no answer yet, and a get may be repeated then."""
    garbled = Response(200, (JSON, ("Content-Length", "4")), b'{"na')
    cut = Response(200, (JSON, ("Content-Length", "68")), b'{"na')
    for answer, breaks in ((garbled, {"client-retry.success-is-final"}), (cut, set())):
        twice = [arrived(CANCEL, LENGTH_0, outcome=answer, at=number / 100, number=number) for number in (1, 2)]
        assert broken(turn(*twice, outcome=Outcome.DECODE_ERROR)) == breaks
    unavailable = arrived(CANCEL, LENGTH_0, outcome=Response(503))
    assert broken(turn(unavailable, arrived(CANCEL, LENGTH_0, at=0.02, number=2))) == set()
    given_up = [arrived(CANCEL, LENGTH_0, at=0.01, number=number) for number in (1, 2)]
    assert broken(turn(*given_up, outcome=Outcome.TRANSPORT_ERROR)) == set()


def test_who_tries_again_reports_what_it_likes() -> None:
    once = unless_repeated(reports(Code.RESOURCE_EXHAUSTED))
    exhausted = arrived(CANCEL, LENGTH_0, outcome=Response(429))
    assert once(turn(exhausted, outcome=Outcome.RPC_ERROR, http_status=429)) is None
    assert once(turn(exhausted, outcome=Outcome.RPC_ERROR, code=Code.UNAVAILABLE)) is not None
    with pytest.raises(NotApplicable):
        once(turn(exhausted, exhausted, outcome=Outcome.TRANSPORT_ERROR))


def test_who_was_answered_otherwise_in_the_end_speaks_of_that() -> None:
    """gcloud tries UNIMPLEMENTED again, until the gate refuses it; that it does is charged elsewhere."""
    judge = if_answered_last(501, reports(Code.UNIMPLEMENTED))
    unimplemented = arrived(CANCEL, LENGTH_0, outcome=Response(501))
    refused = arrived(CANCEL, LENGTH_0, outcome=Response(400), at=0.02, number=2)
    assert judge(turn(unimplemented, outcome=Outcome.RPC_ERROR, code=Code.UNIMPLEMENTED)) is None
    assert judge(turn(unimplemented, outcome=Outcome.RPC_ERROR, code=Code.FAILED_PRECONDITION)) is not None
    with pytest.raises(NotTested):
        judge(turn(unimplemented, refused, outcome=Outcome.RPC_ERROR, code=Code.FAILED_PRECONDITION))


def test_nothing_comes_after_the_reply() -> None:
    late = arrived(CANCEL, LENGTH_0, at=0.5, number=2)
    assert broken(turn(late, outcome=Outcome.TRANSPORT_ERROR)) == {"client-retry.nothing-after-the-reply"}
    on_its_way = arrived(CANCEL, LENGTH_0, at=0.1, number=2)
    assert broken(turn(on_its_way, outcome=Outcome.TRANSPORT_ERROR)) == set()


@pytest.mark.parametrize(
    ("code", "status", "understood"),
    [
        (Code.NOT_FOUND, 404, True),
        (Code.NOT_FOUND, None, True),
        (Code.NOT_FOUND, 400, True),
        (None, 404, True),
        (Code.UNKNOWN, 404, False),
        (None, 400, False),
        (None, None, False),
    ],
)
def test_a_code_counts_before_its_status(code: Code | None, status: int | None, understood: bool) -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, code=code, http_status=status)
    assert (reports(Code.NOT_FOUND)(said) is None) is understood
    assert reports(Code.NOT_FOUND)(turn(arrived(CANCEL))) is not None


def test_codes_of_one_status_are_told_apart_by_a_warning_only() -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, code=Code.INVALID_ARGUMENT, http_status=400)
    assert reports(Code.FAILED_PRECONDITION)(said) is None
    assert keeps_the_code(Code.FAILED_PRECONDITION)(said) is not None


def test_what_is_kept_of_an_error() -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, http_status=502, message="POST http://x: no cancel today")
    assert keeps_the_message("no cancel today")(said) is None
    assert keeps_the_message("never")(said) is not None
    assert keeps_the_code(Code.FAILED_PRECONDITION)(said) is not None
    undecided = turn(arrived(CANCEL), outcome=Outcome.DECODE_ERROR)
    with pytest.raises(NotTested):
        keeps_the_message("x")(undecided)


@pytest.mark.parametrize(
    ("status", "code", "http_status", "is_kept", "has_its_class"),
    [
        (404, Code.NOT_FOUND, 404, True, True),
        (404, None, 404, True, True),
        (404, Code.UNKNOWN, 404, True, True),
        (404, Code.UNKNOWN, None, False, None),
        (404, Code.PERMISSION_DENIED, 404, False, True),
        (404, Code.UNIMPLEMENTED, None, False, False),
        (404, None, None, False, None),
        (400, Code.FAILED_PRECONDITION, None, True, True),
        (418, Code.FAILED_PRECONDITION, None, True, True),
        (418, Code.INTERNAL, None, False, False),
        (408, Code.DEADLINE_EXCEEDED, None, True, True),
        (502, Code.UNAVAILABLE, None, True, True),
        (502, Code.NOT_FOUND, None, False, False),
        (502, None, 502, True, True),
        (502, None, 404, False, False),
    ],
)
def test_what_is_made_of_a_page(
    status: int, code: Code | None, http_status: int | None, is_kept: bool, has_its_class: bool | None
) -> None:
    page = arrived(CANCEL, LENGTH_0, outcome=Response(status, (), b"<html>"))
    said = turn(page, outcome=Outcome.RPC_ERROR, code=code, http_status=http_status)
    assert (keeps_the_status(said) is None) is is_kept
    if has_its_class is None:
        with pytest.raises(NotTested):
            keeps_the_class(said)
    else:
        assert (keeps_the_class(said) is None) is has_its_class


def test_who_tried_again_speaks_of_the_last_answer() -> None:
    first = arrived(CANCEL, LENGTH_0, outcome=Response(408, (), b"<html>"))
    last = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.FAILED_PRECONDITION, "no").response, at=0.02, number=2)
    said = turn(first, last, outcome=Outcome.RPC_ERROR, http_status=400, timeout=1000)
    assert keeps_the_status(said) is None
    assert broken(said) == set()
    assert "client-answer.last-answer-is-told" in broken(replace(said, said=replace(said.said, http_status=408)))
    undecided = turn(first, last, outcome=Outcome.TRANSPORT_ERROR, timeout=1000)
    assert broken(undecided) == {"client-answer.last-answer-is-told"}
    assert broken(replace(undecided, said=replace(undecided.said, at=0.9))) == set(), "its time was over"


RUNNING: Mapping[str, Any] = {"name": "n", "done": False}
CANCELLED: Mapping[str, Any] = {"name": "n", "done": True, "error": {"code": 1, "message": ""}, "response": False}
FAILED: Mapping[str, Any] = {"name": "n", "done": True, "error": {"code": 13}, "response": False}
SUCCEEDED: Mapping[str, Any] = {"name": "n", "done": True, "error": None, "response": True}
SHOWN = {
    (State.RUNNING, None): RUNNING,
    (State.CANCELLED, Code.CANCELLED): CANCELLED,
    (State.FAILED, Code.INTERNAL): FAILED,
    (State.SUCCEEDED, None): SUCCEEDED,
}


@pytest.mark.parametrize(("state", "code"), SHOWN)
def test_an_operation_is_shown_in_its_state_and_no_other(state: State, code: Code | None) -> None:
    for expected, shown in SHOWN.items():
        said = turn(arrived(f"/v1/{PARENT}/op-1", method="GET"), method=Method.GET, operation=shown)
        assert (shows(state, code)(said) is None) is (expected == (state, code))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.RUNNING, {**RUNNING, "error": {"code": 0}}),
        (State.RUNNING, {**RUNNING, "response": True}),
        (State.CANCELLED, {**CANCELLED, "response": True}),
        (State.CANCELLED, {**CANCELLED, "error": {"code": 499}}),
        (State.SUCCEEDED, {**SUCCEEDED, "response": False}),
    ],
)
def test_an_operation_is_not_shown_half(state: State, shown: Mapping[str, Any]) -> None:
    assert shows(state)(turn(arrived(CANCEL), method=Method.GET, operation=shown)) is not None


def test_a_name_that_is_refused_or_sent() -> None:
    assert is_accepted(turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR)) is None
    refused = turn(name="x", outcome=Outcome.CLIENT_ERROR)
    assert nothing_is_sent(refused) is None
    assert is_accepted(refused) is not None
    assert slash_stays_in_its_segment(refused) is None
    split = turn(arrived(f"/v1/{PARENT}/a/b:cancel", LENGTH_0), name=f"{PARENT}/a/b")
    assert slash_stays_in_its_segment(split) is not None
    escaped = turn(arrived(f"/v1/{PARENT}/a%2fb:cancel", LENGTH_0), name=f"{PARENT}/a/b")
    assert slash_stays_in_its_segment(escaped) is None
    assert broken(split) == {"client-request.cancel-is-sent"}


def test_redirects() -> None:
    moved = arrived(CANCEL, LENGTH_0, outcome=Response(307, (("Location", f"{HERE}/moved{CANCEL}"),)))
    again = arrived("/moved" + CANCEL, LENGTH_0, number=2)
    as_get = arrived("/moved" + CANCEL, method="GET", number=2)
    assert keeps_the_method(turn(moved, again)) is None
    assert keeps_the_method(turn(moved, outcome=Outcome.RPC_ERROR)) is None
    assert keeps_the_method(turn(moved, as_get, outcome=Outcome.RPC_ERROR)) is not None
    assert keeps_the_method(turn(moved)) is not None
    assert get_is_no_cancel(turn(moved, as_get)) is not None
    assert get_is_no_cancel(turn(moved, again)) is None
    assert broken(turn(moved, again)) == set()


def test_a_look_at_the_operation_is_no_redirect_that_was_followed() -> None:
    """google.api_core's Operation.cancel gets the operation before it cancels it; others get it afterwards."""
    look = f"/v1/{PARENT}/op-1"
    first = arrived(look, method="GET", number=1)
    moved = arrived(CANCEL, LENGTH_0, outcome=Response(307, (("Location", f"/moved{CANCEL}"),)), number=2)
    again = arrived("/moved" + CANCEL, LENGTH_0, number=3)
    as_get = arrived("/moved" + CANCEL, method="GET", number=3)
    last = arrived(look, method="GET", number=4)
    assert keeps_the_method(turn(first, moved, again, last)) is None
    assert keeps_the_method(turn(first, moved, last, outcome=Outcome.RPC_ERROR)) is None
    assert keeps_the_method(turn(first, moved, as_get, last)) is not None
    assert keeps_the_method(turn(first, moved, last)) is not None, "it was not followed, and called a success"


def test_attempts_and_deadlines() -> None:
    attempts = [arrived(CANCEL, at=0.3 * number, number=number) for number in range(4)]
    assert stops_at_its_deadline(turn(*attempts[:1], outcome=Outcome.RPC_ERROR)) is None
    assert stops_at_its_deadline(turn(*attempts, outcome=Outcome.RPC_ERROR)) is not None
    assert attempts_are_limited(turn(*attempts)) is None
    assert attempts_are_limited(turn(*attempts, *attempts)) is not None


def test_attempts_that_each_have_a_whole_deadline() -> None:
    """A timeout that is tried again with a timeout of its own: none of the replies is very late."""
    attempts = [arrived(CANCEL, at=0.05 + 0.04 * number, number=number) for number in range(5)]
    for oracle in (a_call_ends_at_its_deadline, stops_at_its_deadline):
        late = [arrived(CANCEL, at=0.05 + 0.11 * number, number=number) for number in range(3)]
        assert oracle(turn(*late, outcome=Outcome.TRANSPORT_ERROR, at=0.3)) is not None
        assert oracle(turn(*attempts[:2], outcome=Outcome.TRANSPORT_ERROR, at=0.2)) is None


@pytest.mark.parametrize(
    ("body", "coding", "breaks"),
    [
        (gzip.compress(b"{}", mtime=0), "gzip", set()),
        (gzip.compress(b"", mtime=0), "x-gzip", set()),
        (zlib.compress(b"{}"), "deflate", set()),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip, gzip", set()),
        (b"{}", "identity", set()),
        (b"\x8b\x03", "br", set()),
        (gzip.compress(b'{"reason": "x"}', mtime=0), "gzip", {"client-request.body-is-empty"}),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", {"client-request.body-is-empty"}),
        (b"{}", "gzip", {"client-request.body-is-empty"}),
    ],
)
def test_a_content_coding_is_undone_before_the_content_is_judged(body: bytes, coding: str, breaks: set[str]) -> None:
    coded = arrived(CANCEL, JSON, ("Content-Length", str(len(body))), ("Content-Encoding", coding), body=body)
    assert broken(turn(coded)) == breaks


def test_credentials() -> None:
    in_header = credentials_are_in_the_header(lambda text: "secret" in text)
    at_home = credentials_stay_with_their_origin(lambda text: "secret" in text)
    bearer = ("Authorization", "Bearer secret")
    assert in_header(turn(arrived(CANCEL, bearer))) is None
    assert in_header(turn(arrived(CANCEL, bearer, ("x-token", "secret")))) is not None
    assert in_header(turn(arrived(CANCEL + "?access_token=secret"))) is not None
    assert in_header(turn(arrived(CANCEL, bearer, body=b"secret"))) is not None
    with pytest.raises(NotApplicable):
        in_header(turn(arrived(CANCEL)))
    elsewhere = arrived("/moved" + CANCEL, bearer, number=2, origin="http://localhost:2")
    assert at_home(turn(arrived(CANCEL, bearer), elsewhere)) is not None
    assert (
        at_home(turn(arrived(CANCEL, bearer), arrived("/moved" + CANCEL, number=2, origin="http://localhost:2")))
        is None
    )
    with pytest.raises(NotApplicable):
        at_home(turn(arrived(CANCEL)))


def test_a_credential_of_the_drivers_own_stays_at_home_too() -> None:
    at_home = credentials_stay_with_their_origin(lambda text: "secret" in text)
    theirs = ("Authorization", "Basic dGhlaXI6b3du")
    there = arrived("/moved" + CANCEL, theirs, number=2, origin="http://localhost:2")
    assert at_home(turn(arrived(CANCEL, theirs), there)) is not None
    assert at_home(turn(arrived(CANCEL, theirs))) is None


@pytest.mark.parametrize(
    "header",
    [
        ("Cookie", f"session=theirs; token={TOKEN}"),
        ("Authorization", "Basic " + base64.b64encode(f"oauth2:{TOKEN}".encode()).decode()),
        ("Authorization", "Basic " + base64.b64encode(TOKEN.encode()).decode()),
        ("X-Token", "".join(f"%{byte:02X}" for byte in TOKEN.encode())),
        ("X-Token", TOKEN),
    ],
)
def test_our_token_is_known_and_shown_in_every_spelling_and_what_is_theirs_is_masked(header: tuple[str, str]) -> None:
    seen = arrived(CANCEL, header)
    (shown,) = masking_of([seen]).exchange(seen).request.headers[-1:]
    assert carries_token(header[1])
    assert shown[1] == header[1].replace("theirs", "[secret 1]")
    theirs = arrived(CANCEL, ("Authorization", "Basic " + "QUJD" * 20))
    assert masking_of([theirs]).exchange(theirs).request.headers[-1][1] == "Basic [secret 1]"
    assert not carries_token("Basic " + "QUJD" * 20)


def test_a_token_that_is_cut_off_is_still_known() -> None:
    assert carries_what_was_the_token(f"Bearer {TOKEN[:-4]}")
    assert carries_what_was_the_token(f"Bearer {TOKEN}")
    assert not carries_token(f"Bearer {TOKEN[:-4]}")
    assert not carries_what_was_the_token("Bearer lro")
    assert not carries_what_was_the_token("Bearer theirs-and-not-ours")


def test_the_two_forms_of_an_error_say_the_same() -> None:
    for code in (Code.NOT_FOUND, Code.FAILED_PRECONDITION):
        wrapped, bare = envelope(code, "why").response, bare_status(code, "why").response
        assert wrapped.status == bare.status == code.http_status
        assert json.loads(wrapped.body)["error"]["code"] == code.http_status
        assert json.loads(bare.body)["code"] == int(code)
    assert isinstance(arrived(CANCEL).call, Call)


@pytest.mark.parametrize(
    ("said", "breaks"),
    [
        ({"outcome": Outcome.TRANSPORT_ERROR, "message": "request timed out"}, {"client-retry.deadline-is-used"}),
        ({"outcome": Outcome.TRANSPORT_ERROR, "message": "connection reset by peer"}, set()),
        ({"outcome": Outcome.DECODE_ERROR, "message": "a timestamp cannot be read"}, set()),
    ],
)
def test_who_says_that_time_is_over_has_waited_for_it(said: Mapping[str, Any], breaks: set[str]) -> None:
    """5 for 5000: a driver that takes milliseconds for seconds gives up before the answer is there."""
    assert broken(turn(arrived(CANCEL, LENGTH_0), timeout=5000, **said)) == breaks
    assert broken(turn(arrived(CANCEL, LENGTH_0), timeout=5000, at=4.9, **said)) == set()


@pytest.mark.parametrize(
    ("fields", "breaks"),
    [
        ([("Authorization", "Bearer t")], set()),
        ([("authorization", "bearer  t")], set()),
        ([], {"client-request.credentials-are-whole"}),
        ([("Authorization", "Bearer")], {"client-request.credentials-are-whole"}),
        ([("Authorization", "Bearer t"), ("Authorization", "Bearer t")], {"client-request.credentials-are-whole"}),
    ],
)
def test_a_token_that_is_sent_once_is_sent_always(fields: list[tuple[str, str]], breaks: set[str]) -> None:
    sent = turn(arrived(CANCEL, LENGTH_0, *fields))
    assert broken(replace(sent, credential="Bearer t")) == breaks
    assert broken(sent) == set(), "a driver need not use the token"
    elsewhere = replace(sent.arrived[0], origin="http://localhost:2")
    assert "client-request.credentials-are-whole" not in broken(
        replace(sent, arrived=(elsewhere,), credential="Bearer t")
    )


PLACE = "projects/p1/locations/us-central1"
LISTS = f"/v1/{PLACE}/operations"
FIRST = Response(200, (JSON,), b'{"operations": [{"name": "a"}], "nextPageToken": "t=&"}')
SECOND = Response(200, (JSON,), b'{"operations": [{"name": "b"}]}')
RUNS = {"done": False, "response": False}


@pytest.mark.parametrize(
    ("second", "shown", "complains"),
    [
        ("?pageToken=t%3D%26", "ab", None),
        ("?page_token=t%3D%26", "ab", None),
        ("?pageToken=t%3D%26", "a", "the list has a running, b running; the client shows a running"),
        ("?pageToken=t=&", "ab", "the next page has the token 't=&', and the client asked for 't='"),
        ("", "ab", "the next page has the token 't=&', and the client asked for ''"),
        (None, "a", "the list goes on at the page token 't=&', and the client did not ask for that page"),
    ],
)
def test_all_pages_of_a_list_are_shown(second: str | None, shown: str, complains: str | None) -> None:
    pages = [arrived(LISTS, method="GET", outcome=FIRST)]
    if second is not None:
        pages.append(arrived(LISTS + second, method="GET", outcome=SECOND, at=0.015, number=2))
    listed = turn(*pages, name=PLACE, method=Method.LIST, operations=tuple({"name": name, **RUNS} for name in shown))
    complaint = shows_a_list(listed)
    assert (complaint.message if complaint else None) == complains
    assert broken(listed) == ({"client-retry.success-is-final"} if second == "" else set())


def test_a_list_goes_to_the_parent_that_was_told() -> None:
    elsewhere = arrived("/v1/projects/p2/locations/us-central1/operations", method="GET", outcome=SECOND)
    listed = turn(elsewhere, name=PLACE, method=Method.LIST, operations=())
    assert broken(listed) == {"client-request.list-is-sent", "client-request.name-is-escaped"}
    assert broken(replace(listed, arrived=())) == {"client-request.list-is-sent"}
