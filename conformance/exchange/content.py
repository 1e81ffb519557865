"""The content of a message after its codings are undone (RFC 9110, section 8.4).

`{}` with `Content-Encoding: gzip` means the same as `{}`. Rules about content use this; rules about bytes do not.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from conformance.exchange.message import Header, header_values

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The `wbits` of zlib for each coding; deflate is the zlib format (RFC 9110, section 8.4.1.2)."""

LARGEST = 8 * 1024 * 1024


def codings_of(headers: Sequence[Header]) -> list[str]:
    """The content codings in the order in which they were applied; `identity` is none."""
    listed = ",".join(header_values(headers, "content-encoding")).split(",")
    return [coding for coding in (word.strip().lower() for word in listed) if coding not in ("", "identity")]


def can_be_undone(headers: Sequence[Header]) -> bool:
    """Whether all codings of a message are among those that are known here."""
    return all(coding in _WINDOWS for coding in codings_of(headers))


def content_of(headers: Sequence[Header], body: bytes) -> bytes | None:
    """The content; None when a coding is unknown, or the bytes cannot be decoded, or the content is far too long."""
    for coding in reversed(codings_of(headers)):
        if coding not in _WINDOWS:
            return None
        undone = zlib.decompressobj(_WINDOWS[coding])
        try:
            body = undone.decompress(body, LARGEST)
        except zlib.error:
            return None
        if not undone.eof:
            return None
    return body
