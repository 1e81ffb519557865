"""In process, by ASGI and over a socket: the same requests get the same answers, byte for byte."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.lro.clock import VirtualClock
from conformance.server.reference import in_process
from conformance.server.reference.asgi import application
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.build import reference_service
from conformance.server.reference.flavour import FLAVOURS, Flavour
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour

from .caller import PARENT

Sent = tuple[str, str, tuple[tuple[str, str], ...], bytes]
Answer = tuple[int, Counter[tuple[str, str]], bytes]

AUTH = Auth({"strong": frozenset({CLOUD_PLATFORM}), "weak": frozenset()})


def a_service(flavour: Flavour, auth: Auth | None) -> Service:
    """With operations in it, and always the same."""
    service = reference_service(VirtualClock(), flavour, auth, seed=0)
    for mode in ("run", "done", "cancel-later", "unimplemented"):
        service.store.start(PARENT, Behaviour.of(mode))
    return service


NAMES = [operation.name for operation in a_service(FLAVOURS["default"], None).store.list(PARENT)]
SUFFIXES = st.sampled_from(["", ":cancel", ":Cancel", ":cancel/", "x:cancel", "%2Fx:cancel", "%zz", "%C3%A9:cancel"])
QUERIES = st.sampled_from(["", "?", "?alt=json", "?foo=bar", "?prettyPrint=true", "?name=x", "?%24alt=json", "?a=%"])
PATHS = st.one_of(
    st.builds("/v1/{}{}".format, st.sampled_from(NAMES), SUFFIXES),
    st.sampled_from([f"/v1/{PARENT}/operations", f"/v1/{PARENT}/operations:start", f"/v1/{PARENT}/appConnections"]),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?"), max_size=12).map(
        "/".__add__
    ),
)
METHODS = st.sampled_from(["POST", "POST", "GET", "DELETE", "HEAD", "PUT", "OPTIONS", "BREW"])
HEADERS = st.sets(
    st.sampled_from(
        [
            ("Authorization", "Bearer strong"),
            ("Authorization", "Bearer weak"),
            ("Content-Type", "application/json; charset=UTF-8"),
            ("X-Goog-Request-Params", "name=x"),
        ]
    )
).map(lambda headers: tuple(sorted(headers)))
BODIES = st.one_of(
    st.sampled_from([b"", b"{}", b'{"mode":"done"}', b'{"name":"x"}', b"[]", b"{"]), st.binary(max_size=8)
)
REQUESTS = st.lists(
    st.tuples(METHODS, st.builds("{}{}".format, PATHS, QUERIES), HEADERS, BODIES), min_size=1, max_size=6
)
FLAVOUR = st.sampled_from(sorted(FLAVOURS)).map(FLAVOURS.__getitem__)


def answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return status, Counter(pairs), body


def in_this_process(service: Service, sent: list[Sent]) -> Iterator[Answer]:
    transport = in_process.transport(service)
    for method, target, headers, body in sent:
        request = httpx.Request(
            method,
            "http://reference.invalid/",
            headers=list(headers),
            content=body,
            extensions={"target": target.encode("latin-1")},
        )
        response = transport.handle_request(request)
        yield answer(response.status_code, response.headers.raw, response.read())


def by_asgi(service: Service, sent: list[Sent]) -> Iterator[Answer]:
    app = application(service)
    for method, target, headers, body in sent:
        raw_path, _, query = target.encode("latin-1").partition(b"?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "raw_path": raw_path,
            "query_string": query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        }
        first, second = body[: len(body) // 2], body[len(body) // 2 :]
        incoming = iter(
            [
                {"type": "http.request", "body": first, "more_body": True},
                {"type": "http.request", "body": second, "more_body": False},
            ]
        )
        events: list[MutableMapping[str, Any]] = []
        start, content = asked(app(scope, receiving(incoming), sending(events)), events)
        shown = b"" if method == "HEAD" else content["body"]
        yield answer(start["status"], start["headers"], shown)


def receiving(incoming: Iterator[dict[str, Any]]) -> Any:
    async def receive() -> MutableMapping[str, Any]:
        return next(incoming)

    return receive


def sending(events: list[MutableMapping[str, Any]]) -> Any:
    async def send(event: MutableMapping[str, Any]) -> None:
        events.append(event)

    return send


def asked(coroutine: Any, events: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """Runs an application that has nothing to wait for; what it sent."""
    with pytest.raises(StopIteration):
        coroutine.send(None)
    return events


@given(flavour=FLAVOUR, auth=st.sampled_from([None, AUTH]), sent=REQUESTS)
@settings(max_examples=150)
def test_asgi_answers_as_in_process(flavour: Flavour, auth: Auth | None, sent: list[Sent]) -> None:
    here, there = a_service(flavour, auth), a_service(flavour, auth)
    assert list(in_this_process(here, sent)) == list(by_asgi(there, sent))
    assert [(entry.rpc, entry.call, entry.received_at) for entry in here.log] == [
        (entry.rpc, entry.call, entry.received_at) for entry in there.log
    ]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, list[Service]]]:
    """A server whose service is exchanged for each example, and its host and port."""
    current: list[Service] = [reference_service(VirtualClock(), seed=0)]

    class Whichever:
        def handle(self, request: Any) -> Any:
            return current[0].handle(request)

    with running_server(Whichever()) as url:  # type: ignore[arg-type]
        yield url.removeprefix("http://"), current


@given(flavour=FLAVOUR, auth=st.sampled_from([None, AUTH]), sent=REQUESTS)
@settings(max_examples=60)
def test_socket_answers_as_in_process(
    served: tuple[str, list[Service]], flavour: Flavour, auth: Auth | None, sent: list[Sent]
) -> None:
    address, current = served
    current[0] = a_service(flavour, auth)
    connection = http.client.HTTPConnection(address, timeout=10)
    got = []
    for method, target, headers, body in sent:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        answered = [(name.encode(), value.encode()) for name, value in response.getheaders() if name != "date"]
        got.append(answer(response.status, answered, response.read()))
    connection.close()
    assert got == list(in_this_process(a_service(flavour, auth), sent))
