"""HAR out and in: our own files come back as they went out, and of other people's only what is certain."""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.exchange import Exchange, Failure, FailureKind, Request, Response
from conformance.exchange.har import HarContents, har_of, har_text, read_har
from conformance.exchange.har_entry import OURS

ORIGIN = "http://127.0.0.1:8080"
TARGET = "/v1/projects/demo/locations/us/operations/op-1:cancel"
STARTED = "2026-06-01T10:00:00.000Z"


EMPTY_OBJECT = Response(200, (("Content-Type", "application/json"),), b"{}", "OK")


def exchange(
    outcome: Response | Failure = EMPTY_OBJECT,
    target: str = TARGET,
    body: bytes = b"{}",
    number: int = 1,
    at: float = 0.0,
) -> Exchange:
    request = Request("POST", target, (("Host", "127.0.0.1:8080"), ("Content-Type", "application/json")), body)
    return Exchange(number, request, outcome, at, at + 0.25, check="test_x", origin=ORIGIN, note="cancel")


def round_trip(tmp_path: Path, *exchanges: Exchange) -> tuple[Exchange, ...]:
    path = tmp_path / "traffic.har"
    path.write_text(json.dumps(har_of(exchanges, STARTED)), "utf-8")
    recording = read_har(path)
    assert recording.left_out == recording.contradictions == ()
    return recording.exchanges


# --- our own ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "original",
    [
        exchange(),
        exchange(Response(204, (), b"", "No Content"), body=b""),
        exchange(Response(200, (("X", ""), ("X", "2")), b"\xff\x00\xfe")),
        exchange(body=b"\x80\x81"),
        exchange(target=f"{TARGET}?name=a%2Fb&&x&%zz"),
        exchange(target="http://other.example/v1/x"),
        exchange(target="*"),
        exchange(target="/a#b"),
        exchange(Response(200, (), "é\u2028\x1b".encode())),
        replace(exchange(), request=replace(exchange().request, version="1.0")),
        *(exchange(Failure(kind, "in detail")) for kind in FailureKind),
    ],
)
def test_our_own_exchanges_come_back_as_they_went_out(tmp_path: Path, original: Exchange) -> None:
    (back,) = round_trip(tmp_path, original)
    assert replace(back, origin=ORIGIN) == original
    assert back.note == original.note
    if original.request.target.startswith("/"):
        assert back.origin == ORIGIN


