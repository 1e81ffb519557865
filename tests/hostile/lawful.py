"""Correct HTTP, or what RFC 9112 lets a recipient take for it, though odd: it changes no verdict.

Chunks are no answer to a request in HTTP/1.0 (RFC 9112, section 6.1): who sends them to everybody is charged with that.
"""

from __future__ import annotations

import gzip

from tests.hostile.behaviour import CONFORMANT, fails, spoils
from tests.hostile.server import Reply, every_reply

CHUNKS_FOR_EVERYBODY = fails("response.old-http-has-no-chunks")


@spoils(every_reply, CONFORMANT)
def closes_after_every_reply(reply: Reply) -> None:
    """Connection: close, and it is closed."""
    reply.send(reply.honest("Connection: close"))
    reply.peer.end()


@spoils(every_reply, CONFORMANT)
def closes_though_it_said_keep_alive(reply: Reply) -> None:
    """Connection: keep-alive, and it is closed: which a server may do at any time (RFC 9112, section 9.5)."""
    reply.send(reply.honest("Connection: keep-alive", "Keep-Alive: timeout=60"))
    reply.peer.end()


@spoils(every_reply, CONFORMANT)
def http_1_0(reply: Reply) -> None:
    """HTTP/1.0: no keep-alive, and the end of the connection ends the body."""
    reply.send(reply.head(framed=False).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + reply.body)
    reply.peer.end()


@spoils(every_reply, CHUNKS_FOR_EVERYBODY)
def chunks_of_one_byte(reply: Reply) -> None:
    """Every body in chunks of one byte, each with an extension, and a field behind the last."""
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in reply.body)
    trailer = b"0\r\nX-Trailer: t\r\n\r\n"
    head = reply.head("Transfer-Encoding: chunked", framed=False)
    reply.send(head + (chunks + trailer if reply.request.method != "HEAD" else b""))


@spoils(every_reply, CONFORMANT)
def lower_case_fields(reply: Reply) -> None:
    """Field names in lower case, without blanks before the values."""
    status_line, _, fields = reply.head().partition(b"\r\n")
    reply.send(status_line + b"\r\n" + fields.lower().replace(b": ", b":") + reply.body)


@spoils(every_reply, CONFORMANT)
def interim_replies(reply: Reply) -> None:
    """100 Continue and two 103 Early Hints before every reply."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    reply.send(b"HTTP/1.1 100 Continue\r\n\r\n" + hints * 2 + reply.honest())


@spoils(every_reply, CONFORMANT)
def no_reason(reply: Reply) -> None:
    """A status line without a reason."""
    reply.send(reply.honest(status=f"{reply.response.status} "))


@spoils(every_reply, CONFORMANT)
def bare_line_feeds(reply: Reply) -> None:
    """A head whose lines end with LF alone (RFC 9112, section 2.2, lets a recipient take it)."""
    reply.send(reply.head().replace(b"\r\n", b"\n") + reply.body)


@spoils(every_reply, CONFORMANT)
def folded_header(reply: Reply) -> None:
    """A header field in two lines (obs-fold, which a user agent reads as blanks)."""
    reply.send(reply.honest("X-Folded: one\r\n two"))


@spoils(every_reply, CONFORMANT)
def thousand_headers(reply: Reply) -> None:
    """A thousand header fields more."""
    reply.send(reply.honest(*(f"X-Header-{number}: {number}" for number in range(1000))))


@spoils(every_reply, CONFORMANT)
def gzip_that_nobody_asked_for(reply: Reply) -> None:
    """Every body packed, though no Accept-Encoding was sent: which allows any coding (RFC 9110, section 12.5.3)."""
    body = gzip.compress(reply.body) if reply.body else b""
    reply.send(reply.with_body(body, *(["Content-Encoding: gzip"] if body else [])))


@spoils(every_reply, CONFORMANT)
def wrong_clock(reply: Reply) -> None:
    """A Date ten years ago, and an Expires that is none."""
    reply.send(reply.honest("Date: Thu, 01 Jan 2015 00:00:00 GMT", "Expires: never", "Age: 99999999999"))


@spoils(every_reply, CONFORMANT)
def cookies(reply: Reply) -> None:
    """A new cookie with every reply, which is never sent back."""
    assert not any(name.lower() == "cookie" for name, _ in reply.request.headers)
    reply.send(reply.honest(f"Set-Cookie: session={reply.number}; Path=/"))


@spoils(every_reply, CONFORMANT)
def unknown_member_a_hundred_deep(reply: Reply) -> None:
    """A member that nobody knows, as deep as parsers of protocol buffers allow."""
    inner = b'{"a": ' * 99 + b"1" + b"}" * 99
    is_operation = reply.request.method == "GET" and reply.response.is_success
    reply.send(
        reply.with_body(reply.body.replace(b"{", b'{"deep": ' + inner + b", ", 1) if is_operation else reply.body)
    )
