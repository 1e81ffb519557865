"""What comes is another protocol, or a status line of none."""

from __future__ import annotations

from tests.hostile.behaviour import fails, spoils
from tests.hostile.server import Reply, cancels

UNANSWERED = fails("liveness.every-request-is-answered")


@spoils(cancels, UNANSWERED)
def http_0_9(reply: Reply) -> None:
    """A body without any head, and the end of the connection."""
    reply.send(reply.body)
    reply.peer.end()


@spoils(cancels, UNANSWERED)
def http_2(reply: Reply) -> None:
    """An HTTP/2 SETTINGS frame and GOAWAY."""
    reply.send(bytes.fromhex("000000040000000000") + bytes.fromhex("0000080700000000000000000000000001"))
    reply.peer.end()


@spoils(cancels, UNANSWERED)
def tls_on_a_plain_port(reply: Reply) -> None:
    """The TLS alert `unexpected message`, as a TLS server answers plain text."""
    reply.send(bytes.fromhex("15030100020246"))
    reply.peer.end()


@spoils(cancels, UNANSWERED)
def ssh_banner(reply: Reply) -> None:
    """Another service listens on this port."""
    reply.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    reply.peer.end()


@spoils(cancels, fails("outcome.running-can-be-cancelled", "errors.envelope"))
def status_999(reply: Reply) -> None:
    """A status that no class has."""
    reply.send(reply.honest(status="999 Beyond"))


@spoils(cancels, UNANSWERED)
def status_99(reply: Reply) -> None:
    """A status of two digits."""
    reply.send(reply.honest(status="99 Short"))


@spoils(cancels, UNANSWERED)
def negative_status(reply: Reply) -> None:
    """The status -200."""
    reply.send(reply.honest(status="-200 OK"))


@spoils(cancels, fails("response.status-is-200"))
def status_204_with_a_body(reply: Reply) -> None:
    """204, which has no body, and one."""
    reply.send(reply.honest(status="204 No Content"))


@spoils(cancels, fails("outcome.running-can-be-cancelled"))
def status_304(reply: Reply) -> None:
    """Not modified, though nobody asked whether."""
    reply.send(reply.head(status="304 Not Modified"))


@spoils(cancels, UNANSWERED)
def switches_protocols(reply: Reply) -> None:
    """101 and another protocol that nobody asked for."""
    reply.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02{}")


@spoils(cancels, UNANSWERED, waits=8)
def interim_replies_for_ever(reply: Reply) -> None:
    """103 Early Hints, one after the other, and nothing else."""
    while True:
        reply.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        reply.peer.pause(0.02)


@spoils(cancels, UNANSWERED)
def nul_in_a_header(reply: Reply) -> None:
    """A header field with a NUL in its value."""
    reply.send(reply.honest("X-Nul: a\0b"))


@spoils(cancels, UNANSWERED)
def header_without_a_colon(reply: Reply) -> None:
    """A line in the head that is no field."""
    reply.send(reply.honest("nonsense"))