@given(st.binary(), st.binary(), st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_any_bytes_come_back(sent: bytes, answered: bytes, target: str) -> None:
    original = exchange(Response(200, (), answered), f"/{target}", sent)
    with tempfile.TemporaryDirectory() as directory:
        assert round_trip(Path(directory), original) == (original,)


def test_the_document_is_what_other_tools_expect() -> None:
    later = exchange(number=2, at=1.5, target=f"{TARGET}?a=1&b=x%20y")
    log = har_of([exchange(at=0.5), later], STARTED)["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "lro-conformance")
    first, second = log["entries"]
    assert first["startedDateTime"] == "2026-06-01T10:00:00.000000Z"
    assert second["startedDateTime"] == "2026-06-01T10:00:01.000000Z"
    assert first["time"] == sum(first["timings"].values()) == 250.0
    assert second["request"]["url"] == f"{ORIGIN}{TARGET}?a=1&b=x%20y"
    assert second["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "x y"}]
    assert first["request"]["postData"] == {"mimeType": "application/json", "params": [], "text": "{}"}
    assert first["response"]["content"] == {"size": 2, "mimeType": "application/json", "text": "{}"}
    for entry in log["entries"]:
        for message in (entry["request"], entry["response"]):
            assert {"httpVersion", "cookies", "headers", "headersSize", "bodySize"} <= set(message)
        assert {"status", "statusText", "content", "redirectURL"} <= set(entry["response"])
        assert entry["cache"] == {}


def test_a_request_without_an_answer_has_status_0_and_says_why() -> None:
    (entry,) = har_of([exchange(Failure(FailureKind.TIMEOUT, "10 s"))], STARTED)["log"]["entries"]
    assert entry["response"]["status"] == 0
    assert entry["response"]["_error"] == "no complete response within the timeout: 10 s"


def test_no_exchanges_are_a_document_too() -> None:
    assert har_of([], STARTED)["log"]["entries"] == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_text_in_pieces_is_that_document(count: int) -> None:
    exchanges = [exchange(number=number, at=float(number)) for number in range(count)]
    assert json.loads("".join(har_text(exchanges, STARTED))) == har_of(exchanges, STARTED)


def entries_after(tmp_path: Path, edit: Callable[[list[dict[str, Any]]], object]) -> HarContents:
    """Our own file of three calls, read after somebody edited its entries."""
    document = har_of([exchange(number=number, at=number * 10.0) for number in (1, 2, 3)], STARTED)
    edit(document["log"]["entries"])
    path = tmp_path / "edited.har"
    path.write_text(json.dumps(document), "utf-8")
    return read_har(path)


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda second: second["request"].update(url=f"{ORIGIN}/v1/other:cancel"), "url"),
        (lambda second: second["_lro_conformance"].update(target="/v1/other:cancel"), "url"),
        (lambda second: second.update(time=9000), "time"),
        (lambda second: second.update(startedDateTime="2026-06-01T10:00:55.000Z"), "startedDateTime"),
        (
            lambda second: second["_lro_conformance"].update(failure={"kind": "TIMEOUT", "detail": ""}),
            "response",
        ),
    ],
)
def test_an_entry_that_was_edited_beside_our_member_is_named(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], what: str
) -> None:
    recording = entries_after(tmp_path, lambda entries: edit(entries[1]))
    (said,) = recording.contradictions
    assert said.startswith("entry 2: ")
    assert f"{what} " in said
    assert "_lro_conformance" in said
    assert len(recording.exchanges) == 3


