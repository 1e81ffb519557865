"""What the scripted server does with a request: answers as data, and the ways of making them.

An answer is complete to the last header field, so that the evidence shows what was sent. Places are filled in when
it is played: `{operation}` in a body by the operation of the scenario; in the value of a header field `{path}` by the
path of the call, `{here}` by the URL of the server, `{elsewhere}` by that of another host and `{other-port}` by that of
another port, which are ours as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from conformance.exchange import Response
from conformance.lro.codes import Code

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


class End(Enum):
    """What happens to the connection."""

    KEPT = "kept"
    CUT = "closed before the announced length was reached"
    RESET = "reset without a response"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. With `hold` it is kept back until the driver has replied, but at most so many milliseconds.

    A client that keeps its deadline never sees an answer that is held; one that does not sees it late.
    """

    response: Response
    end: End = End.KEPT
    hold: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of one turn: to the call that is asked for, one after the other and the last one for ever.

    `elsewhere` answers requests to other paths, whatever their method; the key is the raw path, in which `{path}` is
    the path of the call. Anything that neither speaks of is answered 404.
    """

    answers: tuple[Answer, ...]
    elsewhere: Mapping[str, Answer] = field(default_factory=dict)

    def about(self, operation: str) -> Script:
        """The script with `{operation}` filled in."""
        return replace(self, answers=tuple(_about(answer, operation) for answer in self.answers))


def _about(answer: Answer, operation: str) -> Answer:
    response = answer.response
    body = response.body.replace(b"{operation}", operation.encode("utf-8"))
    longer = len(body) - len(response.body)
    headers = tuple(
        (name, str(int(value) + longer) if name == "Content-Length" else value) for name, value in response.headers
    )
    return replace(answer, response=replace(response, headers=headers, body=body))


def body_answer(status: int, body: bytes, media_type: str = "", *headers: tuple[str, str]) -> Answer:
    """An answer with these bytes as its content; an empty `media_type` leaves Content-Type out."""
    typed = (("Content-Type", media_type),) if media_type else ()
    length = () if status in (204, 304) else (("Content-Length", str(len(body))),)
    return Answer(Response(status, (*typed, *length, *headers), body, REASONS.get(status, "")))


def json_answer(status: int, value: Any) -> Answer:
    """An answer with a JSON value."""
    return body_answer(status, json.dumps(value, ensure_ascii=False).encode("utf-8"), JSON)


def html_answer(status: int, title: str) -> Answer:
    """An answer of a proxy or a front end that knows nothing of the API: a page."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return body_answer(status, page.encode("utf-8"), HTML)


def envelope(code: Code, message: str) -> Answer:
    """An error as AIP-193 writes it in JSON: the HTTP status in `code`, the name of the canonical code in `status`."""
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code.name, "domain": "conformance.example"}
    ]
    error = {"code": code.http_status, "message": message, "status": code.name, "details": details}
    return json_answer(code.http_status, {"error": error})


def bare_status(code: Code, message: str) -> Answer:
    """An error as Envoy and grpc-gateway write it: a google.rpc.Status, with the number of the canonical code."""
    return json_answer(code.http_status, {"code": int(code), "message": message, "details": []})


def redirect(status: int, location: str) -> Answer:
    """An answer that sends the client somewhere else."""
    return body_answer(status, b"", "", ("Location", location))


def cut(answer: Answer, missing: int = 64) -> Answer:
    """The answer, announced longer than it is, and the connection closed where its bytes end."""
    response = answer.response
    length = str(len(response.body) + missing)
    headers = tuple((name, length if name == "Content-Length" else value) for name, value in response.headers)
    return replace(answer, response=replace(response, headers=headers), end=End.CUT)


def held(answer: Answer, milliseconds: int) -> Answer:
    """The answer, kept back until the driver has replied, but at most so long."""
    return replace(answer, hold=milliseconds)


REASONS = {
    200: "OK",
    204: "No Content",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    418: "I'm a teapot",
    429: "Too Many Requests",
    499: "Client Closed Request",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

EMPTY_OBJECT = json_answer(200, {})
RESET = Answer(Response(0), End.RESET)
OVER = envelope(Code.FAILED_PRECONDITION, "that was one attempt too many")
"""What a client is told that does not stop by itself: no reason to try again."""

UNKNOWN_PATH = html_answer(404, "Error 404 (Not Found)!!")


def twice(answer: Answer) -> tuple[Answer, ...]:
    """The answers to a call that some clients try again: two attempts get the same, the third is refused for good.

    So nobody tries until a deadline, and what is found does not depend on the time.
    """
    return answer, answer, OVER
