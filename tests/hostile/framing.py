"""Where a reply begins and ends is told wrong, twice, or not at all."""

from __future__ import annotations

from tests.hostile.behaviour import fails, spoils
from tests.hostile.server import Reply, cancels, every_reply, from_reply

UNANSWERED = fails("liveness.every-request-is-answered")
CHUNKED = "Transfer-Encoding: chunked"


@spoils(cancels, UNANSWERED)
def length_too_long(reply: Reply) -> None:
    """A Content-Length of 100 bytes more than there are, and the end of the connection."""
    reply.send(reply.head(f"Content-Length: {len(reply.body) + 100}", framed=False) + reply.body)
    reply.peer.end()


@spoils(cancels, fails("response.empty-object"))
def length_too_short(reply: Reply) -> None:
    """A Content-Length of 1 before `{}`."""
    reply.send(reply.head("Content-Length: 1", framed=False) + reply.body)


@spoils(cancels, UNANSWERED)
def negative_length(reply: Reply) -> None:
    """A Content-Length of -1."""
    reply.send(reply.head("Content-Length: -1", framed=False) + reply.body)


@spoils(cancels, UNANSWERED)
def length_that_is_no_number(reply: Reply) -> None:
    """A Content-Length of `many`."""
    reply.send(reply.head("Content-Length: many", framed=False) + reply.body)


@spoils(cancels, UNANSWERED)
def two_lengths(reply: Reply) -> None:
    """Two Content-Lengths that differ."""
    reply.send(reply.honest("Content-Length: 100"))


@spoils(every_reply, fails("response.has-one-length", "response.old-http-has-no-chunks"))
def length_and_chunks(reply: Reply) -> None:
    """Content-Length and Transfer-Encoding, of which the second counts (RFC 9112, section 6.3)."""
    chunks = b"%x\r\n%s\r\n" % (len(reply.body), reply.body) if reply.body else b""
    head = reply.head("Content-Length: 3", CHUNKED, framed=False)
    reply.send(head + (chunks + b"0\r\n\r\n" if reply.request.method != "HEAD" else b""))


@spoils(cancels, UNANSWERED)
def unknown_transfer_coding(reply: Reply) -> None:
    """A Transfer-Encoding that nobody knows."""
    reply.send(reply.head("Transfer-Encoding: sealed", framed=False) + reply.body)


@spoils(cancels, UNANSWERED)
def chunk_size_that_is_no_number(reply: Reply) -> None:
    """A chunk of the size `zz`."""
    reply.send(reply.head(CHUNKED, framed=False) + b"zz\r\n{}\r\n0\r\n\r\n")


@spoils(cancels, UNANSWERED)
def chunk_extension_without_end(reply: Reply) -> None:
    """A chunk size with an extension that never ends."""
    reply.send(reply.head(CHUNKED, framed=False) + b"2;x=")
    reply.send_for_ever(b"x" * 65536)


@spoils(cancels, UNANSWERED, waits=8)
def tiny_chunks_without_end(reply: Reply) -> None:
    """Chunks of one blank, as fast as they are read."""
    reply.send(reply.head(CHUNKED, framed=False))
    reply.send_for_ever(b"1\r\n \r\n" * 10_000)


@spoils(cancels, UNANSWERED)
def reset_before_the_status_line(reply: Reply) -> None:
    """A reset instead of a reply."""
    reply.peer.reset()


@spoils(cancels, UNANSWERED)
def reset_in_the_head(reply: Reply) -> None:
    """Half of the head, and a reset."""
    head = reply.head()
    reply.send(head[: len(head) // 2])
    reply.peer.reset()


@spoils(cancels, UNANSWERED)
def reset_in_the_body(reply: Reply) -> None:
    """The head, one byte of the body, and a reset."""
    reply.send(reply.head() + reply.body[:1])
    reply.peer.reset()


@spoils(cancels, UNANSWERED)
def closed_without_a_byte(reply: Reply) -> None:
    """The request is read, and the connection closed in good order."""
    reply.peer.end()


@spoils(cancels, fails("response.empty-object"))
def second_response_that_nobody_asked_for(reply: Reply) -> None:
    """Behind `{"spoiled": 1}` another whole response, which must not become the answer to what is asked next."""
    reply.send(reply.with_body(b'{"spoiled": 1}') + reply.with_body(b'{"done": true}'))


@spoils(cancels, fails("response.empty-object"))
def junk_behind_the_reply(reply: Reply) -> None:
    """Behind `{"spoiled": 1}` a kilobyte that is no HTTP."""
    reply.send(reply.with_body(b'{"spoiled": 1}') + b"\x00junk" * 200)


@spoils(from_reply(20), UNANSWERED)
def reset_from_the_twentieth_reply_on(reply: Reply) -> None:
    """All is well for nineteen replies; from then on every connection is reset."""
    reply.peer.reset()
