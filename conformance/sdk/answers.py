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
from conformance.sdk.framing import Frame, with_length
from conformance.sdk.pacing import Pace

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


class End(Enum):
    """What happens to the connection."""

    KEPT = "kept"
    CLOSED = "closed after the answer, which did not say so"
    CUT = "closed before the announced length was reached"
    RESET = "reset without a response"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. With `hold` it is kept back until the driver has replied, but at most so many milliseconds.

    A client that keeps its deadline never sees an answer that is held; one that does not sees it late. One that
    `is_late` is not dropped then: it is sent when the driver has replied, on the connection that it belongs to, while
    that is open. One that goes `together` is kept back until all calls that the driver was told of have arrived.
    `frame` is how the answer goes over the wire, `pace` how slowly. With `gzip` it goes in that coding, spelt so, for
    who accepts it.
    """

    response: Response
    end: End = End.KEPT
    hold: int = 0
    pace: Pace | None = None
    is_late: bool = False
    together: bool = False
    frame: Frame = with_length
    gzip: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of one turn: to the call that is asked for, one after the other and the last one for ever.

    `elsewhere` answers requests to other paths, whatever their method; the key is the raw path, in which `{path}` is
    the path of the call. `seen` is what a get of the operation shows while it is to be cancelled or deleted; without it
    that runs. Anything else is answered 404.
    """

    answers: tuple[Answer, ...]
    elsewhere: Mapping[str, Answer] = field(default_factory=dict)
    seen: Answer | None = None

    def about(self, places: Mapping[str, str]) -> Script:
        """The script with its places filled in."""
        seen = _about(self.seen, places) if self.seen is not None else None
        elsewhere = {path: _about(answer, places) for path, answer in self.elsewhere.items()}
        answers = tuple(_about(answer, places) for answer in self.answers)
        return replace(self, answers=answers, elsewhere=elsewhere, seen=seen)


def _about(answer: Answer, places: Mapping[str, str]) -> Answer:
    response = answer.response
    body = response.body
    for place, value in places.items():
        body = body.replace(place.encode("ascii"), value.encode("utf-8"))
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


def paced(answer: Answer, pace: Pace) -> Answer:
    """The answer, written at this pace."""
    return replace(answer, pace=pace)


def held(answer: Answer, milliseconds: int) -> Answer:
    """The answer, kept back until the driver has replied, but at most so long."""
    return replace(answer, hold=milliseconds)


def together(answer: Answer) -> Answer:
    """The answer, sent when all calls that the driver was told of at once have arrived, or after a while.

    Clients that have one connection send one call after the other, and have time for all of them.
    """
    return replace(answer, hold=_FOR_COMPANY, together=True)


def late(answer: Answer) -> Answer:
    """The answer, sent once the driver has replied: it gave up waiting."""
    return replace(answer, hold=_LONGEST_HOLD, is_late=True)


def closing(answer: Answer) -> Answer:
    """The answer, after which the connection is closed without a word."""
    return replace(answer, end=End.CLOSED)


def framed(answer: Answer, frame: Frame) -> Answer:
    """The answer, going over the wire in another way."""
    return replace(answer, frame=frame)


def coded(answer: Answer, spelt: str = "gzip") -> Answer:
    """The answer, in gzip when the request says that it may be; names of codings have no case (RFC 9110, 8.4.1)."""
    return replace(answer, gzip=spelt)


_LONGEST_HOLD = 2000
"""Milliseconds; no deadline of a scenario about late answers is near it."""
_FOR_COMPANY = 800
"""Milliseconds; also four answers that were held so long, one after the other, are within the deadline of a call."""

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
    415: "Unsupported Media Type",
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

UNKNOWN_CODING = body_answer(415, b"", "", ("Accept-Encoding", "gzip, deflate"))
"""A request whose content coding the gate does not know is refused as RFC 9110, section 15.5.16, says."""

UNKNOWN_PATH = html_answer(404, "Error 404 (Not Found)!!")


def twice(answer: Answer) -> tuple[Answer, ...]:
    """The answers to a call that some clients try again: two attempts get the same, the third is refused for good.

    So nobody tries until a deadline, and what is found does not depend on the time.
    """
    return answer, answer, OVER
