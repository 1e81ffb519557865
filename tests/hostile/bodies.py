"""Bodies that are not the JSON that they should be: codings, character sets, values."""

from __future__ import annotations

import gzip
import json

from tests.hostile.behaviour import fails, spoils
from tests.hostile.server import Reply, cancels, gets

NO_OBJECT = fails("response.empty-object")
NO_OPERATION = fails("operation.get-returns-it", among_others=True)
UNANSWERED = fails("liveness.every-request-is-answered", says="the content coding does not decode")


@spoils(cancels, NO_OBJECT)
def brotli_that_nobody_asked_for(reply: Reply) -> None:
    """Content-Encoding: br, though no Accept-Encoding was sent."""
    reply.send(reply.with_body(b"\x8b\x00\x80{}\x03", "Content-Encoding: br"))


@spoils(cancels, NO_OBJECT)
def zstd_that_nobody_asked_for(reply: Reply) -> None:
    """Content-Encoding: zstd, though no Accept-Encoding was sent."""
    reply.send(reply.with_body(bytes.fromhex("28b52ffd2002110000") + b"{}", "Content-Encoding: zstd"))


@spoils(cancels, UNANSWERED)
def gzip_that_is_none(reply: Reply) -> None:
    """Content-Encoding: gzip before plain JSON."""
    reply.send(reply.honest("Content-Encoding: gzip"))


@spoils(cancels, UNANSWERED)
def gzip_that_breaks_off(reply: Reply) -> None:
    """A gzip stream without its end."""
    reply.send(reply.with_body(gzip.compress(reply.body)[:-4], "Content-Encoding: gzip"))


@spoils(cancels, NO_OBJECT)
def invalid_utf_8(reply: Reply) -> None:
    """An object with bytes that are no UTF-8."""
    reply.send(reply.with_body(b'{"a": "\xff\xfe\xc0\xaf"}'))


@spoils(gets, NO_OPERATION)
def utf_16(reply: Reply) -> None:
    """Operations in UTF-16."""
    reply.send(reply.with_body(reply.body.decode().encode("utf-16")))


@spoils(cancels, NO_OBJECT)
def byte_order_mark(reply: Reply) -> None:
    """A byte order mark before `{}`, which JSON texts must not have (RFC 8259, section 8.1)."""
    reply.send(reply.with_body(b"\xef\xbb\xbf" + reply.body))


@spoils(gets, NO_OPERATION)
def not_a_number(reply: Reply) -> None:
    """Operations with NaN and Infinity."""
    reply.send(reply.with_body(reply.body.replace(b"{", b'{"load": NaN, "limit": -Infinity, ', 1)))


@spoils(gets, fails("liveness.every-request-is-answered", says="more than 100000 JSON values"))
def brackets_without_end(reply: Reply) -> None:
    """Operations whose metadata is 100,000 brackets deep."""
    deep = b"[" * 100_000 + b"]" * 100_000
    reply.send(reply.with_body(reply.body.replace(b"{", b'{"deep": ' + deep + b", ", 1)))


def _nested(depth: int, reply: Reply) -> bytes:
    return reply.body.replace(b"{", b'{"deep": ' + b'{"a": ' * depth + b"1" + b"}" * depth + b", ", 1)


@spoils(gets, NO_OPERATION)
def ever_deeper(reply: Reply) -> None:
    """Operations with an unknown member, 20 levels deeper with every reply, past where any parser or rule gives up."""
    reply.send(reply.with_body(_nested(20 * reply.number, reply)))


@spoils(cancels, NO_OBJECT)
def integer_of_a_hundred_thousand_digits(reply: Reply) -> None:
    """An integer that takes a second to read, or is refused."""
    reply.send(reply.with_body(b'{"a": ' + b"9" * 100_000 + b"}"))


@spoils(gets, fails("operation.done-is-boolean", among_others=True))
def keys_twice(reply: Reply) -> None:
    """Operations that say `done` twice, and the second time it is a text."""
    reply.send(reply.with_body(reply.body[:-1] + b', "done": false, "done": "\\ud800"}'))


@spoils(cancels, NO_OBJECT)
def lone_surrogates(reply: Reply) -> None:
    """A member whose name and value are halves of characters."""
    reply.send(reply.with_body(b'{"\\ud800": "\\udfff"}'))


@spoils(gets, NO_OPERATION)
def page_of_a_proxy(reply: Reply) -> None:
    """200 and a page of HTML in place of an operation."""
    page = b"<!doctype html><title>Sign in</title><form action=/login></form>"
    reply.send(reply.with_body(page, "Content-Type: text/html"))


@spoils(gets, NO_OPERATION)
def operations_of_the_wrong_shape(reply: Reply) -> None:
    """Lists, numbers and texts where objects are due, nested in each other."""
    reply.send(reply.with_body(json.dumps([{"name": [1], "done": {"error": "x"}}, None, "x", 1e308]).encode()))


@spoils(gets, fails("operation.name-is-kept", among_others=True))
def members_of_the_wrong_type(reply: Reply) -> None:
    """An object, and everything in it of another type than it should be."""
    members = {"name": ["x"], "done": "yes", "error": [404], "response": 1, "metadata": "m", "operations": {"a": 1}}
    reply.send(reply.with_body(json.dumps({**members, "nextPageToken": {"x": 1}}).encode()))
