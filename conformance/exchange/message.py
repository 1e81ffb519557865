"""An HTTP exchange as immutable data: what was sent, what came back, and when.

Rules, verdicts and reports read only these values. So the same rules judge a server that we call, a client that we
serve, and the recorded traffic of others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from conformance.secrets.secret import Secret

Header = tuple[str, str]

START = "start"
"""The note of a request that starts an operation, by a method of the user's API. It is never sent twice."""

CLEAN_UP = "clean-up"
"""The check of a request that cancels or deletes what a run started, when all that is judged has been sent."""


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


class Method(Enum):
    """The four methods of `google.longrunning.Operations` that have an HTTP binding here."""

    CANCEL = "cancel"
    GET = "get"
    LIST = "list"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Call:
    """What a request means by the contract: the method that its verb and path are bound to, and the `name` in the path.

    For LIST the name is the parent of the operations.
    """

    method: Method
    name: str


@dataclass(frozen=True, slots=True)
class CurlContext:
    """What a curl line needs to know besides the request.

    `placeholders` are texts at the end of header values that stand for secrets, such as `$(print-token)`. A shell
    expands them, so they come only from the configuration of the run, never from a peer or a recording. `options` are
    words for curl, such as `--cacert` and a file.
    """

    placeholders: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


NO_CONTEXT = CurlContext()


@dataclass(frozen=True, slots=True)
class OnWire:
    """What was on the wire, if the exchange was made of something else, such as a call over gRPC."""

    request: Request
    outcome: Response | Failure
    origin: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and what came back.

    `sent_at` and `received_at` are seconds on the run's monotonic clock: the invocation and the response of the call.
    `call` is None when the request matches no binding. `check` names who sent it; `origin` is scheme and authority of
    the server. `is_odd` when the server may not take the name in the path for a name, or the path for a path, so that
    something before the service may answer. `repeats` is the number of the exchange that this one confirms: the same
    request once more, when nothing else was going on. `credentials` are what the request carried where `request` has a
    placeholder; they stay in the processes of the run. `wire` is what was sent where the exchange is another reading of
    it. `process` tells the recordings of a run apart: in each of them the numbers begin anew.
    """

    number: int
    request: Request
    outcome: Response | Failure
    sent_at: float
    received_at: float
    call: Call | None = None
    check: str = ""
    origin: str = ""
    note: str = field(default="", compare=False)
    curl: CurlContext = field(default=NO_CONTEXT, compare=False)
    is_odd: bool = field(default=False, compare=False)
    repeats: int = field(default=0, compare=False)
    credentials: tuple[Secret, ...] = field(default=(), compare=False)
    wire: OnWire | None = field(default=None, compare=False)
    process: int = field(default=0, compare=False)

    @property
    def as_sent(self) -> Exchange:
        """The exchange as it was on the wire, which is what evidence shows."""
        if self.wire is None:
            return self
        return replace(self, request=self.wire.request, outcome=self.wire.outcome, origin=self.wire.origin, wire=None)

    @property
    def response(self) -> Response | None:
        return self.outcome if isinstance(self.outcome, Response) else None

    def precedes(self, other: Exchange) -> bool:
        """Whether the answer had arrived before the other was sent; in virtual time the numbers decide a tie."""
        return (self.received_at, self.number) < (other.sent_at, other.number) and self.received_at <= other.sent_at

    @property
    def is_denied(self) -> bool:
        """Whether the answer is 401 or 403, which says nothing else about the request."""
        return self.response is not None and self.response.status in (401, 403)

    def calls(self, method: Method) -> bool:
        """Whether the request is a call of `method` by the contract's bindings."""
        return self.call is not None and self.call.method is method

    def succeeded(self) -> bool:
        """Whether a response with a 2xx status came back."""
        return isinstance(self.outcome, Response) and self.outcome.is_success

    @property
    def asks_for_retry(self) -> bool:
        """Whether the answer is 429, or 503 with `Retry-After`, which says only that the server is busy."""
        response = self.response
        if response is None:
            return False
        return response.status == 429 or (response.status == 503 and response.header("retry-after") is not None)