def test_an_entry_whose_member_was_taken_out_is_read_as_it_stands(tmp_path: Path) -> None:
    def edit(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            del entry["_lro_conformance"]
        entries[1]["request"]["url"] = f"{ORIGIN}/v1/other:cancel"

    recording = entries_after(tmp_path, edit)
    assert recording.contradictions == ()
    assert recording.exchanges[1].request.target == "/v1/other:cancel"


# --- other people's ---------------------------------------------------------------------------------------------------


def entry(**members: Any) -> dict[str, Any]:
    """An entry as a browser writes it."""
    return {
        "startedDateTime": "2026-06-01T12:00:00.000+02:00",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": f"https://api.example{TARGET}#fragment",
            "httpVersion": "http/2.0",
            "headers": [{"name": ":method", "value": "POST"}, {"name": "content-type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": "{}"},
        },
        "response": {
            "status": 200,
            "statusText": "",
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
        },
        **members,
    }


def read(tmp_path: Path, *entries: Any) -> HarContents:
    path = tmp_path / "foreign.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), "utf-8-sig")
    return read_har(path)


def answer(**members: Any) -> dict[str, Any]:
    return {**entry()["response"], **members}


def left_out(tmp_path: Path, foreign: Any) -> str:
    recording = read(tmp_path, foreign)
    assert recording.exchanges == ()
    (sentence,) = recording.left_out
    assert sentence.startswith("entry 1: ")
    return sentence


def test_an_entry_of_a_browser_is_an_exchange(tmp_path: Path) -> None:
    (read_back,) = read(tmp_path, entry()).exchanges
    assert read_back.request == Request("POST", TARGET, (("content-type", "application/json"),), b"{}")
    assert read_back.response == Response(200, (("content-type", "application/json"),), b"{}")
    assert read_back.origin == "https://api.example"
    assert read_back.received_at - read_back.sent_at == pytest.approx(0.0125, abs=1e-6)
    assert read_back.call is None


def test_bodies_in_base64_are_decoded(tmp_path: Path) -> None:
    text = base64.b64encode(b"\xff{}").decode()
    (read_back,) = read(tmp_path, entry(response=answer(content={"text": text, "encoding": "base64"}))).exchanges
    assert read_back.response is not None
    assert read_back.response.body == b"\xff{}"
    broken = entry(response=answer(content={"text": "!", "encoding": "base64"}))
    assert "base64" in left_out(tmp_path, broken)


@pytest.mark.parametrize(
    "content",
    [{"size": 2}, {}, {"size": -1, "mimeType": "application/json"}, {"size": 9, "text": ""}, None, []],
)
def test_a_body_that_was_not_saved_is_no_empty_body(tmp_path: Path, content: Any) -> None:
    assert "not saved" in left_out(tmp_path, entry(response=answer(content=content)))


def coded(body: bytes, coding: str) -> Any:
    """An answer as a recorder before the decoder saves it: the bytes of the wire in base64."""
    fields = [*answer()["headers"], {"name": "Content-Encoding", "value": coding}]
    return answer(headers=fields, content={"text": base64.b64encode(body).decode(), "encoding": "base64"})


def test_a_body_that_was_saved_compressed_is_unpacked_or_left_out(tmp_path: Path) -> None:
    for response in (coded(gzip.compress(b"{}"), "gzip"), coded(b"{}", "gzip"), coded(b"{}", "br")):
        (read_back,) = read(tmp_path, entry(response=response)).exchanges
        assert read_back.response is not None
        assert read_back.response.body == b"{}"
    unknown = coded(b"\x8b\x00\x80{}\x03", "br")
    assert left_out(tmp_path, entry(response=unknown)).endswith("was saved as it was coded: br")


@pytest.mark.parametrize("headers", [None, {"Content-Type": "application/json"}, []])
def test_fields_that_were_not_saved_are_no_answer_without_fields(tmp_path: Path, headers: Any) -> None:
    assert "header fields" in left_out(tmp_path, entry(response=answer(headers=headers)))
    bare = answer(headers=[], content={"size": 2, "mimeType": "x-unknown", "text": "{}"})
    assert len(read(tmp_path, entry(response=bare)).exchanges) == 1


@pytest.mark.parametrize(
    "response",
    [
        answer(status=204, content={"size": 0}),
        answer(status=204, content={}),
        answer(content={"size": 0}),
        answer(content={"size": 0, "text": ""}),
        answer(content={}, bodySize=0),
        answer(content={}, headers=[{"name": "Content-Length", "value": "0"}]),
    ],
)
def test_a_body_that_is_empty_is_known_to_be(tmp_path: Path, response: Any) -> None:
    (read_back,) = read(tmp_path, entry(response=response)).exchanges
    assert read_back.response is not None
    assert read_back.response.body == b""


@pytest.mark.parametrize(
    "response",
    [answer(status=0, _error="net::ERR_ABORTED"), answer(status=0), answer(status=-1), answer(status="200"), {}, None],
)
def test_a_recording_does_not_blame_the_server_for_a_request_without_an_answer(tmp_path: Path, response: Any) -> None:
    assert "whose fault" in left_out(tmp_path, entry(response=response))


def test_an_error_is_quoted_only_where_it_is_a_known_name(tmp_path: Path) -> None:
    aborted = entry(response=answer(status=0, _error="net::ERR_ABORTED"))
    assert left_out(tmp_path, aborted).endswith("(net::ERR_ABORTED)")
    telling = entry(response=answer(status=0, _error="could not get https://x/?key=secret"))
    assert "secret" not in left_out(tmp_path, telling)


@pytest.mark.parametrize("where", ["entry", "response"])
def test_an_answer_from_a_cache_is_none_of_the_server(tmp_path: Path, where: str) -> None:
    cached = entry(_fromCache="disk") if where == "entry" else entry(response=answer(_fromCache="memory"))
    assert "cache" in left_out(tmp_path, cached)


@pytest.mark.parametrize(
    "url", ["data:text/plain,x", "blob:https://x/1", "ws://x/", "chrome-extension://x/y", "/v1", 1]
)
def test_what_is_no_http_is_left_out(tmp_path: Path, url: Any) -> None:
    assert "URL" in left_out(tmp_path, entry(request={**entry()["request"], "url": url}))


@pytest.mark.parametrize("damaged", [None, 1, "x", [], {}, {"request": 1, "response": 2}, {"request": {"url": []}}])
def test_a_damaged_entry_is_left_out_and_the_rest_is_read(tmp_path: Path, damaged: Any) -> None:
    recording = read(tmp_path, damaged, entry())
    assert len(recording.exchanges) == 1
    assert len(recording.left_out) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"headers": None},
        {"headers": [{"name": 1, "value": "x"}, {"name": "x"}, "x", None]},
        {"postData": None},
        {"postData": {"text": 1}},
        {"postData": []},
    ],
)
def test_missing_members_of_a_request_are_empty(tmp_path: Path, members: dict[str, Any]) -> None:
    (read_back,) = read(tmp_path, entry(request={**entry()["request"], **members})).exchanges
    assert read_back.request.headers == () or read_back.request.body == b""


