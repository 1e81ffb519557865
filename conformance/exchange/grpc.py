"""A call over gRPC as it was on the wire, in words: its method, its message field by field, its status, grpcurl."""

from __future__ import annotations

import json
import shlex
from typing import Any

from conformance.exchange.message import Request, Response
from conformance.exchange.protobuf import fields_of
from conformance.exchange.view import code_over_grpc
from conformance.secrets.looks import is_secret_field

_NAMES = {1: "name"}
"""The fields of the requests of google.longrunning.Operations that the gate has seen named."""

_PROTO = "google/longrunning/operations.proto"


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
    code = code_over_grpc(response)
    return code.name if code is not None else response.header("grpc-status") or ""


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
