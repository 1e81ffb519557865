"""Faults of how a client reads what comes over the wire, and of what it does with its connections."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.wire import request_bytes
from conformance.sdk.honest_driver import Answer, Client, Final, Reply, Wire, connected

Fields = Mapping[str, str]
Read = Callable[[http.client.HTTPResponse], bytes]
_GZIP = 16 + zlib.MAX_WBITS
"""What tells zlib that there is a head of gzip."""


def _reading(honest: Client, read: Read) -> Client:
    """The client, reading the content of an answer in its own way."""

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            response = Final(wire, method=verb)
            response.begin()
            return Answer(response.status, read(response), response.getheader("Location"))

    return replace(honest, send=send)


def _to_the_end(response: http.client.HTTPResponse) -> bytes:
    """Everything that comes until the server closes, as the request asked it to."""
    content = b""
    while piece := response.fp.read1(65536):
        content += piece
    return content


@fault("client-answer.framing-is-read")
def chunks_are_content(honest: Client) -> Client:
    """Does not know the chunked coding, and takes the sizes of the chunks for content."""
    return _reading(honest, lambda response: _to_the_end(response) if response.chunked else response.read())


def _by_chunks(honest: Client, size_of: Callable[[bytes], int]) -> Client:
    """The client with its own reading of the chunked coding; `size_of` reads the line before a chunk.

    What it cannot read it says as http.client does.
    """

    def read(response: http.client.HTTPResponse) -> bytes:
        if not response.chunked:
            return response.read()
        content, rest, size = b"", _to_the_end(response), 1
        while size:
            line, _, rest = rest.partition(b"\r\n")
            try:
                size = size_of(line)
            except ValueError:
                raise http.client.HTTPException(f"{line!r} has no size of a chunk") from None
            content, rest = content + rest[:size], rest[size + 2 :]
        return content

    return _reading(honest, read)


@fault("client-answer.framing-is-read")
def a_chunk_has_a_size_only(honest: Client) -> Client:
    """Takes the whole line before a chunk for its size, and breaks off at an extension."""
    return _by_chunks(honest, lambda line: int(line, 16))


@fault("client-answer.framing-is-read")
def sizes_of_chunks_are_decimal(honest: Client) -> Client:
    """Reads the size of a chunk as a decimal number where it has digits only."""

    def size_of(line: bytes) -> int:
        size = line.partition(b";")[0]
        return int(size) if size.isdigit() else int(size, 16)

    return _by_chunks(honest, size_of)


@fault("client-answer.framing-is-read", "client-operation.cancelled-is-told", "client-operation.cut-is-no-operation")
def reads_4_kilobytes(honest: Client) -> Client:
    """Reads at most 4096 bytes of an answer."""
    return _reading(honest, lambda response: response.read(4096))


@fault("client-answer.framing-is-read", "client-retry.deadline-is-used", "client-retry.time-over-is-told")
def no_length_is_no_content(honest: Client) -> Client:
    """Takes an answer without Content-Length for one without content."""
    return _reading(
        honest,
        lambda response: response.read() if response.chunked or response.length is not None else b"null",
    )


@fault("client-answer.framing-is-read")
def a_status_has_a_reason(honest: Client) -> Client:
    """Cannot read a status line without a reason phrase."""

    def read(response: http.client.HTTPResponse) -> bytes:
        if not response.reason:
            raise http.client.BadStatusLine("no reason phrase")
        return response.read()

    return _reading(honest, read)


@fault("client-answer.framing-is-read")
def fields_have_a_case(honest: Client) -> Client:
    """Knows `Content-Length` in this spelling only."""
    return _reading(
        honest,
        lambda response: (
            b"null" if {"content-length", "CONTENT-LENGTH"} & dict(response.getheaders()).keys() else response.read()
        ),
    )


@fault("client-answer.framing-is-read")
def heads_are_short(honest: Client) -> Client:
    """Has room for 64 header fields."""

    def read(response: http.client.HTTPResponse) -> bytes:
        if len(response.getheaders()) > 64:
            raise http.client.HTTPException("too many header fields")
        return response.read()

    return _reading(honest, read)


def _by_hand(honest: Client, understood: Callable[[socket.socket], tuple[bytes, bytes]]) -> Client:
    """The client, reading heads itself; `understood` gives the head and the content that it takes for the answer."""

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            head, content = understood(wire)
            if not head.startswith(b"HTTP/1.") or head[9:12] < b"200":
                raise http.client.BadStatusLine("no answer")
            return Answer(int(head[9:12]), content)

    return replace(honest, send=send)


@fault(
    *("client-answer.framing-is-read", "client-operation.cut-is-no-operation"),
    *("client-retry.deadline-is-used", "client-retry.time-over-is-told"),
)
def reads_once(honest: Client) -> Client:
    """Reads once from the socket, and takes what came for the whole answer."""

    def read_once(wire: socket.socket) -> tuple[bytes, bytes]:
        head, end, content = wire.recv(65536).partition(b"\r\n\r\n")
        if not end or b"chunked" in head:
            raise http.client.HTTPException("no whole answer")
        return head, content

    return _by_hand(honest, read_once)


@fault("client-answer.framing-is-read")
def interim_is_final(honest: Client) -> Client:
    """Takes a 100 for the answer, and cannot make anything of it."""

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            if wire.recv(12, socket.MSG_PEEK).endswith(b" 100"):
                raise http.client.HTTPException("100 is no status of a call")
            response = Final(wire, method=verb)
            response.begin()
            return Answer(response.status, response.read(), response.getheader("Location"))

    return replace(honest, send=send)


@fault("client-answer.framing-is-read")
def early_hints_are_final(honest: Client) -> Client:
    """Passes over a 100, and takes any other interim answer for the one that counts, as Python's http.client does."""

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            response = http.client.HTTPResponse(wire, method=verb)
            response.begin()
            if response.status < 200:
                raise http.client.HTTPException(f"{response.status} is no status of a call")
            return Answer(response.status, response.read(), response.getheader("Location"))

    return replace(honest, send=send)