def test_user_and_password_are_no_part_of_an_origin(tmp_path: Path) -> None:
    foreign = entry(request={**entry()["request"], "url": "https://me:secret@api.example/v1/x"})
    (read_back,) = read(tmp_path, foreign).exchanges
    assert read_back.origin == "https://api.example"
    assert "secret" not in repr(read_back)


def test_a_url_without_a_path_has_one(tmp_path: Path) -> None:
    for url, target in (("https://api.example", "/"), ("https://api.example?x=1", "/?x=1")):
        (read_back,) = read(tmp_path, entry(request={**entry()["request"], "url": url})).exchanges
        assert (read_back.origin, read_back.request.target) == ("https://api.example", target)


def test_order_is_that_of_the_requests_and_not_of_the_file(tmp_path: Path) -> None:
    later = entry(startedDateTime="2026-06-01T12:00:01+02:00")
    numbers = [exchange.number for exchange in read(tmp_path, later, entry()).exchanges]
    assert numbers == [2, 1]


@pytest.mark.parametrize(
    "members",
    [
        {"time": None},
        {"time": 0},
        {"time": -1},
        {"time": "12"},
        {"startedDateTime": "yesterday"},
        {"startedDateTime": 1},
    ],
)
def test_what_has_no_time_precedes_nothing(tmp_path: Path, members: dict[str, Any]) -> None:
    """Otherwise a rule could find that something changed back which was only looked at in another order."""
    unknown, told = read(tmp_path, entry(**members), entry(startedDateTime="2026-06-01T12:01:00+02:00")).exchanges
    assert not unknown.precedes(told)
    assert json.dumps([unknown.sent_at, unknown.received_at], allow_nan=False)


# --- no HAR at all ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [None, [], {}, {"log": []}, {"log": {"entries": {}}}, {"requirements": []}])
def test_what_is_no_har_is_refused(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "x.har"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(UsageError, match="is no HAR file"):
        read_har(path)


def test_a_packed_file_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(gzip.compress(b'{"log": {"entries": []}}'))
    with pytest.raises(UsageError, match=r"(?s)it is packed.*unpack it first"):
        read_har(path)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b'{"log": {"entries": [{'])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not UTF-8" if content == b"\xff\xfe" else "is not JSON"):
        read_har(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_har(tmp_path / "nowhere.har")


def test_every_field_of_an_exchange_is_written_or_left_out_for_a_reason() -> None:
    """HAR has a format of its own: a field that is added to `Exchange` has to be placed in it."""
    in_the_entry = {"request", "outcome", "sent_at", "received_at", "origin"}
    in_our_member = set(har_of([exchange()], STARTED)["log"]["entries"][0][OURS]) - {"target"}
    said_by_the_contract = {"call"}
    only_while_it_runs = {"curl", "wire"}
    placed = in_the_entry | in_our_member | said_by_the_contract | only_while_it_runs
    assert placed == {field.metadata.get("written", field.name) for field in fields(Exchange)}
