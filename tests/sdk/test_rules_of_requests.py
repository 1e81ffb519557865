"""Rules about what a client sends, by requests that official clients were seen to send.

The requests are those of the published clients of Python, Node.js, Go and Java; what is kept and what is not by each is
written beside it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from urllib.parse import quote

import pytest

from conformance.exchange import Exchange, Method, OnWire, Request, Response
from conformance.lro.codes import Code
from conformance.rules.client import (
    LINE_END_AFTER,
    LINE_END_BEFORE,
    is_accepted,
    nothing_is_sent,
    slash_stays_in_its_segment,
)
from conformance.rules.client.turn import Outcome, Turn
from conformance.sdk.answers import envelope

from .turns import (
    ANOTHER,
    CANCEL,
    HERE,
    JSON,
    LENGTH_0,
    LENGTH_2,
    PARENT,
    SUCCESS,
    arrived,
    broken,
    turn,
)


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
    of_a_verb = f"/v1/{PARENT}/op-1:cancel"
    look_first = turn(
        arrived(of_a_verb, method="GET"),
        arrived("/v1/" + quote(f"{PARENT}/op-1:cancel") + ":cancel", LENGTH_0, number=2),
        name=f"{PARENT}/op-1:cancel",
    )
    assert broken(look_first) == set()
    for of_no_call, breaks in (
        ("/v1/operations/op-1:cancel", set()),
        (f"/v1/{PARENT}/op-1", {"client-request.method-is-bound"}),
    ):
        get = turn(arrived(of_no_call, LENGTH_0), method=Method.GET, outcome=Outcome.RPC_ERROR)
        found = broken(replace(get, is_at_once=True)) & {"client-request.method-is-bound"}
        assert found == breaks, "of calls at once it is not known which one it was to be"
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


@pytest.mark.parametrize(
    ("query", "breaks"),
    [
        ("?pageSize=2&page_token=a&$alt=json", set()),
        ("?orderBy=name", {"client-request.no-foreign-query"}),
        ("?name=a", {"client-request.no-foreign-query"}),
    ],
)
def test_a_list_has_the_fields_of_its_request(query: str, breaks: set[str]) -> None:
    parent = PARENT.removesuffix("/operations")
    listed = arrived(f"/v1/{PARENT}{query}", method="GET")
    assert broken(turn(listed, name=parent, method=Method.LIST, operations=())) == breaks


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
        (("X-Client ", "lro/1"), {"client-request.is-http"}),
        (("", "lro/1"), {"client-request.is-http"}),
        (("TE", "trailers"), {"client-request.is-http"}),
        (("Upgrade", "h2c"), {"client-request.is-http"}),
        (("Expect", "100-continue"), {"client-request.is-http"}),
        (("X-HTTP-Method-Override", "DELETE"), {"client-request.method-is-bound"}),
        (("X-HTTP-Method-Override", "POST"), set()),
    ):
        assert broken(turn(arrived(CANCEL, LENGTH_0, field))) == breaks
    for target in (f"{HERE}{CANCEL}", f"HTTP://{HERE.removeprefix('http://')}{CANCEL}"):
        assert broken(turn(arrived(target, LENGTH_0))) == {"client-request.is-http"}
    for line_end in (LINE_END_BEFORE, LINE_END_AFTER):
        assert broken(turn(replace(arrived(CANCEL, LENGTH_0), note=line_end))) == {"client-request.is-http"}
    named = (("TE", "trailers"), ("Connection", "close, te"), ("Upgrade", "h2c"), ("Connection", "Upgrade"))
    with_a_body = arrived(CANCEL, JSON, ("Content-Length", "2"), ("Expect", "100-continue"), *named, body=b"{}")
    assert broken(turn(with_a_body)) == set()
    astray = arrived(CANCEL, LENGTH_0, origin="http://127.0.0.1:2")
    assert broken(turn(astray)) == {"client-request.endpoint-is-kept"}


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
    """The rules that read the bytes of HTTP say nothing."""
    wrong = turn(arrived(target, LENGTH_0), outcome=Outcome.RPC_ERROR)
    assert broken(replace(wrong, request=replace(wrong.request, transport="grpc"))) == breaks
    and_right = turn(arrived(CANCEL, LENGTH_0), arrived("/google.longrunning.Operations/ListOperations", number=2))
    assert broken(replace(and_right, request=replace(and_right.request, transport="grpc"))) == set()


@pytest.mark.parametrize(("word", "breaks"), [("wait", set()), ("", {"client-request.method-is-bound"})])
def test_a_wait_over_grpc_may_be_left_to_the_server(word: str, breaks: set[str]) -> None:
    """A get may not: it is to show the operation as it is now."""
    unimplemented = envelope(Code.UNIMPLEMENTED, "no").response
    left = arrived("/google.longrunning.Operations/WaitOperation", LENGTH_0, outcome=unimplemented)
    done = Response(200, (JSON,), json.dumps({"name": f"{PARENT}/op-1", "done": True, "response": {}}).encode())
    looked = arrived(f"/v1/{PARENT}/op-1", method="GET", outcome=done, number=2)
    shown = {"name": f"{PARENT}/op-1", "done": True, "response": True}
    told = turn(left, looked, method=Method.GET, operation=shown)
    assert broken(replace(told, request=replace(told.request, transport="grpc", word=word))) == breaks


@pytest.mark.parametrize(
    ("call", "method", "more", "breaks"),
    [
        ("CancelOperation", Method.CANCEL, b"", set()),
        ("CancelOperation", Method.CANCEL, b"\x12\x04late", {"client-request.body-is-empty"}),
        ("GetOperation", Method.GET, b"", set()),
        ("GetOperation", Method.GET, b"\x10\x02", {"client-request.no-foreign-query"}),
        ("DeleteOperation", Method.DELETE, b"\x10\x01", {"client-request.no-foreign-query"}),
    ],
)
def test_a_message_has_the_name_and_no_other_field(call: str, method: Method, more: bytes, breaks: set[str]) -> None:
    name = f"{PARENT}/op-1".encode()
    message = b"\x0a" + bytes([len(name)]) + name + more
    on_wire = OnWire(Request("POST", f"/google.longrunning.Operations/{call}", (), message), SUCCESS, HERE)
    verb = {Method.CANCEL: "POST", Method.GET: "GET", Method.DELETE: "DELETE"}[method]
    target = CANCEL if method is Method.CANCEL else f"/v1/{PARENT}/op-1"
    sent = replace(arrived(target, LENGTH_0, method=verb), wire=on_wire)
    over_http = turn(sent, method=method, outcome=Outcome.TRANSPORT_ERROR)
    assert broken(replace(over_http, request=replace(over_http.request, transport="grpc"))) == breaks


def test_a_path_that_nothing_binds() -> None:
    for path in (f"/v2/{PARENT}/op-1:cancel", f"/v1/Projects{CANCEL[12:]}", "/v1/operations/op-1:cancel"):
        assert broken(turn(arrived(path, LENGTH_0), outcome=Outcome.RPC_ERROR)) == {"client-request.path-is-bound"}


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


@pytest.mark.parametrize(
    ("body", "coding", "breaks"),
    [
        (gzip.compress(b"{}", mtime=0), "gzip", set()),
        (gzip.compress(b"", mtime=0), "x-gzip", set()),
        (zlib.compress(b"{}"), "deflate", set()),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip, gzip", set()),
        (b"{}", "identity", set()),
        (b"\xef\xbb\xbf{}", "identity", {"client-request.body-is-empty"}),
        ("{}".encode("utf-16"), "identity", {"client-request.body-is-empty"}),
        (b"\x8b\x03", "br", set()),
        (gzip.compress(b'{"reason": "x"}', mtime=0), "gzip", {"client-request.body-is-empty"}),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", {"client-request.body-is-empty"}),
        (b"{}", "gzip", {"client-request.body-is-empty"}),
    ],
)
def test_a_content_coding_is_undone_before_the_content_is_judged(body: bytes, coding: str, breaks: set[str]) -> None:
    coded = arrived(CANCEL, JSON, ("Content-Length", str(len(body))), ("Content-Encoding", coding), body=body)
    assert broken(turn(coded)) == breaks
