"""How an answer goes over the wire: one and the same answer, framed in the ways of real servers.

A *frame* makes of a response what is written, piece by piece, and the response as it is recorded: its header fields as
they are sent, its content as it is meant. A piece is a segment of its own, so that who reads once has not read it all.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from conformance.exchange import Header, Request, Response, header_values
from conformance.sdk.wire import response_bytes

BETWEEN_PIECES = 0.002
"""Seconds; so each is read by itself."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as bytes. `closes` when the connection ends with it."""

    recorded: Response
    pieces: tuple[bytes, ...]
    closes: bool = False


Frame = Callable[[Response], Sent]


def with_length(response: Response) -> Sent:
    """The header fields as they are, and the content in one piece."""
    return Sent(response, (response_bytes(response),), _says_close(response))


def in_chunks(size: int, extension: str = "", *trailers: Header, coding: str = "chunked") -> Frame:
    """The chunked coding (RFC 9112, section 7.1), with chunks of `size` bytes, each with an extension, and trailers.

    `coding` is how it is spelt: names of codings have no case (section 7).
    """

    def frame(response: Response) -> Sent:
        announced = (("Trailer", ", ".join(name for name, _ in trailers)),) if trailers else ()
        recorded = _with_headers(response, ("Transfer-Encoding", coding), *announced)
        chunks = [response.body[at : at + size] for at in range(0, len(response.body), size)]
        coded = b"".join(f"{len(chunk):X}{extension}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
        end = "".join(f"{name}: {value}\r\n" for name, value in trailers)
        return Sent(recorded, (_head(recorded), coded, f"0{extension}\r\n{end}\r\n".encode()))

    return frame


def until_close(response: Response) -> Sent:
    """Without a length: the content ends where the connection does (RFC 9112, section 6.3, rule 8)."""
    recorded = _with_headers(response, ("Connection", "close"))
    return Sent(recorded, (_head(recorded), response.body), closes=True)


def as_http_1_0(response: Response) -> Sent:
    """The answer of a server of HTTP/1.0, which closes after it."""
    recorded = _with_headers(response)
    return Sent(recorded, (_head(recorded).replace(b"HTTP/1.1", b"HTTP/1.0", 1), response.body), closes=True)


def after(*interim: Response) -> Frame:
    """Interim answers before the one that counts, which nobody asked for (RFC 9110, section 15.2).

    They come in one piece: who takes the first one for the answer mostly loses the rest with it, and does not take it
    for the answer to the next call.
    """

    def frame(response: Response) -> Sent:
        whole = b"".join(response_bytes(each) for each in (*interim, response))
        return Sent(response, (whole,), _says_close(response))

    return frame


def followed_by(*more: Response) -> Frame:
    """More answers after the one that counts, to no request at all, in one piece with it."""

    def frame(response: Response) -> Sent:
        whole = b"".join(response_bytes(each) for each in (response, *more))
        return Sent(response, (whole,), _says_close(response))

    return frame


CONTINUE = Response(100, (), b"", "Continue")
EARLY_HINTS = Response(103, (("Link", "</styles.css>; rel=preload; as=style"), ("X-Cache", "miss")), b"", "Early Hints")
"""RFC 8297 has its header fields, which say something of the answer to come, and are none of its own."""


def without_reason(response: Response) -> Sent:
    """No reason phrase, which nobody is to read (RFC 9112, section 4)."""
    return with_length(replace(response, reason=""))


def with_names(spell: Callable[[str], str]) -> Frame:
    """The names of the header fields, spelt otherwise: they have no case (RFC 9110, section 5.1)."""

    def frame(response: Response) -> Sent:
        return with_length(replace(response, headers=tuple((spell(name), value) for name, value in response.headers)))

    return frame


def without_spaces(response: Response) -> Sent:
    """No white space after the colon of a field: it is optional (RFC 9112, section 5)."""
    head, end, body = response_bytes(response).partition(b"\r\n\r\n")
    return Sent(response, (head.replace(b": ", b":") + end + body,), _says_close(response))


def with_more_headers(count: int) -> Frame:
    """A long head: `count` fields more, which say nothing to this client."""

    def frame(response: Response) -> Sent:
        more = tuple(
            (f"X-Cache-{number}", f"miss from node {number:04} of a long row of caches") for number in range(count)
        )
        return with_length(replace(response, headers=(*response.headers, *more)))

    return frame


def in_segments(response: Response) -> Sent:
    """Head and content in pieces, one of them in the middle of a header field, one in the middle of a character."""
    whole = response_bytes(response)
    head = whole.index(b"\r\n\r\n") + 4
    cuts = (0, 12, head - 7, head, head + 1, (head + len(whole)) // 2, len(whole))
    return Sent(response, tuple(whole[a:b] for a, b in pairwise(cuts) if a < b))


def gzipped_for(request: Request, response: Response, spelt: str) -> Response:
    """The response in gzip, spelt so, when the request says that it may be; else as it is."""
    fields = header_values(request.headers, "accept-encoding")
    if not any(_is_gzip(coding) for field in fields for coding in field.split(",")):
        return response
    body = gzip.compress(response.body, mtime=0)
    headers = tuple((name, str(len(body)) if name == "Content-Length" else value) for name, value in response.headers)
    return replace(response, headers=(*headers, ("Content-Encoding", spelt), ("Vary", "Accept-Encoding")), body=body)


def _is_gzip(coding: str) -> bool:
    name, _, weight = coding.replace(" ", "").lower().partition(";")
    return name in ("gzip", "x-gzip") and weight not in ("q=0", "q=0.0")


def _with_headers(response: Response, *more: Header) -> Response:
    """The response without its length, with other fields in its place."""
    kept = tuple(header for header in response.headers if header[0] != "Content-Length")
    return replace(response, headers=(*kept, *more))


def _head(response: Response) -> bytes:
    return response_bytes(replace(response, body=b""))


def _says_close(response: Response) -> bool:
    return any(value.lower() == "close" for value in header_values(response.headers, "connection"))
