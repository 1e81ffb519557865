"""Replies that are larger than any answer has reason to be."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache

from tests.hostile.behaviour import fails, incomplete, spoils, unusable
from tests.hostile.server import Reply, cancels, every_reply, gets, refusals

TOO_LARGE = fails("liveness.every-request-is-answered", says="larger than the limit")
NOT_HTTP = fails("liveness.every-request-is-answered", says="the response is not HTTP")
MIB = 1024 * 1024
BLANKS = b" " * 65536


@spoils(every_reply, unusable("larger than the limit", may_have_started=True))
def endless_body_from_the_first_byte(reply: Reply) -> None:
    """A body that ends with the connection, which does not end."""
    reply.send(reply.head(framed=False))
    reply.send_for_ever(BLANKS)


@spoils(cancels, TOO_LARGE)
def endless_body(reply: Reply) -> None:
    """The same, for cancels alone."""
    reply.send(reply.head(framed=False))
    reply.send_for_ever(BLANKS)


@spoils(cancels, NOT_HTTP)
def endless_headers(reply: Reply) -> None:
    """Header fields without end."""
    reply.send(reply.head()[:-2])
    reply.send_for_ever(b"X-More: and more\r\n" * 1000)


@spoils(cancels, NOT_HTTP)
def endless_header(reply: Reply) -> None:
    """One header field without end."""
    reply.send(reply.head()[:-2] + b"X-More: ")
    reply.send_for_ever(BLANKS)


@spoils(cancels, TOO_LARGE)
def hundred_megabytes(reply: Reply) -> None:
    """A body of 100 MiB with its right Content-Length."""
    reply.send(reply.head(f"Content-Length: {100 * MIB}", framed=False))
    for _ in range(100 * MIB // len(BLANKS)):
        reply.send(BLANKS)


@spoils(cancels, TOO_LARGE)
def hundred_megabytes_in_chunks(reply: Reply) -> None:
    """A body of 100 MiB in chunks of 64 KiB."""
    reply.send(reply.head("Transfer-Encoding: chunked", framed=False))
    for _ in range(100 * MIB // len(BLANKS)):
        reply.send(b"10000\r\n" + BLANKS + b"\r\n")
    reply.send(b"0\r\n\r\n")


@spoils(every_reply, incomplete("all that a run keeps"))
def every_reply_as_large_as_is_read(reply: Reply) -> None:
    """The honest JSON before blanks, in all just what is still read: each is lawful, and there are many."""
    reply.send(reply.with_body(reply.body.ljust(4 * MIB)))


@spoils(gets, fails("liveness.every-request-is-answered", says="JSON values", among_others=True))
def million_empty_objects(reply: Reply) -> None:
    """Operations with a list of `{}`, which take thirty times the memory when they are read."""
    padding = b"{}," * (MIB - len(reply.body))
    reply.send(reply.with_body(b'{"padding": [' + padding + b"0], " + reply.body[1:]))


@spoils(gets, incomplete("all that a run keeps"))
def four_megabytes_of_metadata(reply: Reply) -> None:
    """Operations with an unknown member of almost 4 MiB, which is lawful, and many of them."""
    text = b"m" * (4 * MIB - len(reply.body) - 20)
    reply.send(reply.with_body(b'{"padding": "' + text + b'", ' + reply.body[1:]))


@cache
def _bomb(wbits: int) -> bytes:
    """200 MiB of zeros, packed."""
    packer = zlib.compressobj(1, wbits=wbits)
    piece = bytes(MIB)
    return b"".join(packer.compress(piece) for _ in range(200)) + packer.flush()


@spoils(cancels, TOO_LARGE)
def gzip_bomb(reply: Reply) -> None:
    """A megabyte that unfolds to 200, as `gzip`."""
    reply.send(reply.with_body(_bomb(16 + zlib.MAX_WBITS), "Content-Encoding: gzip"))


@spoils(cancels, TOO_LARGE)
def deflate_bomb(reply: Reply) -> None:
    """The same as `deflate`."""
    reply.send(reply.with_body(_bomb(zlib.MAX_WBITS), "Content-Encoding: deflate"))


@spoils(cancels, TOO_LARGE)
def bomb_in_a_bomb(reply: Reply) -> None:
    """The gzip bomb, packed again."""
    reply.send(reply.with_body(gzip.compress(_bomb(16 + zlib.MAX_WBITS)), "Content-Encoding: gzip, gzip"))


@spoils(cancels, NOT_HTTP)
def header_of_a_megabyte(reply: Reply) -> None:
    """One header field of 1 MiB."""
    reply.send(reply.honest("X-Large: " + "x" * MIB))


@spoils(cancels, NOT_HTTP)
def cookies_by_the_hundred(reply: Reply) -> None:
    """A hundred cookies of 4 KiB."""
    reply.send(reply.honest(*(f"Set-Cookie: c{number}={'x' * 4096}" for number in range(100))))


@spoils(refusals, fails("errors.status-is-canonical", "errors.code-is-the-http-status"))
def error_message_of_three_megabytes(reply: Reply) -> None:
    """Cancels of what is not there are refused, at great length, and the status of the error is no canonical one."""
    error = {"code": 404, "message": "no such operation " * 170_000, "status": "LOST"}
    reply.send(reply.with_body(json.dumps({"error": error}).encode()))
