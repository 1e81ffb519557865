"""Messages of HTTP as immutable data: what was sent, and what came back, or why nothing did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

Header = tuple[str, str]


class NotJson(ValueError):
    """The body is not a JSON text. Cause: the peer sent something else. Remedy: none here; a rule judges it."""


def header_values(headers: Iterable[Header], name: str) -> list[str]:
    """All values of a header field, in order; field names compare case-insensitively (RFC 9110, section 5.1)."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it goes over the wire.

    `target` is the raw request-target: percent-escapes are kept, because two spellings of one path are two stimuli.
    `version` is that of HTTP in its first line.
    """

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    version: str = "1.1"

    @property
    def path(self) -> str:
        """The raw path of the request-target, without scheme, host and query."""
        target = self.target
        if not target.startswith("/") and "://" in target:  # the absolute form
            target = "/" + target.partition("://")[2].partition("/")[2]
        return target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query of the request-target, without the question mark; empty when there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first value of a header field, or None."""
        return next(iter(header_values(self.headers, name)), None)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response as it came over the wire, its body complete. `note` says what was odd about receiving it."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    reason: str = ""
    note: str = field(default="", compare=False)

    def header(self, name: str) -> str | None:
        """The first value of a header field, or None."""
        return next(iter(header_values(self.headers, name)), None)

    @property
    def media_type(self) -> str | None:
        """`Content-Type` without parameters, in lower case; None when the field is absent."""
        value = self.header("content-type")
        return value.partition(";")[0].strip().lower() if value is not None else None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_busy(self) -> bool:
        """Whether the status is 429 or 503: the server is busy, and the answer says nothing about the request."""
        return self.status in (429, 503)

    def json(self) -> Any:
        """The body as a JSON value.

        Raises NotJson for anything else: an empty body, invalid UTF-8, text after the value, NaN.
        """
        read = _read_once if len(self.body) <= _SMALL else _read
        value, refusal = read(self.body)
        if refusal:
            raise NotJson(refusal)
        return value

    def json_object(self) -> dict[str, Any] | None:
        """The body when it is a JSON object, else None."""
        try:
            value = self.json()
        except NotJson:
            return None
        return value if isinstance(value, dict) else None


_SMALL = 16_384
"""Octets; the value of a body is many times as large as the body, so that those of large ones are not kept."""


def _read(body: bytes) -> tuple[Any, str]:
    """The JSON value of a body, or why it has none."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant), ""
    except (ValueError, RecursionError) as error:
        return None, str(error) or type(error).__name__


_read_once = lru_cache(maxsize=1024)(_read)
"""Every rule asks for the value of every body, and nobody changes what it reads."""


def _refuse_constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


class FailureKind(Enum):
    """Why there is no response."""

    REFUSED = "connection refused"
    UNCONNECTED = "no connection within the timeout"
    RESET = "connection closed before the response was complete"
    TIMEOUT = "no complete response within the timeout"
    UNFINISHED = "the head of the response, and not all of its content within the timeout"
    MALFORMED = "the response is not HTTP"
    TOO_LARGE = "the response is larger than the limit"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no response; `note` is like that of a response."""

    kind: FailureKind
    detail: str = ""
    note: str = field(default="", compare=False)
