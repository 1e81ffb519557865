"""What a transport reads of bodies and headers that are too large, or unfold to too much."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from conformance.exchange import FailureKind, Response
from conformance.server.target.transport import MAX_BODY, MAX_VALUES
from tests.targets.over_sockets import (
    CHUNKED,
    answering,
    kind_of,
    outcome_of,
    sending,
)
from tests.targets.raw_server import Peer, Script, answer


def endless(head: bytes, piece: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.send(head)
        while True:
            peer.send(piece)

    return script


def test_the_largest_body_is_read() -> None:
    outcome = outcome_of(answering(answer(b" " * MAX_BODY)))
    assert isinstance(outcome, Response)
    assert len(outcome.body) == MAX_BODY


BLANKS = b" " * 65536
TOO_LARGE: dict[str, Script] = {
    "one byte more": sending(answer(b" " * (MAX_BODY + 1))),
    "a length": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", BLANKS),
    "chunks without end": endless(CHUNKED, b"10000\r\n" + BLANKS + b"\r\n"),
    "a body without end": endless(b"HTTP/1.1 200 OK\r\n\r\n", BLANKS),
    "few bytes and many values": sending(answer(b"[" + b"{}," * MAX_VALUES + b"{}]")),
}


@pytest.mark.parametrize("script", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_without_end_is_cut_off(script: Script) -> None:
    assert kind_of(script) is FailureKind.TOO_LARGE


@pytest.mark.parametrize("piece", [b"X-Header: value\r\n" * 1000, b"x" * 10_000])
def test_headers_without_end_are_cut_off(piece: bytes) -> None:
    assert kind_of(endless(b"HTTP/1.1 200 OK\r\nX: ", piece)) in (FailureKind.TOO_LARGE, FailureKind.MALFORMED)


def gzipped(size: int) -> bytes:
    """So many blanks, compressed without ever having all of them."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(BLANKS) for _ in range(size // len(BLANKS))) + packer.flush()


@pytest.mark.parametrize("codings", ["gzip", "gzip, gzip"], ids=["once", "twice"])
def test_a_bomb_does_not_go_off(codings: str) -> None:
    """A few bytes that unfold to many are too large, and are never held in whole.

    Layers multiply: what is three times compressed and unfolded at once is more than any machine has.
    """
    once = gzipped(MAX_BODY * 8)
    body = once if codings == "gzip" else gzip.compress(once)
    tracemalloc.start()
    try:
        kind = kind_of(answering(answer(body, "200 OK", f"Content-Encoding: {codings}")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kind is FailureKind.TOO_LARGE
    assert peak < MAX_BODY * 4


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, MAX_BODY])
@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_whatever_fits_is_decoded(size: int, coding: str, pack: Callable[[bytes], bytes]) -> None:
    outcome = outcome_of(answering(answer(pack(b" " * size), "200 OK", f"Content-Encoding: {coding}")))
    assert isinstance(outcome, Response)
    assert outcome.body == b" " * size


@pytest.mark.parametrize(("body", "coding"), [(b"", "gzip"), (b"{}", "identity"), (b"{}", "br"), (b"{}", "gzip, br")])
def test_what_is_not_packed_or_not_known_stays_as_it_is(body: bytes, coding: str) -> None:
    outcome = outcome_of(answering(answer(body, "200 OK", f"Content-Encoding: {coding}")))
    assert isinstance(outcome, Response)
    assert outcome.body == body
