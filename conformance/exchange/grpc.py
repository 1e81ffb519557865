"""A call over gRPC as it was on the wire, in words: its method, its message field by field, its status, grpcurl.

A message is read by the wire format of Protocol Buffers, without its descriptor. So a field that the method does not
have is shown, too.
"""

from __future__ import annotations

import json
import shlex
import struct
from collections.abc import Iterator
from typing import Any

from conformance.exchange.message import Request, Response
from conformance.lro.codes import code_numbered
from conformance.secrets.looks import is_secret_field

CONTENT_TYPE = "application/grpc"
_NAMES = {1: "name"}
"""The fields of the requests of google.longrunning.Operations that the gate has seen named."""

_PROTO = "google/longrunning/operations.proto"


def is_grpc(request: Request) -> bool:
    """Whether a request is a call over gRPC."""
    return (request.header("content-type") or "").startswith(CONTENT_TYPE)


def fields_of(message: bytes) -> list[tuple[int, Any]]:
    """The fields of a message in their order: number, and value as text, or as hexadecimal where it is not text.

    Bytes that are not a message become one field with the number 0.
    """
    try:
        return list(_fields(message))
    except (IndexError, struct.error):
        return [(0, message.hex())]


def call_as_json(request: Request, outcome: object) -> dict[str, Any]:
    """What a report shows of a call: method, message, status, trailers."""
    shown: dict[str, Any] = {
        "method": request.path.removeprefix("/"),
        "metadata": [list(header) for header in request.headers if header[0].lower() != "content-type"],
        "message": [[_NAMES.get(number, number), value] for number, value in fields_of(request.body)],
    }
    if isinstance(outcome, Response):
        shown["status"] = status_of(outcome)
        shown["trailers"] = [list(header) for header in outcome.headers if header[0].lower() != "content-type"]
        shown["answer"] = [list(field) for field in fields_of(outcome.body)]
    return shown


def call_in_words(request: Request) -> str:
    """A call in a line: `CancelOperation name: "…"`."""
    fields = ", ".join(f"{_NAMES.get(number, number)}: {value!r}" for number, value in fields_of(request.body))
    return f"{request.path.rpartition('/')[2]} {fields}".rstrip()


def answer_in_words(response: Response) -> str:
    """An answer in a line: its status, and the message of an error."""
    message = response.header("grpc-message")
    return status_of(response) + (f": {message}" if message else "")


def status_of(response: Response) -> str:
    """The name of a call's status."""
    number = response.header("grpc-status") or ""
    code = code_numbered(int(number)) if number.isascii() and number.isdigit() else None
    return code.name if code is not None else number


def grpcurl_line(request: Request, origin: str) -> str:
    """The command that makes the same call again, for whoever has the .proto of googleapis; without unknown fields."""
    words = ["grpcurl", "-plaintext", "-import-path", "googleapis", "-proto", _PROTO]
    for name, value in request.headers:
        if name.lower() in ("content-type", "grpc-timeout", "user-agent") or is_secret_field(name):
            continue
        words += ["-H", f"{name}: {value}"]
    known = {_NAMES[number]: value for number, value in fields_of(request.body) if number in _NAMES}
    words += ["-d", json.dumps(known, ensure_ascii=False), origin.partition("://")[2], request.path.removeprefix("/")]
    return " ".join(shlex.quote(word) for word in words)


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value: Any
            value, at = _varint(message, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", message, at)[0], at + 8
        elif kind == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise IndexError(length)
            value, at = _text(message[at : at + length]), at + length
        elif kind == 5:
            value, at = struct.unpack_from("<I", message, at)[0], at + 4
        else:
            raise IndexError(kind)
        yield number, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()