@fault("client-answer.message-is-kept", "client-operation.message-is-kept", "client-operation.name-is-kept")
def reads_latin_1(honest: Client) -> Client:
    """Takes the bytes of JSON for Latin-1."""
    return replace(
        honest,
        understand=lambda method, answer: honest.understand(
            method, replace(answer, body=answer.body.decode("latin-1").encode("utf-8"))
        ),
    )


@fault("client-answer.framing-is-read")
def chunked_is_lower_case(honest: Client) -> Client:
    """Knows the chunked coding in lower case, and takes the answer in any other for one without content."""
    return _reading(
        honest, lambda response: b"" if response.getheader("Transfer-Encoding") == "Chunked" else response.read()
    )


@fault("client-answer.coding-is-undone")
def gzip_is_lower_case(honest: Client) -> Client:
    """Undoes gzip in lower case, and leaves it in capitals."""

    def read(response: http.client.HTTPResponse) -> bytes:
        content = response.read()
        return gzip.decompress(content) if response.getheader("Content-Encoding") == "gzip" else content

    return _reading(gzip_is_left(honest), read)


@fault("client-answer.coding-is-undone")
def inflates_4_kilobytes(honest: Client) -> Client:
    """Undoes gzip into a buffer of 4096 bytes."""

    def read(response: http.client.HTTPResponse) -> bytes:
        content = response.read()
        is_coded = (response.getheader("Content-Encoding") or "").lower() == "gzip"
        return zlib.decompressobj(_GZIP).decompress(content, 4096) if is_coded else content

    return _reading(gzip_is_left(honest), read)


@fault("client-answer.coding-is-undone")
def gzip_of_errors_is_left(honest: Client) -> Client:
    """Undoes gzip in a success only; of an error it tells the status, and the code where it can read one."""

    def read(response: http.client.HTTPResponse) -> bytes:
        content = response.read()
        is_coded = response.status < 300 and (response.getheader("Content-Encoding") or "").lower() == "gzip"
        return gzip.decompress(content) if is_coded else content

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {**reply, "code": None} if answer.status >= 300 and answer.body.startswith(b"\x1f\x8b") else reply

    return replace(_reading(gzip_is_left(honest), read), understand=understand)


