"""Replies that send elsewhere: a redirect is an answer, and is never followed."""

from __future__ import annotations

from tests.hostile.behaviour import fails, spoils, unusable
from tests.hostile.server import Reply, cancels, every_reply

NOT_ACCEPTED = fails("outcome.running-can-be-cancelled", says="307")


def _to(location: str, reply: Reply) -> None:
    reply.send(reply.with_body(b"", f"Location: {location}", status="307 Temporary Redirect"))


@spoils(every_reply, unusable("was answered with 307"))
def redirect_loop_from_the_first_byte(reply: Reply) -> None:
    """Every request is sent to itself."""
    _to(reply.request.target, reply)


@spoils(cancels, NOT_ACCEPTED)
def redirect_loop(reply: Reply) -> None:
    """Cancels are sent to themselves."""
    _to(f"{reply.server.origin}{reply.request.target}", reply)


@spoils(cancels, NOT_ACCEPTED)
def redirect_to_another_host(reply: Reply) -> None:
    """Cancels are sent to a host that nobody allowed."""
    _to(f"http://elsewhere.invalid{reply.request.target}", reply)


@spoils(cancels, NOT_ACCEPTED)
def redirect_to_a_file(reply: Reply) -> None:
    """Cancels are sent to a file of this machine."""
    _to("file:///etc/passwd", reply)


@spoils(cancels, NOT_ACCEPTED)
def relative_redirect(reply: Reply) -> None:
    """Cancels are sent to a path that is relative to theirs."""
    _to("../../elsewhere", reply)
