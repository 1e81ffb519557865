"""Faults of the form of what is sent: no HTTP, a wrong Host, two lengths, and a name that becomes a header field."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client, Final, connected
from conformance.sdk.honest_driver import headers as honest_headers

Fields = Mapping[str, str]
Write = Callable[[str, str, str, Fields, bytes | None], bytes]
"""A request as bytes, of verb, authority, target, header fields and body."""


def request_bytes(verb: str, authority: str, target: str, fields: Fields, body: bytes | None, *more: str) -> bytes:
    """A request as it should be, with `more` lines in its head."""
    length = () if verb == "GET" else (f"Content-Length: {len(body or b'')}",)
    lines = (
        f"{verb} {target} HTTP/1.1",
        f"Host: {authority}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in fields.items()),
        *length,
        *more,
    )
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def _writing(honest: Client, write: Write, verbs: tuple[str, ...] = ("GET", "POST")) -> Client:
    """The client, writing its requests itself; those of other verbs it leaves to the honest one."""

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        if verb not in verbs:
            return honest.send(verb, origin, target, fields, body, left)
        authority = urlsplit(origin).netloc
        with closing(connected(origin, left)) as wire:
            wire.sendall(write(verb, authority, target, fields, body))
            wire.shutdown(socket.SHUT_WR)
            response = Final(wire, method=verb)
            response.begin()
            return Answer(response.status, response.read(), response.getheader("Location"))

    return replace(honest, send=send)


def _no_token(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "Authorization"}


def _without(data: bytes, field: bytes) -> bytes:
    """The request without a header field."""
    head, end, body = data.partition(b"\r\n\r\n")
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(field + b":")) + end + body


@fault("client-request.is-http")
def length_is_too_short(honest: Client) -> Client:
    """Declares that a body of two bytes has none; the rest is the start of what cannot be a request."""
    return _writing(
        honest,
        lambda *request: request_bytes(*request).replace(b"Content-Length: 2", b"Content-Length: 0"),
        ("POST",),
    )


@fault("client-request.is-http")
def line_end_follows_the_body(honest: Client) -> Client:
    """Ends the body of a cancel with a line end that its length does not count, as old browsers did."""
    return _writing(honest, lambda *request: request_bytes(*request) + b"\r\n", ("POST",))


@fault("client-request.is-http")
def length_is_too_long(honest: Client) -> Client:
    """Declares a body that is longer than what it sends, and hangs up."""
    return _writing(
        honest,
        lambda *request: request_bytes(*request).replace(b"Content-Length: 2", b"Content-Length: 20"),
        ("POST",),
    )


@fault("client-request.is-http")
def get_has_a_length_and_no_body(honest: Client) -> Client:
    """Declares a body for a get, and sends none."""
    return _writing(honest, lambda *request: request_bytes(*request, "Content-Length: 2"), ("GET",))


@fault("client-request.is-http")
def field_has_a_space_in_its_name(honest: Client) -> Client:
    """Writes a space before the colon of a header field, which a server has to refuse."""
    return _writing(honest, lambda *request: request_bytes(*request, "X-Client : lro/1"))


@fault("client-request.is-http")
def target_is_that_for_a_proxy(honest: Client) -> Client:
    """Sends the whole URL in the request line, as to a proxy."""

    def write(verb: str, host: str, target: str, fields: Fields, body: bytes | None) -> bytes:
        return request_bytes(verb, host, f"http://{host}{target}", fields, body)

    return _writing(honest, write)


@fault("client-request.is-http")
def accepts_trailers_behind_the_back(honest: Client) -> Client:
    """Sends TE and does not name it in Connection, so that it may pass a proxy that knows nothing of it."""
    return _writing(honest, lambda *request: request_bytes(*request, "TE: trailers"), ("GET",))


@fault("client-request.is-http")
def expects_to_go_on_without_a_body(honest: Client) -> Client:
    """Expects 100-continue of every request, also where nothing is left to send."""
    return _writing(honest, lambda *request: request_bytes(*request, "Expect: 100-continue"), ("GET",))


@fault("client-request.method-is-bound")
def overrides_the_method(honest: Client) -> Client:
    """Asks with a header field for a cancel to be taken for a PUT, as it was before proxies let only POST pass."""

    def headers(method: str, name: str) -> dict[str, str]:
        return honest.headers(method, name) | ({"X-HTTP-Method-Override": "PUT"} if method == "cancel" else {})

    return replace(honest, headers=headers)


@fault("client-request.body-is-empty")
def body_begins_with_a_mark(honest: Client) -> Client:
    """Writes a byte order mark before its `{}`, which no JSON text has."""
    return replace(honest, body=lambda _name: b"\xef\xbb\xbf{}")


@fault("client-request.host-is-right")
def has_no_host(honest: Client) -> Client:
    """Leaves Host out, as clients of HTTP/1.0 did."""
    return _writing(honest, lambda *request: _without(request_bytes(*request), b"Host"))


@fault("client-request.host-is-right")
def host_has_no_port(honest: Client) -> Client:
    """Leaves the port out of Host."""
    return _writing(honest, lambda verb, host, *rest: request_bytes(verb, host.partition(":")[0], *rest))


@fault("client-request.host-is-right")
def host_is_there_twice(honest: Client) -> Client:
    """Adds a Host of its own to that of its HTTP library."""
    return _writing(honest, lambda verb, host, *rest: request_bytes(verb, host, *rest, f"Host: {host}"))


@fault("client-request.host-is-right")
def host_is_that_of_production(honest: Client) -> Client:
    """Sends the Host of the service, whatever endpoint it is given."""
    return _writing(honest, lambda verb, _, *rest: request_bytes(verb, "beyondcorp.googleapis.com", *rest))


@fault("client-request.length-is-unambiguous")
def declares_both_lengths(honest: Client) -> Client:
    """Sends Content-Length beside Transfer-Encoding; two servers may read two requests of it."""

    def write(verb: str, host: str, target: str, fields: Fields, body: bytes | None) -> bytes:
        head, end, content = request_bytes(verb, host, target, fields, body).partition(b"\r\n\r\n")
        return head + b"\r\nTransfer-Encoding: chunked" + end + b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)

    return _writing(honest, write, ("POST",))


@fault("client-request.length-is-unambiguous")
def declares_its_length_twice(honest: Client) -> Client:
    """Adds a Content-Length of its own to that of its HTTP library."""
    return _writing(honest, lambda *request: request_bytes(*request, "Content-Length: 2"), ("POST",))


@fault("client-request.endpoint-is-kept")
def remembers_where_it_was_sent(honest: Client) -> Client:
    """Follows a redirect to another host, and sends every later call there."""
    moved: list[str] = []

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        if moved:
            return honest.send(verb, moved[0], target, _no_token(fields), body, left)
        answer = honest.send(verb, origin, target, fields, body, left)
        if answer.status != 307 or not answer.location or urlsplit(answer.location).hostname != "localhost":
            return answer
        moved[:] = [answer.location]
        return honest.send(verb, answer.location, urlsplit(answer.location).path, _no_token(fields), body, left)

    return replace(honest, send=send)


@fault("client-request.name-makes-no-header", "client-request.routing-header-agrees")
def name_is_written_into_a_header(honest: Client) -> Client:
    """Writes the name into a header field with its line ends; what follows them is a field of its own."""

    def routed(method: str, name: str) -> dict[str, str]:
        plain = honest_headers(method, name)
        return plain | {"x-goog-request-params": f"name={name}"} if "\r\n" in name else plain

    return replace(_writing(honest, request_bytes), headers=routed)


@fault("client-request.name-makes-no-header")
def nul_gets_into_a_header(honest: Client) -> Client:
    """Writes the name into a header field for its logs, with whatever it has."""

    def logged(method: str, name: str) -> dict[str, str]:
        plain = honest_headers(method, name)
        return plain | {"x-operation": name} if name.isascii() and "\r" not in name else plain

    return replace(_writing(honest, request_bytes), headers=logged)


@fault("client-request.credentials-are-whole")
def token_comes_twice(honest: Client) -> Client:
    """Adds the token to that of its HTTP library, so that there are two fields Authorization."""

    def write(verb: str, host: str, target: str, fields: Fields, body: bytes | None) -> bytes:
        return request_bytes(verb, host, target, fields, body, f"Authorization: {fields.get('Authorization', '')}")

    return _writing(honest, write)


def _with_token(honest: Client, spell: Callable[[str, str], str]) -> Client:
    """The client, with another value of Authorization; `spell` is given the method and the honest one."""

    def headers(method: str, name: str) -> dict[str, str]:
        plain = honest.headers(method, name)
        spelled = spell(method, plain.get("Authorization", ""))
        return (
            {**plain, "Authorization": spelled}
            if spelled
            else {key: plain[key] for key in plain if key != "Authorization"}
        )

    return replace(honest, headers=headers)


@fault("client-request.credentials-are-whole")
def token_is_cut_off(honest: Client) -> Client:
    """Sends the first part of the token only."""
    return _with_token(honest, lambda _, value: value[:30])


@fault("client-request.credentials-are-whole")
def token_is_quoted(honest: Client) -> Client:
    """Puts the token in quotation marks."""
    return _with_token(honest, lambda _, value: value.replace("Bearer ", 'Bearer "') + '"')


@fault("client-request.credentials-are-whole")
def token_is_basic(honest: Client) -> Client:
    """Sends the token under another scheme."""
    return _with_token(honest, lambda _, value: value.replace("Bearer", "Basic"))


@fault("client-request.credentials-are-whole")
def get_has_no_token(honest: Client) -> Client:
    """Sends the token with a cancel, and not with a get."""
    return _with_token(honest, lambda method, value: "" if method == "get" else value)


@fault("client-request.credentials-are-whole")
def first_call_has_the_token(honest: Client) -> Client:
    """Sends the token with the first call of all: the connection is known then."""
    seen: list[str] = []

    def spell(_method: str, value: str) -> str:
        seen.append(value)
        return value if len(seen) == 1 else ""

    return _with_token(honest, spell)


@fault("client-request.credentials-are-whole")
def next_page_has_no_token(honest: Client) -> Client:
    """Sends the token with the first page of a list."""

    def send(verb: str, origin: str, target: str, fields: Fields, *rest: Any) -> Answer:
        return honest.send(verb, origin, target, _no_token(fields) if "pageToken=" in target else fields, *rest)

    return replace(honest, send=send)


@fault("client-request.credentials-are-whole")
def first_attempt_has_the_token(honest: Client) -> Client:
    """Sends the token with the first attempt only."""
    attempts: list[int] = [0]

    def headers(method: str, name: str) -> dict[str, str]:
        attempts[0] = 0
        return honest.headers(method, name)

    def send(verb: str, origin: str, target: str, fields: Fields, *rest: Any) -> Answer:
        attempts[0] += 1
        return honest.send(verb, origin, target, fields if attempts[0] == 1 else _no_token(fields), *rest)

    return replace(honest, headers=headers, send=send)