@fault("client-answer.coding-is-undone")
def gzip_is_left(honest: Client) -> Client:
    """Says that it accepts gzip, and does not undo it."""
    return replace(honest, headers=lambda method, name: {**honest.headers(method, name), "Accept-Encoding": "gzip"})


@fault("client-retry.next-call-gets-through")
def broken_for_good(honest: Client) -> Client:
    """Is never well again once a connection has broken, for the pool that has it is never mended."""
    broken: list[OSError] = []

    def send(*request: Any) -> Answer:
        if broken and broken[0].args and request[2].endswith(("-connection-second:cancel", "-connection-second")):
            raise broken.pop()
        try:
            return honest.send(*request)
        except ConnectionError as error:
            broken[:] = [error]
            raise

    return replace(honest, send=send)


class _Pool:
    """One connection to each origin, kept from call to call; `keeps` says after which errors it still is."""

    def __init__(self, *keeps: type[OSError]) -> None:
        self.wires: dict[str, Wire] = {}
        self.keeps = keeps

    def send(self, verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        """One request and its answer over the connection that there is."""
        wire = self.wires.get(origin)
        if wire is None:
            wire = self.wires[origin] = connected(origin, left)
        wire.settimeout(max(left, 0.001))
        wire.end = time.monotonic() + left
        data = request_bytes(verb, urlsplit(origin).netloc, target, fields, body)
        try:
            wire.sendall(data.replace(b"Connection: close\r\n", b""))
            response = Final(wire, method=verb)
            response.begin()
            answer = Answer(response.status, response.read(), response.getheader("Location"))
        except OSError as error:
            if not isinstance(error, self.keeps):
                del self.wires[origin]
                wire.close()
            raise
        if response.will_close:
            del self.wires[origin]
            wire.close()
        return answer


def _late(honest: Client, method: str) -> Client:
    """The client, with one connection for the calls of a scenario, which it keeps when a call's time is over."""
    pool = _Pool(TimeoutError)
    about = f"/{method}late-answer"

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        is_about_it = about in target and "-control" not in target
        return (pool.send if is_about_it else honest.send)(verb, origin, target, fields, body, left)

    return replace(honest, send=send)


@fault("client-answer.belongs-to-its-request", "client-operation.name-is-kept")
def late_operation_is_the_next(honest: Client) -> Client:
    """Takes the answer to a get that it gave up waiting for for that of its next one."""
    return _late(honest, "get-")


@fault("client-answer.belongs-to-its-request", "client-answer.error-is-no-success")
def late_success_is_the_next(honest: Client) -> Client:
    """Takes the answer to a cancel that it gave up waiting for for that of its next one."""
    return _late(honest, "")


@fault("client-retry.silent-close-is-noticed")
def uses_a_closed_connection(honest: Client) -> Client:
    """Keeps a connection that the server has closed, and fails the next call over it."""
    pool = _Pool()

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        is_about_it = "closed-connection" in target and "-control" not in target
        return (pool.send if is_about_it else honest.send)(verb, origin, target, fields, body, left)

    return replace(honest, send=send)


@fault("client-answer.belongs-to-its-request", "client-answer.error-is-no-success")
def what_is_left_over_is_the_next(honest: Client) -> Client:
    """Keeps what it has read beyond an answer, and takes it for the beginning of the answer to its next call."""
    kept: dict[str, bytes] = {}

    def send(verb: str, origin: str, target: str, fields: Fields, body: bytes | None, left: float) -> Answer:
        if "answer-to-nothing" not in target or "-control" in target:
            return honest.send(verb, origin, target, fields, body, left)
        read = kept.pop(origin, b"")
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            while not (whole := re.match(rb"HTTP/1.1 (\d+).*?Content-Length: (\d+).*?\r\n\r\n(.+)", read, re.DOTALL)):
                read += wire.recv(65536)
        status, length, rest = int(whole[1]), int(whole[2]), whole[3]
        kept[origin] = rest[length:]
        return Answer(status, rest[:length])

    return replace(honest, send=send)
